"""Declarations of what a feed tells, at any time."""

from __future__ import annotations

import pytest

from producers.completeness import ALL, NONE, Coverage, Kind, since_ns


@pytest.mark.parametrize(
    ("kind", "rows", "every_s", "words"),
    [
        ("sampled", 1, 1.0, "1/s sampled"),
        ("sampled", 2, 1.0, "2/s sampled"),
        ("sampled", 1, 20.0, "1/20 s sampled"),
        ("periodic", None, 1.0, "every 1 s"),
        ("periodic", None, 0.1, "every 100 ms"),
        ("poll", None, 30.0, "poll 30 s"),
        ("poll", None, 90.0, "poll 90 s"),
        ("poll", None, 900.0, "poll 15 min"),
        ("poll", None, 3600.0, "poll 1 h"),
        ("periodic", None, 86_400.0, "every 1 d"),
        ("partial", None, None, "partial"),
    ],
)
def test_a_declaration_fits_a_cell(kind: Kind, rows: int | None, every_s: float | None, words: str) -> None:
    """The table is read at a glance or not at all."""
    assert str(Coverage(kind=kind, rows=rows, every_s=every_s)) == words


def test_what_held_depends_on_the_day() -> None:
    """A recording of last year was throttled where today's feed is whole."""
    oldest = Coverage(kind="none", note="no feed")
    middle = Coverage(kind="sampled", rows=1, every_s=1.0, since="2021-09-01", earlier=oldest)
    now = Coverage(kind="all", since="2025-02-20", earlier=middle)
    days = ("2020-01-01", "2021-09-01", "2025-02-19", "2025-02-20", "2030-01-01")
    assert [now.at(since_ns(day)).kind for day in days] == ["none", "sampled", "sampled", "all", "all"]
    assert ALL.at(0) is ALL
    assert NONE.at(0) is NONE
