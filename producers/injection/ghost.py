"""A ghost: an order far through the last trade that nobody removes.

The other side's levels that it stands in front of are hidden, so that the book looks sound by itself and only the
trades give it away; with `hide=0` they stay, and the ghost crosses the book as the one of 10 October 2025 did.
"""

from __future__ import annotations

from typing import ClassVar

from producers.injection.fault import BasisPoints, Layer, Options
from producers.injection.levels import on_grid
from producers.injection.stuck import Book, Side, StuckOrder
from producers.injection.stuck_fault import Seen, StuckFault


class GhostOptions(Options, frozen=True, kw_only=True):
    """Where it stands: so far above the last trade for a bid, below for an ask."""

    side: Side = "bid"
    beyond_bp: BasisPoints = 20.0
    hide: bool = True


class Ghost(StuckFault[GhostOptions]):
    """Leaves an order of the size of the best one in the book."""

    kind = "ghost"
    about = "a bid (side=ask: an ask) stands beyond_bp= through the last trade; hide=0: and crosses the book"
    layer = Layer.VENUE
    lasts_s = 60.0
    at_a_moment = True
    options_type: ClassVar[type[Options]] = GhostOptions

    def order(self, seen: Seen, book: Book) -> StuckOrder:
        """The order, so far through the last trade, or through mid where there was none."""
        options, (bids, asks) = self.options, book
        is_bid = options.side == "bid"
        best_bid, best_ask = max(bids), min(asks)
        last = (best_bid + best_ask) / 2 if seen.last_price is None else seen.last_price
        beyond = options.beyond_bp / 10_000
        step = seen.step(best_bid if is_bid else best_ask)
        price = on_grid(last * (1 + beyond if is_bid else 1 - beyond), tick=step, up=is_bid)
        # Somebody must be left to hide behind, or the book had one side only.
        others_left = any(ask > price for ask in asks) if is_bid else any(bid < price for bid in bids)
        quantity = bids[best_bid] if is_bid else asks[best_ask]
        return StuckOrder(options.side, price, quantity, book, hides=options.hide and others_left)
