"""The makers' side of a market: whether what is hit comes back, what left untraded, and how often quotes change."""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Tally
from detector.kernel import BANDS
from detector.quotes import ASK, BID, HALF_PERCENT, ONE_PERCENT, Quotes, cell
from detector.stats.leaving import Leaving
from detector.stats.refill import Refill
from detector.stats.rolling_median import RollingMedian

WINDOW_S = 10
WITHIN_HALF = (cell(BID, HALF_PERCENT), cell(ASK, HALF_PERCENT))
WITHIN_ONE = (cell(BID, ONE_PERCENT), cell(ASK, ONE_PERCENT))
EDGE_WIDTH = BANDS[ONE_PERCENT] - BANDS[HALF_PERCENT]


class MakersSide(msgspec.Struct):
    """Bids or asks within one percent of mid."""

    refill: Refill = msgspec.field(default_factory=Refill)
    leaving: Leaving = msgspec.field(default_factory=Leaving)


class Makers(msgspec.Struct):
    """State and features of one market's makers. Features are refreshed by `close_second`; None means unknown."""

    sides: tuple[MakersSide, MakersSide] = msgspec.field(default_factory=lambda: (MakersSide(), MakersSide()))
    mid: float = nan
    changes: int = 0
    """Of the book, as of the last second."""
    messages: int = 0
    whole_s: int = 0
    """Seconds on end in which the book could be believed."""
    changes_10s: Tally = msgspec.field(default_factory=lambda: Tally.of(WINDOW_S))
    messages_10s: Tally = msgspec.field(default_factory=lambda: Tally.of(WINDOW_S))
    usual_changes: RollingMedian = msgspec.field(default_factory=RollingMedian)
    usual_messages: RollingMedian = msgspec.field(default_factory=RollingMedian)
    """Level changes and book messages a second."""
    changes_ratio: float | None = None
    """Level changes of ten seconds over what is usual. Of messages a feed that sends one every tenth of a second has
    always as many."""
    fullness: float | None = None
    """Level changes a message over what is usual: above one where the venue throttles, and sends the same in fewer."""

    def close_second(self, now_s: int, quotes: Quotes, traded_usd: tuple[float, float], learn: bool) -> None:
        """Refresh the features after the quotes; `traded_usd` is what takers bought and sold in the second."""
        book = quotes.book
        if book is None:
            return
        mid = nan if quotes.fault else book.mid
        move = mid / self.mid - 1.0
        self.mid = mid
        depths = quotes.depth_usd
        for side in (BID, ASK):
            depth_usd = depths[WITHIN_ONE[side]]
            # What lies at the far edge, by the half of the band that touches it: a book has no hole just there.
            density_usd = (depth_usd - depths[WITHIN_HALF[side]]) / EDGE_WIDTH
            edge_usd = density_usd * (move if side == ASK else -move)
            makers = self.sides[side]
            makers.refill.close_second(now_s, depth_usd)
            taken_usd = traded_usd[0] if side == ASK else traded_usd[1]
            makers.leaving.close_second(depth_usd, taken_usd, move=move, edge_usd=edge_usd)
        self._quoting(now_s, quotes, book.changes, learn)

    def _quoting(self, now_s: int, quotes: Quotes, changes: int, learn: bool) -> None:
        self.changes_10s.put(now_s, changes - self.changes)
        self.messages_10s.put(now_s, quotes.messages - self.messages)
        self.changes, self.messages = changes, quotes.messages
        self.whole_s = 0 if quotes.fault else self.whole_s + 1
        self.changes_ratio = self.fullness = None
        messages = self.messages_10s.total / WINDOW_S
        if self.whole_s < WINDOW_S or not messages:
            return
        per_s = self.changes_10s.total / WINDOW_S
        if learn and now_s >= self.usual_changes.next_s:  # both are offered together
            self.usual_changes.offer(now_s, per_s)
            self.usual_messages.offer(now_s, messages)
        usual, usual_messages = self.usual_changes.value, self.usual_messages.value
        if usual and usual_messages:
            self.changes_ratio = per_s / usual
            self.fullness = self.changes_ratio / (messages / usual_messages)


def thinner_side(quotes: Quotes) -> tuple[float, int] | None:
    """The lower of the two confirmed depth ratios and its side; None where neither can be evaluated."""
    bid, ask = quotes.confirmed_ratio(BID), quotes.confirmed_ratio(ASK)
    if bid is None or ask is None:
        return (bid, BID) if bid is not None else (ask, ASK) if ask is not None else None
    return (bid, BID) if bid <= ask else (ask, ASK)
