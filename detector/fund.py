"""The insurance fund behind a market, as its venue tells it.

Venues tell one figure for all markets, another for one, a third beside their warnings. They are not the same money, and
none is ever compared with another. Blind to a fund that is told more rarely than every quarter of an hour.
"""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Ring

OF_VENUE, OF_MARKET, OF_WARNINGS = 0, 1, 2
"""Where a figure comes from; the nearer to the market, the higher. Warnings come as it happens, balances are those of
the last account.
"""

TELLING_NS = 960_000_000_000
"""A quarter of an hour, the rarest that a fund is asked for, and a minute for the answer. What changed between two
tellings that lie further apart did not change in five minutes.
"""

LOOK_BACK_S = 300


class Fund(msgspec.Struct):
    """The figures and what the best of them was five minutes ago. Times are event time.

    >>> fund = Fund()
    >>> for second in range(400):
    ...     if second % 100 == 0:
    ...         fund.tell(OF_MARKET, 90.0 if second > 300 else 100.0 - second // 300 * 5, second * 10**9)
    ...     fund.close_second(second)
    >>> fund.usd, round(fund.lost(399, 399 * 10**9), 3)
    (95.0, 0.05)
    """

    usd: float = nan
    """The market's own; NaN where nobody tells it."""
    venue_usd: float = nan
    """All that the venue has, for all of its markets."""
    source: int = -1
    """Of the figure that is compared: the nearest that was ever told, for good."""
    tellings: int = 0
    """Of that figure, none further apart than a quarter of an hour."""
    told_ns: int = 0
    """When that figure was told last."""
    seconds: Ring = msgspec.field(default_factory=lambda: Ring.of(LOOK_BACK_S + 1))

    def tell(self, source: int, usd: float, now_ns: int) -> None:
        """Take a figure in dollars; one of a source that is further away changes nothing that is compared."""
        if source == OF_VENUE:
            self.venue_usd = usd
        if source < self.source:
            return
        if source > OF_VENUE:
            self.usd = usd
        if source > self.source or now_ns - self.told_ns > TELLING_NS:
            self.source, self.tellings = source, 0
            self.seconds = Ring.of(LOOK_BACK_S + 1)
        self.tellings += 1
        self.told_ns = now_ns

    def close_second(self, now_s: int) -> None:
        """Remember the figure that stands at the end of the second."""
        if self.tellings:
            self.seconds.put(now_s, self.now_usd)

    @property
    def now_usd(self) -> float:
        """The figure that is compared; NaN before the first."""
        return self.usd if self.source > OF_VENUE else self.venue_usd

    def before(self, now_s: int) -> float | None:
        """The same figure five minutes ago; None where it was not told by then."""
        earlier = self.seconds.ago(now_s, LOOK_BACK_S)
        return earlier if earlier == earlier else None

    def lost(self, now_s: int, now_ns: int) -> float | None:
        """Share that was lost in five minutes; None where fewer than two tellings, or an old one, say so."""
        earlier = self.before(now_s)
        if self.tellings < 2 or now_ns - self.told_ns > TELLING_NS or earlier is None or earlier <= 0:
            return None
        return 1.0 - self.now_usd / earlier
