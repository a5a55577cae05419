"""`cascade venues`: what each venue's public feed tells and what it leaves out, as a table or as JSON lines."""

from __future__ import annotations

import sys

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from producers.venue_table import CHANNELS, notes, rows
from producers.venues.registry import VENUES, venues_of

WIDEST = 300
"""A name that is cut off helps nobody; a narrow terminal may wrap the line."""
STYLES = {"all": "green", "none": "dim"}


def show(names: list[str], *, as_json: bool, with_notes: bool) -> None:
    """Print the table of these venues, or of all."""
    chosen = {venue.id: venue for name in names or ["all"] for venue in venues_of(name)}
    venues = [chosen[venue_id] for venue_id in VENUES if venue_id in chosen]
    if as_json:
        for venue in venues:
            line = {"venue": venue.id, "group": venue.group, "channels": dict(venue.completeness)}
            print(msgspec.json.encode(line).decode())
        return
    table = Table("venue", *(channel.replace("_", " ") for channel in CHANNELS), box=None, pad_edge=False)
    for venue_id, *channels in rows(venues):
        table.add_row(venue_id, *(Text(said, style=STYLES.get(said, "yellow")) for said in channels))
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=WIDEST)
    console.print(table)
    if not with_notes:
        return
    for venue in venues:
        for channel, note in notes(venue):
            console.print(f"{venue.id} {channel.replace('_', ' ')}: {note}", highlight=False)
