"""A notifier without Kafka, as a program to be killed: `python -m tests.kit.notify_alone CONFIG ALERTS.jsonl`.

Alerts are taken one by one, as if they came now; a restart goes on where the last life was.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from detector.runtime.notify.clocks import WallClock
from detector.runtime.notify.opened import open_notifier
from detector.sinks.config import NotifyConfig, load
from schemas.alert import Alert
from schemas.codec import decode_output


async def tell(config: NotifyConfig, lines: Sequence[bytes], every_s: float) -> None:
    """All alerts, until everything is sent."""
    async with open_notifier(config, WallClock()) as notifier:
        running = asyncio.create_task(notifier.run())
        for position in range(notifier.position or 0, len(lines)):
            alert = decode_output(lines[position])
            assert isinstance(alert, Alert)
            notifier.take(alert, position + 1)
            notifier.save()
            await asyncio.sleep(every_s)
        while notifier.waiting and not running.done():
            await asyncio.wait((running,), timeout=0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    sys.stderr.write("all is told\n")


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.notify_alone", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("alerts", type=Path)
    parser.add_argument("--every-s", type=float, default=0.2)
    given = parser.parse_args()
    asyncio.run(tell(load(given.config, os.environ), given.alerts.read_bytes().splitlines(), given.every_s))


if __name__ == "__main__":
    main()
