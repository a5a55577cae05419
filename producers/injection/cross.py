"""A crossed book: a bid stands above the best ask, or an ask below the best bid, and nothing matches them.

It is the trace of a removal that was lost. Where the market moves away from it the next one is lost, too: the book
stays crossed as long as was asked for.
"""

from __future__ import annotations

from typing import ClassVar

from producers.injection.fault import BasisPoints, Layer, Options
from producers.injection.levels import on_grid
from producers.injection.stuck import Book, Side, StuckOrder
from producers.injection.stuck_fault import Seen, StuckFault


class CrossOptions(Options, frozen=True, kw_only=True):
    """Which side has the wrong order, and how far it reaches into the other."""

    side: Side = "bid"
    by_bp: BasisPoints = 5.0


class Cross(StuckFault[CrossOptions]):
    """Leaves an order of the size of the best one beyond the other side's best."""

    kind = "cross"
    about = "a bid stands by_bp= above the best ask (side=ask: an ask below the best bid)"
    layer = Layer.VENUE
    lasts_s = 30.0
    at_a_moment = True
    options_type: ClassVar[type[Options]] = CrossOptions

    def order(self, seen: Seen, book: Book) -> StuckOrder:
        """The order, beyond the best price of the other side by so much."""
        side, (bids, asks) = self.options.side, book
        is_bid = side == "bid"
        beyond = self.options.by_bp / 10_000
        own, other = (max(bids), min(asks)) if is_bid else (min(asks), max(bids))
        step = seen.step(own)

        def follow(best: float) -> float:
            return on_grid(best * (1 + beyond if is_bid else 1 - beyond), tick=step, up=is_bid)

        return StuckOrder(side, follow(other), (bids if is_bid else asks)[own], book, follow=follow)
