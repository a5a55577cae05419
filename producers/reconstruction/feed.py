"""When a frame arrives: each venue's delay, scaled so that its trades' p99 in a minute is the published one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import MINUTES, second_of

_CALM_P99_S = {"binance-spot": 0.02, "binance-coinm": 0.02, "binance-usdm": 0.02, "hyperliquid": 0.25}
_USDM_LIMIT_S = 0.3
_STALL_FROM_S = second_of("21:17:02")
_HIDDEN = 0.5e-3
"""A delay published as 0.00 s."""


class Feed:
    """Receive times of one venue, first in first out. USD-M's delay is not published: COIN-M's, without the stall."""

    def __init__(self, venue: str, *, seed: int, twin: bool) -> None:
        self.venue = venue
        self._twin = twin
        self._seed = seed
        self._tag = sorted(_CALM_P99_S).index(venue)
        self._last = 0.0

    def _target_s(self, minute: int) -> float:
        row = None if self._twin else MINUTES.get(minute)
        if row is None or self.venue == "hyperliquid":
            return _CALM_P99_S[self.venue]
        published = row.delay_spot_s if self.venue == "binance-spot" else row.delay_coinm_s
        if self.venue == "binance-usdm":
            published = min(published, _USDM_LIMIT_S)
        return max(published, 8 * _HIDDEN)

    def receive(
        self, minute: int, start_s: float, event_s: NDArray[np.float64], is_trade: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Receive time of each event (seconds, sorted by event time) of a minute that begins at `start_s`."""
        rng = np.random.default_rng([self._seed, 5, minute, self._tag])
        target = self._target_s(minute)
        # a delay that wanders over a second, so that queueing in order does not inflate the quiet ones
        knots = 0.25 + rng.exponential(0.35, 63)
        delay = np.interp(event_s - start_s, np.arange(-1, 62), knots)
        if target > 1.0:
            return self._stalled(event_s, is_trade, target)
        scale = float(np.percentile(delay[is_trade], 99)) if is_trade.any() else float(np.percentile(delay, 99))
        return self._in_order(event_s + delay * target / scale)

    def _stalled(self, event_s: NDArray[np.float64], is_trade: NDArray[np.bool_], target: float) -> NDArray[np.float64]:
        """Nothing arrives for some seconds, then everything at once."""
        traded = event_s[is_trade]
        for length in np.arange(target, 1.6 * target, 0.05):
            end = _STALL_FROM_S + length
            wait = np.where((traded >= _STALL_FROM_S) & (traded < end), end - traded, 0.0)
            if np.percentile(wait, 99) >= target:
                break
        inside = (event_s >= _STALL_FROM_S) & (event_s < end)
        return self._in_order(np.where(inside, end + 0.004, event_s + 0.004))

    def _in_order(self, receive_s: NDArray[np.float64]) -> NDArray[np.float64]:
        ordered = np.maximum.accumulate(np.maximum(receive_s, self._last))
        if ordered.size:
            self._last = float(ordered[-1])
        return ordered
