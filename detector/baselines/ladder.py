"""A whole book as prices and quantities, for rules that want the volume of both sides."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.market import BookDelta, BookSnapshot


class Ladder:
    """What is shown of both sides."""

    def __init__(self) -> None:
        self._bids: dict[float, float] = {}
        self._asks: dict[float, float] = {}

    def apply_snapshot(self, event: BookSnapshot) -> None:
        """Begin anew; where the venue shows only the best levels, what lies beyond them stays."""
        bids, asks = _levels(event.bids), _levels(event.asks)
        far_bid = min((price for price, _ in bids), default=float("inf")) if event.keeps_far_levels else 0.0
        far_ask = max((price for price, _ in asks), default=0.0) if event.keeps_far_levels else float("inf")
        self._bids = {price: qty for price, qty in self._bids.items() if price < far_bid}
        self._asks = {price: qty for price, qty in self._asks.items() if price > far_ask}
        _set(self._bids, bids)
        _set(self._asks, asks)

    def apply_delta(self, event: BookDelta) -> None:
        """Set levels to quantities; 0 removes."""
        _set(self._bids, _levels(event.bids))
        _set(self._asks, _levels(event.asks))

    def volumes(self) -> dict[str, float] | None:
        """Quantities of both sides with their best prices; None where a side is empty."""
        if not self._bids or not self._asks:
            return None
        return {
            "bid_volume": sum(self._bids.values()),
            "ask_volume": sum(self._asks.values()),
            "best_bid": max(self._bids),
            "best_ask": min(self._asks),
        }


def _set(side: dict[float, float], levels: list[tuple[float, float]]) -> None:
    for price, qty in levels:
        if qty > 0.0:
            side[price] = qty
        else:
            side.pop(price, None)


def _levels(side: msgspec.Raw) -> list[tuple[float, float]]:
    """Price and quantity; venues add more to a level."""
    return [(float(level[0]), float(level[1])) for level in msgspec.json.decode(side, type=list[list[Any]])]
