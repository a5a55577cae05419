"""`python -m producers.venue_server FILE…`: serve recordings on a local port until they are played out.

`--source synthetic` makes markets up in the wire of every venue instead, as they go on now, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from producers import reconstruction
from producers.errors import ProducerError
from producers.reconstruction.facts import FIRST_MINUTE, LAST_MINUTE, minute_of
from producers.venue_server.dialects import dialects
from producers.venue_server.player import Patience
from producers.venue_server.server import VenueServer
from producers.venue_server.synthetic import synthetic
from producers.venue_server.timeline import Frame, recorded

SYNTHETIC = "synthetic"
OF_THE_RECONSTRUCTION = ("reconstruction", "reconstruction-twin", "reconstruction-macro")


def main(arguments: list[str] | None = None) -> int:
    """Serve, print the address on standard output, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m producers.venue_server", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="raw recordings: plain, gzip or zstd")
    parser.add_argument("--venue", choices=tuple(dialects()), help="the venue of files that do not name one")
    parser.add_argument("--port", type=port, default=0, help="0 takes a free one")
    parser.add_argument("--speed", type=speed, default=1.0, help="recorded per real seconds; 0: as fast as possible")
    parser.add_argument(
        "--linger", type=seconds, default=30.0, metavar="SECONDS", help="how long clients may read on once all is sent"
    )
    parser.add_argument("--expect-sockets", type=count, default=1, help="start when so many listen; 0: on request")
    parser.add_argument("--recorded-clock", action="store_true", help="give every socket the recorded receive time")
    parser.add_argument("--source", choices=(*OF_THE_RECONSTRUCTION, SYNTHETIC), help="instead of files")
    parser.add_argument("--venues", type=venues, default=tuple(dialects()), help="synthetic: which, by comma")
    parser.add_argument("--coins", type=names, default=("BTC", "ETH"), help="synthetic: which, by comma")
    parser.add_argument("--seconds", type=seconds, help="synthetic: for so long; without end by default")
    parser.add_argument("--seed", type=int, default=reconstruction.SEED, help="of the reconstruction")
    parser.add_argument(
        "--from", dest="start", type=minute, default="20:20", metavar="HH:MM", help="where the reconstruction begins"
    )
    parser.add_argument("--to", dest="end", type=minute, default="22:20", metavar="HH:MM", help="where it ends")
    options = parser.parse_args(arguments)
    if bool(options.files) == bool(options.source):
        parser.error("give recordings or --source, one of them")
    if minute_of(options.end) <= minute_of(options.start):
        parser.error("--to is a later minute than --from")
    try:
        return asyncio.run(_serve(options))
    except (ProducerError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def count(text: str) -> int:
    """A number from 0 on."""
    if (number := int(text)) < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is less than 0")
    return number


def port(text: str) -> int:
    """A port; 0 takes a free one."""
    if (number := int(text)) not in range(65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return number


def names(text: str) -> tuple[str, ...]:
    """Words in capital letters, each once, by comma."""
    found = tuple(dict.fromkeys(word.strip().upper() for word in text.split(",") if word.strip()))
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} names nothing")
    return found


def venues(text: str) -> tuple[str, ...]:
    """Venues' ids by comma."""
    found = tuple(name.lower() for name in names(text))
    if unknown := [name for name in found if name not in dialects()]:
        raise argparse.ArgumentTypeError(f"no venue is called {', '.join(unknown)}; there are {', '.join(dialects())}")
    return found


def seconds(text: str) -> float:
    """A positive time."""
    number = float(text)
    if not math.isfinite(number) or number <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number


def speed(text: str) -> float:
    """A finite speed from 0 on."""
    number = float(text)
    if not math.isfinite(number) or number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a speed: 0 or a positive number")
    return number


def minute(text: str) -> str:
    """A minute of the reconstruction."""
    hours, minutes = text.split(":")
    if len(text) != 5 or int(minutes) > 59 or not FIRST_MINUTE <= int(hours) * 60 + int(minutes) <= LAST_MINUTE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a minute from 20:20 to 22:20")
    return text


async def _serve(options: argparse.Namespace) -> int:
    made_up = options.source == SYNTHETIC
    server = VenueServer(
        _frames(options),
        speed=options.speed,
        # A market goes on, whoever listens.
        expect_sockets=0 if made_up else options.expect_sockets,
        recorded_clock=options.recorded_clock,
        port=options.port,
        patience=Patience(farewell_s=options.linger),
    )
    async with server:
        if made_up:
            server.start()
        sys.stdout.write(f"listening on {server.url}\n")
        sys.stdout.flush()
        await server.finished()
        # The last snapshots may be asked for when everything was sent.
        await server.deserted()
        played, sent = server.player.frames_played, sum(mount.sent for mount in server.mounts.values())
        cost_us = server.player.playing_s / max(1, played) * 1e6
        sys.stderr.write(f"played {played} frames, sent {sent}, {cost_us:.1f} µs a frame\n")
    return 0


def _frames(options: argparse.Namespace) -> Iterator[Frame]:
    if options.source is None:
        return recorded(options.files, venue_id=options.venue)
    if options.source == SYNTHETIC:
        writers = {venue_id: dialect for venue_id, dialect in dialects().items() if venue_id in options.venues}
        return synthetic(writers, coins=options.coins, seconds=options.seconds, start_ns=time.time_ns())
    return reconstruction.frames(
        seed=options.seed,
        twin=options.source == "reconstruction-twin",
        macro=options.source == "reconstruction-macro",
        start=options.start,
        end=options.end,
    )


if __name__ == "__main__":
    sys.exit(main())
