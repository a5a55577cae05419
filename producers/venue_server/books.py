"""Books in the shape of Binance's REST answer, kept from the frames that were played.

A recording holds one REST snapshot; a client that reconnects in the middle asks for another. The server seeds a dict
per symbol with the recorded snapshot, applies every recorded delta, and serves the best 1000 levels with the last
update id.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import orjson

LEVELS = 1000
"""What the venues serve at most for one request of ours."""

RECENT_DELTAS = 512
"""A recorded snapshot may be older than deltas that were received before it: they are applied to it again."""

_DELTA_KEYS = {"U", "u", "b", "a"}


class Book:
    """Price string → quantity string, per side."""

    def __init__(self, *, timed: bool = True) -> None:
        self._timed = timed
        self.wanted = True
        """No snapshot yet, or the recorded deltas do not chain: whoever follows this book needs a snapshot."""
        self._seeded = False
        self._last_id = 0
        self._recent: deque[dict[str, Any]] = deque(maxlen=RECENT_DELTAS)
        self._times: dict[str, int] = {}
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    @property
    def seeded(self) -> bool:
        """A snapshot can be served."""
        return self._seeded

    def seed(self, body: bytes) -> None:
        """Start again from a recorded snapshot."""
        try:
            snapshot: dict[str, Any] = orjson.loads(body)
            self._bids = dict(snapshot["bids"])
            self._asks = dict(snapshot["asks"])
            self._last_id = snapshot["lastUpdateId"]
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return
        self._seeded = True
        self.wanted = False
        for delta in self._recent:
            self._apply(delta)

    def apply(self, delta: dict[str, Any]) -> None:
        """Apply one recorded depth update; one that is damaged is left out."""
        if not delta.keys() >= _DELTA_KEYS:
            return
        self._recent.append(delta)
        if self._seeded:
            self._apply(delta)

    def _apply(self, delta: dict[str, Any]) -> None:
        if delta["u"] <= self._last_id:
            return
        previous = delta.get("pu")
        # The first delta after a snapshot straddles it, hence the inequalities.
        if (previous if previous is not None else delta["U"] - 1) > self._last_id:
            self.wanted = True
        self._last_id = delta["u"]
        self._times = {key: delta[key] for key in ("E", "T") if key in delta}
        for side, changes in ((self._bids, delta["b"]), (self._asks, delta["a"])):
            for price, qty in changes:
                if float(qty) == 0:
                    side.pop(price, None)
                else:
                    side[price] = qty

    def snapshot(self) -> bytes:
        """The REST answer for the book as it stands."""
        return orjson.dumps(
            {
                "lastUpdateId": self._last_id,
                **(self._times if self._timed else {}),
                "bids": sorted(self._bids.items(), key=lambda level: -float(level[0]))[:LEVELS],
                "asks": sorted(self._asks.items(), key=lambda level: float(level[0]))[:LEVELS],
            }
        )
