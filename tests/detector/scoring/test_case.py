"""Cases and their windows."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from detector.scoring.case import Case, Window, ns_of
from tests.kit.told import START, T0, at, moment, stretch


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    """A window in local time would be another one."""
    assert ns_of(START) == T0
    assert ns_of(START.astimezone(timezone(timedelta(hours=5, minutes=30)))) == T0
    assert ns_of(moment(0.25)) == at(0.25)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        (Window(), 0, 100),
        (Window(start=moment(20)), 20, 100),
        (Window(end=moment(20)), 0, 20),
        (Window(start=moment(-5), end=moment(500)), 0, 100),
    ],
)
def test_a_window_is_open_where_nothing_is_said(window: Window, first: int, last: int) -> None:
    """A case would be cut off."""
    assert window.within(stretch(0, 100)) == stretch(first, last)


@pytest.mark.parametrize(
    ("source", "origin"), [("bundled", "recorded"), ("a/*.gz", "recorded"), ("reconstruction-twin", "generated")]
)
def test_what_is_made_up_is_called_so(source: str, origin: str) -> None:
    """The generator's crash would be counted as one that was recalled."""
    assert Case(name="x", title="x", kind="crash", use="tuned", source=(source,)).origin == origin
