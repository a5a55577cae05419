"""The table of venues and channels, and its page in the documentation, from the venues' own declarations.

`python -m producers.venue_table [--check]` writes `docs/venues.md`, or says whether it is what it would write.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from producers.completeness import ChannelName, Coverage
from producers.venue import Venue
from producers.venues.registry import VENUES

CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)
PAGE = Path(__file__).parents[1] / "docs" / "venues.md"

HEAD = """# Venues

What each venue's public feed tells, channel by channel, from the declarations in the venues' own files; the command
`cascade venues` prints the same table. Made by `python -m producers.venue_table`.

`all`: every fact · `1/s sampled`: at most so many rows a symbol in that time, the rest is never told · `every 1 s`: the
state, pushed so often · `poll 30 s`: the state, asked for by REST · `partial`: what some of the participants show ·
`none`: nothing, so silence means nothing.
"""


def rows(venues: Sequence[Venue]) -> Iterator[tuple[str, ...]]:
    """A venue's id and its channels in words, in the order of `CHANNELS`."""
    for venue in venues:
        yield venue.id, *(str(venue.completeness[channel]) for channel in CHANNELS)


def notes(venue: Venue) -> Iterator[tuple[str, str]]:
    """Channel and what a reader must know beyond the table."""
    for channel in CHANNELS:
        coverage: Coverage | None = venue.completeness[channel]
        until = ""
        while coverage is not None:
            said = coverage.note
            if until or coverage.since:
                since = f"since {coverage.since}" if coverage.since else ""
                period = " ".join(filter(None, (since, f"until {until}" if until else "")))
                said = f"{period}: {coverage}" + (f"; {said}" if said else "")
            if said:
                yield channel, said
            until, coverage = coverage.since, coverage.earlier


def page(venues: Sequence[Venue]) -> str:
    """The page of the documentation."""
    lines = [HEAD, _line(("venue", *(_words(channel) for channel in CHANNELS))), _line(["---"] * (1 + len(CHANNELS)))]
    lines += [_line(row) for row in rows(venues)]
    for venue in venues:
        said = [f"- {_words(channel)}: {note}" for channel, note in notes(venue)]
        if said:
            lines += ["", f"## {venue.id}", *said]
    return "\n".join(lines) + "\n"


def _words(channel: str) -> str:
    return "ADL" if channel == "adl" else channel.replace("_", " ")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or compare it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m producers.venue_table", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the page differs")
    wanted = page([make() for make in VENUES.values()])
    if not parser.parse_args(arguments).check:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write("docs/venues.md is not what the venues declare: run python -m producers.venue_table\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
