"""Gaps in a recording."""

from __future__ import annotations

import pytest

from producers.errors import DecodeError
from producers.gap_lines import gaps_body, read_gaps
from schemas.health import Gap, VenueStatus

GAP = Gap(venue="v", instrument="i", ts_event_ns=5, ts_recv_ns=6, channel="book", since_ns=1, reason="closed")
UP = VenueStatus(venue="v", instrument="*", ts_event_ns=5, ts_recv_ns=6, state="up", session="main-0")


def test_gaps_are_read_as_they_were_written_and_states_are_not_written() -> None:
    """A replay must know what was missing, not which socket was up."""
    assert read_gaps(gaps_body([UP, GAP])) == [GAP]
    assert gaps_body([UP]) == b""


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b"\xff", b'[{"kind":"gap"}]'])
def test_a_damaged_line_is_refused(damage: bytes) -> None:
    """One bad line must not end a replay."""
    with pytest.raises(DecodeError):
        read_gaps(damage)
