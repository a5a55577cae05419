"""How much of an asset's liquidations one market usually has, beside another that shows all of its own."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

MEMORY_MINUTES = 1_000
"""Minutes with a liquidation on either market after which what was learnt counts a third."""

ENOUGH_ROWS = 100
"""Rows behind a share that is believed. Sizes have heavy tails: of lognormal ones with σ = 2, two sums of 20 are within
a factor of two of each other every second time, of 100 in four of five."""

FEW_ROWS = 5
"""Rows of all peers in a minute, below which their silence is chance."""


class PeerShare(msgspec.Struct):
    """Dollars and rows of a market and of one peer in the same minutes, older ones counting less.

    >>> share = PeerShare()
    >>> for _ in range(60):
    ...     share.learn(own_usd=300.0, own_rows=3, peer_usd=100.0, peer_rows=2)
    >>> round(from_peers([(share, 5_000.0, 40)]))
    15000
    """

    own_usd: float = 0.0
    own_rows: float = 0.0
    peer_usd: float = 0.0
    peer_rows: float = 0.0

    def learn(self, *, own_usd: float, own_rows: int, peer_usd: float, peer_rows: int) -> None:
        """Take a minute in which both were seen; one without any row teaches nothing."""
        if not own_rows and not peer_rows:
            return
        keep = 1.0 - 1.0 / MEMORY_MINUTES
        self.own_usd = self.own_usd * keep + own_usd
        self.own_rows = self.own_rows * keep + own_rows
        self.peer_usd = self.peer_usd * keep + peer_usd
        self.peer_rows = self.peer_rows * keep + peer_rows


def from_peers(peers: Iterable[tuple[PeerShare, float, int]]) -> float | None:
    """A market's dollars of a minute, from its shares and what each peer showed in it (dollars, rows); None with too
    little to go by. Only peers that speak now are asked: a share is learnt from each on its own, because in a crash it
    is often one of them that goes silent.
    """
    usd = times = learnt = 0.0
    rows = 0
    for share, peer_usd, peer_rows in peers:
        if share.own_rows < ENOUGH_ROWS or not share.own_usd > 0:
            continue
        usd += peer_usd
        rows += peer_rows
        times += share.peer_usd / share.own_usd
        learnt += share.peer_rows
    return usd / times if rows >= FEW_ROWS and learnt >= ENOUGH_ROWS and times > 0 else None
