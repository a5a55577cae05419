"""The forced side of a market: liquidations, open interest, deleveraging, as far as the venue shows them."""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Ring, Tally
from detector.fund import OF_MARKET, OF_VENUE, OF_WARNINGS, Fund
from detector.kernel import Window
from detector.stats.busy_minutes import BusyMinutes
from detector.stats.peer_share import PeerShare
from detector.throttle import Estimate, Shown
from schemas.alert import Direction
from schemas.base import EVERY_INSTRUMENT
from schemas.market import Adl, AdlLevel, AdlState, DerivativeState, Insurance, Liquidation, OpenInterest

MINUTE_NS = 60_000_000_000
LONGS, SHORTS = 0, 1


def _window() -> Window:
    return Window((MINUTE_NS, 5 * MINUTE_NS))


class Forced(msgspec.Struct):
    """State of one market's forced flow. Rates are dollars in the last minute, per liquidated side."""

    liquidated: tuple[Window, Window] = msgspec.field(default_factory=lambda: (_window(), _window()))
    seen: bool = False
    """Whether this market ever showed a liquidation of known worth: before, silence may be ignorance."""
    last_liquidation_ns: int = 0
    """Of known worth."""
    sampled: bool = False
    sampled_ns: int = 0
    """When a row last said that it was sampled."""
    unknown_notional: int = 0
    deleveraged: Window = msgspec.field(default_factory=_window)
    last_adl_ns: int = 0
    adl_count: int = 0
    adl_direction: Direction = "none"
    adl_worth_ns: int = 0
    """When a deleveraging fill last said what it was worth."""
    prints_this_second: int = 0
    printing_seconds: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    busy: BusyMinutes = msgspec.field(default_factory=BusyMinutes)
    """Calm minutes of liquidations in the last seven days."""
    least_usd_min: float = 0.0
    """The same of an earlier measurement, by a calibration."""
    minutes_usd: Ring = msgspec.field(default_factory=lambda: Ring.of(301))
    """A minute counts as calm five minutes later, if it still does: no minute may be the yardstick of itself."""
    adl_warning: AdlLevel | None = None
    """How near deleveraging is, as the venue said last; None where it never said."""
    adl_warning_ns: int = 0
    drawdown: float = nan
    """Of the fund behind the market, as the venue measures it."""
    fund: Fund = msgspec.field(default_factory=Fund)
    mark: float = nan
    index: float = nan
    funding_rate: float = nan
    open_interest: float = nan
    open_interest_usd: float = nan
    oi_seconds: Ring = msgspec.field(default_factory=lambda: Ring.of(301))
    oi_change_300s: float | None = None
    usd_since_open_interest: float = 0.0
    """Liquidated since the last figure of open interest, which cannot tell of it yet."""
    shares: dict[str, PeerShare] = {}
    """Of a throttled feed: how this market usually compares with each complete one of the asset, by its key."""
    estimate: Estimate | None = None
    """Of the minute that ended with the last second; None where nothing was reported in it."""

    def on_liquidation(self, event: Liquidation, now_ns: int) -> None:
        """Account for a forced close."""
        if event.sampled:
            self.sampled, self.sampled_ns = True, now_ns
        self.prints_this_second += 1
        if event.notional_usd is None:
            self.unknown_notional += 1
            return
        self.seen, self.last_liquidation_ns = True, now_ns
        self.usd_since_open_interest += event.notional_usd
        self.liquidated[LONGS if event.liquidated == "long" else SHORTS].add(now_ns, event.notional_usd)

    def on_adl(self, event: Adl, now_ns: int) -> None:
        """Account for a deleveraging fill."""
        self.last_adl_ns = now_ns
        self.adl_count += 1
        if event.deleveraged is not None:
            self.adl_direction = "down" if event.deleveraged == "short" else "up"
        if event.notional_usd is not None:
            self.adl_worth_ns = now_ns
        self.deleveraged.add(now_ns, event.notional_usd or 0.0)

    def on_adl_state(self, event: AdlState, now_ns: int) -> None:
        """Take the venue's own warning; what it does not say stays."""
        self.adl_warning_ns = now_ns
        self.adl_warning = event.level
        if event.drawdown is not None:
            self.drawdown = event.drawdown
        if event.fund_usd is not None:
            self.fund.tell(OF_WARNINGS, event.fund_usd, now_ns)

    def on_insurance(self, event: Insurance, now_ns: int) -> None:
        """Take the fund's balance: this market's, or where nobody tells that, the whole venue's."""
        if event.balance_usd is not None:
            self.fund.tell(OF_VENUE if event.instrument == EVERY_INSTRUMENT else OF_MARKET, event.balance_usd, now_ns)

    def on_derivative(self, event: DerivativeState) -> None:
        """Take what the message says; what it does not say stays."""
        if event.mark is not None:
            self.mark = event.mark
        if event.index is not None:
            self.index = event.index
        if event.funding_rate is not None:
            self.funding_rate = event.funding_rate

    def on_open_interest(self, event: OpenInterest) -> None:
        """Take the venue's figure."""
        self.open_interest = event.open_interest
        self.usd_since_open_interest = 0.0
        self.open_interest_usd = event.notional_usd if event.notional_usd is not None else nan

    def close_second(self, now_s: int, now_ns: int, learn: bool) -> None:
        """Refresh the features of the second that ends now."""
        self.printing_seconds.put(now_s, 1 if self.prints_this_second else 0)
        self.prints_this_second = 0
        self.fund.close_second(now_s)
        # What was never told needs no memory; once told, it is known for ever.
        if self.open_interest == self.open_interest:
            before = self.oi_seconds.push(now_s, self.open_interest)
            self.oi_change_300s = self.open_interest / before - 1.0 if before > 0 else None
        if self.seen:
            earlier = self.minutes_usd.push(now_s, self.minute_usd(now_ns) if learn else nan)
            if learn and earlier == earlier:
                self.busy.offer(now_s, earlier)

    def shown(self, now_ns: int) -> tuple[Shown, Shown]:
        """Longs and shorts of the last minute, as reported."""
        longs, shorts = self.liquidated
        return Shown(longs.sum(0, now_ns), longs.count(0, now_ns)), Shown(
            shorts.sum(0, now_ns), shorts.count(0, now_ns)
        )

    def open_interest_fell(self, now_s: int) -> float | None:
        """Lots lost in the last minute; None where it is unknown or did not fall."""
        lost = self.oi_seconds.ago(now_s, 60) - self.open_interest
        return lost if lost > 0 else None

    def minute_usd(self, now_ns: int) -> float:
        """Reported dollars liquidated in the last minute, both sides: a lower bound where the feed is sampled."""
        return self.liquidated[LONGS].sum(0, now_ns) + self.liquidated[SHORTS].sum(0, now_ns)

    def five_minutes_usd(self, now_ns: int) -> float:
        """The same over five minutes."""
        return self.liquidated[LONGS].sum(1, now_ns) + self.liquidated[SHORTS].sum(1, now_ns)

    def direction(self, now_ns: int) -> str:
        """`down` when mostly longs were closed in the last minute."""
        longs, shorts = self.liquidated[LONGS].sum(0, now_ns), self.liquidated[SHORTS].sum(0, now_ns)
        return "down" if longs >= shorts else "up"

    @property
    def saturation(self) -> float:
        """Share of the last minute's seconds with a print: a throttled feed near one has stopped counting."""
        return self.printing_seconds.total / self.printing_seconds.size
