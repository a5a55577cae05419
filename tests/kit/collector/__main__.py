"""Play the channels for another program, and print what a person would read: `python -m tests.kit.collector --port N`.

With `--json`, one line for each new message and each change; `GET /seen` tells all that is shown now.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import msgspec

from tests.kit.collector.collector import Collector, as_record
from tests.kit.collector.seen import Shown


def in_words(channel: str, shown: Shown) -> str:
    """A message as it is read."""
    what = f"edit {shown.edits}" if shown.edits else "new"
    marks = [shown.state, "silent" if shown.silent else "", f"picture {len(shown.picture)} B" if shown.picture else ""]
    head = f"── {channel} · {shown.id} · {', '.join([what, *filter(None, marks)])}"
    return f"{head}\n{shown.text}\n"


def in_json(channel: str, shown: Shown) -> str:
    """The same for a program."""
    return msgspec.json.encode({"channel": channel} | as_record(shown)).decode()


async def serve(port: int, *, as_json: bool) -> None:
    """Until it is told to stop."""

    def tell(channel: str, shown: Shown) -> None:
        sys.stdout.write((in_json if as_json else in_words)(channel, shown) + "\n")
        sys.stdout.flush()

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Collector(port=port, on_shown=tell) as collector:
        sys.stderr.write(f"listening on 127.0.0.1:{collector.port}\n")
        sys.stderr.flush()
        await stop.wait()


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.collector", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.port, as_json=given.json))


if __name__ == "__main__":
    main()
