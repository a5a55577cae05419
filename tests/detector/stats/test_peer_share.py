"""Shares of an asset's liquidations, learnt beside venues that show all of theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.stats.peer_share import ENOUGH_ROWS, FEW_ROWS, MEMORY_MINUTES, PeerShare, from_peers


def learnt(own_usd: float, peer_usd: float, *, minutes: int = 100, rows: int = 2) -> PeerShare:
    share = PeerShare()
    for _ in range(minutes):
        share.learn(own_usd=own_usd, own_rows=rows, peer_usd=peer_usd, peer_rows=rows)
    return share


@given(own=st.floats(1.0, 1e9), peer=st.floats(1.0, 1e9), now=st.floats(0.0, 1e9))
def test_a_constant_share_is_found(own: float, peer: float, now: float) -> None:
    """The estimate would be of another size."""
    assert from_peers([(learnt(own, peer), now, FEW_ROWS)]) == pytest.approx(now * own / peer, rel=1e-9)


def test_several_peers_are_one_larger_one() -> None:
    """A tiny venue would have as much to say as the largest."""
    large, small = learnt(300.0, 100.0), learnt(300.0, 1.0)
    assert from_peers([(large, 1_000.0, 50), (small, 40.0, 1)]) == pytest.approx(1_040.0 * 300 / 101)


def test_a_peer_that_went_silent_is_asked_no_more() -> None:
    """In a crash it is often one of the peers that dies: the share of all of them would be too small then."""
    assert from_peers([(learnt(300.0, 100.0), 1_000.0, 50)]) == pytest.approx(3_000.0)


def test_quiet_minutes_teach_nothing_and_forget_nothing() -> None:
    """What was learnt would be gone after a quiet night."""
    share = learnt(300.0, 100.0)
    before = (share.own_usd, share.peer_usd)
    for _ in range(10_000):
        share.learn(own_usd=0.0, own_rows=0, peer_usd=0.0, peer_rows=0)
    assert (share.own_usd, share.peer_usd) == before


def test_a_share_that_has_changed_is_learnt_anew() -> None:
    """The share of years ago would decide."""
    share = learnt(300.0, 100.0, minutes=MEMORY_MINUTES)
    for _ in range(8 * MEMORY_MINUTES):
        share.learn(own_usd=100.0, own_rows=1, peer_usd=100.0, peer_rows=1)
    assert from_peers([(share, 1_000.0, 50)]) == pytest.approx(1_000.0, rel=0.01)


def test_a_handful_of_rows_is_no_share() -> None:
    """One large liquidation would be the share for weeks."""
    assert from_peers([(learnt(300.0, 100.0, minutes=ENOUGH_ROWS // 2 - 1), 1_000.0, 50)]) is None
    share = PeerShare()
    for _ in range(2 * ENOUGH_ROWS):
        share.learn(own_usd=1.0, own_rows=1, peer_usd=0.0, peer_rows=0)
    assert from_peers([(share, 1_000.0, 50)]) is None


def test_peers_with_a_handful_of_rows_now_say_nothing() -> None:
    """Their silence would be the end of the cascade."""
    assert from_peers([(learnt(300.0, 100.0), 1_000.0, FEW_ROWS - 1)]) is None
    assert from_peers([]) is None


def test_worthless_rows_divide_by_nothing() -> None:
    """A failed second in the middle of a crash."""
    assert from_peers([(learnt(0.0, 100.0), 1_000.0, 50)]) is None
    assert from_peers([(learnt(100.0, 0.0), 1_000.0, 50)]) is None
