"""`python -m producers.venue_server FILE…`: serve recordings on a local port until they are played out."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from producers import reconstruction
from producers.errors import ProducerError
from producers.venue_server.server import VenueServer
from producers.venue_server.timeline import Frame, recorded


def main(arguments: list[str] | None = None) -> int:
    """Serve, print the address on standard output, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m producers.venue_server", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="raw recordings: plain, gzip or zstd")
    parser.add_argument("--venue", help="the venue of files that do not name one")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--speed", type=float, default=1.0, help="recorded per real seconds; 0: as fast as possible")
    parser.add_argument("--expect-sockets", type=int, default=1, help="start when so many listen; 0: on request")
    parser.add_argument("--recorded-clock", action="store_true", help="give every socket the recorded receive time")
    parser.add_argument("--source", choices=("reconstruction", "reconstruction-twin"), help="instead of files")
    parser.add_argument("--seed", type=int, default=reconstruction.SEED, help="of the reconstruction")
    parser.add_argument("--from", dest="start", default="20:20", metavar="HH:MM", help="where the reconstruction begins")
    parser.add_argument("--to", dest="end", default="22:20", metavar="HH:MM", help="where it ends")
    options = parser.parse_args(arguments)
    if bool(options.files) == bool(options.source):
        parser.error("give recordings or --source, one of them")
    try:
        return asyncio.run(_serve(options))
    except ProducerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


async def _serve(options: argparse.Namespace) -> int:
    server = VenueServer(
        _frames(options),
        speed=options.speed,
        expect_sockets=options.expect_sockets,
        recorded_clock=options.recorded_clock,
        port=options.port,
    )
    async with server:
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
    twin = options.source == "reconstruction-twin"
    return reconstruction.frames(seed=options.seed, twin=twin, start=options.start, end=options.end)


if __name__ == "__main__":
    sys.exit(main())
