"""A plain dict book per symbol, kept from the frames that were played, so that whoever joins late gets a whole one."""

from __future__ import annotations

from collections.abc import Iterable


class SideBook:
    """Price text → quantity text, per side, and the id of the last update. Texts stay as the venue wrote them."""

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.last_id = 0
        self.at_ms = 0
        self.seeded = False

    def replace(
        self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], *, last_id: int, at_ms: int
    ) -> None:
        """Begin again from a whole book."""
        self.bids, self.asks = dict(bids), dict(asks)
        self.last_id, self.at_ms, self.seeded = last_id, at_ms, True

    def change(
        self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], *, last_id: int, at_ms: int
    ) -> None:
        """Set levels; a quantity of 0 removes one."""
        for side, changes in ((self.bids, bids), (self.asks, asks)):
            for price, qty in changes:
                if float(qty) == 0:
                    side.pop(price, None)
                else:
                    side[price] = qty
        self.last_id, self.at_ms = last_id, at_ms

    def best(self, most: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The best levels of each side, best first."""
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))[:most]
        asks = sorted(self.asks.items(), key=lambda level: float(level[0]))[:most]
        return bids, asks
