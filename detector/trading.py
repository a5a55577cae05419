"""The trading side of a market: price, returns, order counts, signed flow and trade ids."""

from __future__ import annotations

from math import nan

import msgspec

from detector.bars import Ring, Tally
from detector.stats.kyle import KyleLambda
from detector.stats.rolling_median import MAD_TO_SIGMA, RollingMedian
from detector.trade_ids import TradeIds
from schemas.market import Trade

MERGE_NS = 100_000_000
"""Fills of one side within a tenth of a second count as one order: venues split a sweep into dozens of prints."""

MOST_USD = 1e13
"""A second's turnover beyond this is a fault of the feed, whose cents would not fit a saved state."""


class Trading(msgspec.Struct):
    """State and features of one market's trades. Features are refreshed by `close_second`; None means unknown."""

    price: float = nan
    last_trade_ns: int = 0
    orders_buy: int = 0
    orders_sell: int = 0
    trades: int = 0
    flow_usd: float = 0.0
    turnover_usd: float = 0.0
    buy_bucket: int = -1
    sell_bucket: int = -1
    previous_price: float = nan
    prices: Ring = msgspec.field(default_factory=lambda: Ring.of(301))
    trades_10s: Tally = msgspec.field(default_factory=lambda: Tally.of(10))
    rates: Ring = msgspec.field(default_factory=lambda: Ring.of(300))
    orders_60s: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    cents_60s: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    """Traded in each second, in whole cents: a sum that does not drift."""
    kyle: KyleLambda = msgspec.field(default_factory=KyleLambda)
    usual_move: RollingMedian = msgspec.field(default_factory=RollingMedian)
    usual_rate: RollingMedian = msgspec.field(default_factory=RollingMedian)
    usual_impact: RollingMedian = msgspec.field(default_factory=RollingMedian)
    last_orders: tuple[int, int] = (0, 0)
    """Buy and sell orders of the second just closed."""
    last_usd: tuple[float, float] = (0.0, 0.0)
    """Dollars bought and sold by takers in the second just closed; NaN where a lot's worth is unknown."""
    move_60s: float | None = None
    move_300s: float | None = None
    sigma: float | None = None
    """Robust σ of the 60-s move, at least `least_sigma`; without the floor of all markets."""
    least_sigma: float = 0.0
    """The market's own floor, by a calibration: on a coarse price grid one step is no move."""
    rate: float = 0.0
    """Trades a second over ten seconds."""
    rate_peak: float = 0.0
    """Highest ten-second trade rate of the last five minutes."""
    rate_peak_s: int = 0
    rate_ratio: float | None = None
    impact_ratio: float | None = None
    notional_known: bool = True
    ids: TradeIds = msgspec.field(default_factory=TradeIds)

    def on_trade(self, trade: Trade, now_ns: int) -> None:
        """Account for a print on the book."""
        trade_id = trade.trade_id
        if type(trade_id) is int:
            self.ids.on_id(trade_id, self.last_trade_ns, now_ns)
        self.price = trade.price
        self.last_trade_ns = now_ns
        self.trades += 1
        bucket = now_ns // MERGE_NS
        usd = trade.notional_usd
        if usd is None:
            self.notional_known = False
            usd = 0.0
        self.turnover_usd += usd
        if trade.taker == "buy":
            self.flow_usd += usd
            if bucket != self.buy_bucket:
                self.buy_bucket = bucket
                self.orders_buy += 1
        else:
            self.flow_usd -= usd
            if bucket != self.sell_bucket:
                self.sell_bucket = bucket
                self.orders_sell += 1

    def on_offbook(self, trade: Trade, now_ns: int) -> None:
        """Account for a fill that did not happen on the book: its id is used, its price is not."""
        if type(trade.trade_id) is int:
            self.ids.on_id(trade.trade_id, self.last_trade_ns, now_ns)

    def close_second(self, now_s: int, learn: bool, alive: bool = True) -> None:
        """Turn the second that ends at `now_s` into bars and features; baselines move only while `learn`.

        While the venue is not `alive` the price is unknown: what it did in a hole of the data is no move of a minute.
        """
        price = self.price if alive else nan
        if not alive and self.previous_price == self.previous_price:
            # Silence is found out after a minute: until then the bars repeated a price that nobody saw.
            for back in range(1, 60):
                self.prices.cells[(now_s - back) % self.prices.size] = nan
        five_ago = self.prices.push(now_s, price)
        self.trades_10s.put(now_s, self.trades)
        self.rate = self.trades_10s.total / 10.0
        self.rates.put(now_s, self.rate)
        if self.rate >= self.rate_peak or now_s - self.rate_peak_s >= self.rates.size:
            self._find_peak(now_s)
        buys, sells = self.orders_buy, self.orders_sell
        self.last_orders = (buys, sells)
        self.orders_60s.put(now_s, buys + sells)
        turnover = self.turnover_usd if self.notional_known else nan
        self.last_usd = ((turnover + self.flow_usd) / 2.0, (turnover - self.flow_usd) / 2.0)
        self.cents_60s.put(now_s, round(min(MOST_USD, self.turnover_usd) * 100.0))
        self.ids.close_second(now_s, learn)
        if self.trades and self.previous_price == self.previous_price:
            self.kyle.close_second((price / self.previous_price - 1.0) * 1e4, self.flow_usd)
        self.previous_price = price
        self.trades = self.orders_buy = self.orders_sell = 0
        self.flow_usd = self.turnover_usd = 0.0
        self._features(now_s, price, five_ago, learn)

    def _features(self, now_s: int, price: float, five_ago: float, learn: bool) -> None:
        minute_ago = self.prices.ago(now_s, 60)
        self.move_60s = price / minute_ago - 1.0 if minute_ago == minute_ago and price == price else None
        self.move_300s = price / five_ago - 1.0 if five_ago == five_ago and price == price else None
        impact, rate = self.kyle.value, self.orders_60s.total / 60.0
        if learn:
            if now_s >= self.usual_move.next_s and self.move_60s is not None:
                self.usual_move.offer(now_s, abs(self.move_60s))
            if now_s >= self.usual_rate.next_s:
                self.usual_rate.offer(now_s, rate)
            if now_s >= self.usual_impact.next_s and impact is not None and impact > 0:
                self.usual_impact.offer(now_s, impact)
        usual_move, usual_rate, usual_impact = self.usual_move.value, self.usual_rate.value, self.usual_impact.value
        self.sigma = max(MAD_TO_SIGMA * usual_move, self.least_sigma) if usual_move is not None else None
        self.rate_ratio = rate / max(usual_rate, 1 / 60.0) if usual_rate is not None else None
        known = self.notional_known and impact is not None and usual_impact is not None
        self.impact_ratio = impact / usual_impact if known and impact is not None and usual_impact else None

    def _find_peak(self, now_s: int) -> None:
        """The newest of the highest: looking through five minutes is due only when it leaves them, or is beaten."""
        if self.rate >= self.rate_peak:
            self.rate_peak, self.rate_peak_s = self.rate, now_s
            return
        known = [(rate, back) for back in range(self.rates.size) if (rate := self.rates.ago(now_s, back)) == rate]
        self.rate_peak, back = max((rate, -back) for rate, back in known)
        self.rate_peak_s = now_s + back

    @property
    def traded_usd_60s(self) -> float | None:
        """Traded in the last minute, both sides; None before the first trade, and where a lot's worth is unknown."""
        return self.cents_60s.total / 100.0 if self.notional_known and self.last_trade_ns else None

    def fresh(self, now_ns: int, stale_s: int) -> bool:
        """Whether the price is young enough to be compared with another market's."""
        return self.last_trade_ns > now_ns - stale_s * 1_000_000_000
