"""The table of venues says what the venues declare."""

from __future__ import annotations

import pytest

from producers import venue_table
from producers.completeness import Coverage
from producers.venue_table import CHANNELS, PAGE, main, notes, page, rows
from producers.venues.registry import VENUES
from tests.kit.toy_venue import ToyVenue

SAMPLED = Coverage(kind="sampled", rows=1, every_s=1.0, note="the last of each second", since="2021-04-27")


def declared(**channels: Coverage) -> ToyVenue:
    """A venue that tells of these channels and of no other."""
    venue = ToyVenue()
    venue.completeness = {channel: channels.get(channel, Coverage(kind="none")) for channel in CHANNELS}
    return venue


def test_each_venue_is_a_row_and_each_channel_a_cell() -> None:
    """A venue that is missing in the table cannot be chosen by it."""
    table = list(rows([make() for make in VENUES.values()]))
    assert [row[0] for row in table] == list(VENUES)
    assert {len(row) for row in table} == {1 + len(CHANNELS)}


def test_a_cell_is_short_and_a_note_says_the_rest() -> None:
    """Whoever reads "1/s sampled" wants to know of what."""
    venue = declared(liquidations=SAMPLED)
    (row,) = rows([venue])
    assert row[1 + CHANNELS.index("liquidations")] == "1/s sampled"
    assert list(notes(venue)) == [("liquidations", "since 2021-04-27: 1/s sampled; the last of each second")]


def test_what_held_before_is_told_with_its_last_day() -> None:
    """A replay of an old year has another truth."""
    now = Coverage(kind="all", since="2026-08-20", earlier=SAMPLED)
    assert list(notes(declared(liquidations=now))) == [
        ("liquidations", "since 2026-08-20: all"),
        ("liquidations", "since 2021-04-27 until 2026-08-20: 1/s sampled; the last of each second"),
    ]


def test_the_page_in_the_documentation_is_the_declarations() -> None:
    """A page that lags behind the code promises what is not so."""
    assert PAGE.read_text(encoding="utf-8") == page([make() for make in VENUES.values()])


def test_a_page_that_lags_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The check names the command that mends it."""
    monkeypatch.setattr(venue_table, "HEAD", "# Other\n")
    assert main(["--check"]) == 1
    assert "python -m producers.venue_table" in capsys.readouterr().err
