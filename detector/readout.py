"""Reading a market off its state: the figures that tables show and that market-wide signals are made of."""

from __future__ import annotations

from detector.config import Deleveraging
from detector.forced import LONGS, SHORTS
from detector.fragility import fragility
from detector.makers import thinner_side
from detector.market import Market
from detector.pressure import pressure
from detector.quotes import ASK, BID, ONE_PERCENT, TWO_PERCENT, cell
from schemas.reading import MarketReading

BIDS, ASKS = cell(BID, ONE_PERCENT), cell(ASK, ONE_PERCENT)
WIDE_BIDS, WIDE_ASKS = cell(BID, TWO_PERCENT), cell(ASK, TWO_PERCENT)


def read_market(market: Market, now_ns: int, limits: Deleveraging) -> MarketReading:
    """One market at the end of the second that was just closed."""
    trading, quotes, forced, delay, ids = market.trading, market.quotes, market.forced, market.delay, market.trading.ids
    seen, has_book = forced.seen, quotes.book is not None
    thinner = thinner_side(quotes) if has_book else None
    makers = market.makers.sides[thinner[1]] if thinner is not None else None
    hidden, calm_ids = forced.estimate, ids.calm_ids
    pressed = pressure(market, now_ns) if seen else None
    return MarketReading(
        venue=market.venue,
        instrument=market.instrument.instrument,
        market=market.instrument.market,
        price=_known(trading.price),
        last_trade_ns=trading.last_trade_ns,
        last_event_ns=delay.last_event_ns,
        move_60s=trading.move_60s,
        move_300s=trading.move_300s,
        sigma=trading.sigma,
        trades_per_s=trading.rate,
        trades_peak_per_s=trading.rate_peak,
        order_rate_ratio=trading.rate_ratio,
        impact_ratio=trading.impact_ratio,
        traded_usd_60s=trading.traded_usd_60s,
        buy_orders=trading.last_orders[0],
        sell_orders=trading.last_orders[1],
        bid_depth_usd=_known(quotes.depth_usd[BIDS]) if has_book else None,
        ask_depth_usd=_known(quotes.depth_usd[ASKS]) if has_book else None,
        bid_depth_2pct_usd=_known(quotes.depth_usd[WIDE_BIDS]) if has_book else None,
        ask_depth_2pct_usd=_known(quotes.depth_usd[WIDE_ASKS]) if has_book else None,
        depth_ratio=thinner[0] if thinner is not None else None,
        spread=quotes.spread,
        spread_ratio=quotes.spread_ratio,
        halted=market.halted,
        book_fault=quotes.fault if has_book else "",
        refill=makers.refill.later if makers is not None else None,
        withdrawn=makers.leaving.share if makers is not None else None,
        delay_s=delay.delay_s,
        delay_ratio=delay.ratio,
        delay_now_s=delay.delay_now_s,
        clock_step_s=delay.clock_step_s,
        liquidations_seen=seen,
        liquidated_longs_usd=forced.liquidated[LONGS].sum(0, now_ns) if seen else 0.0,
        liquidated_shorts_usd=forced.liquidated[SHORTS].sum(0, now_ns) if seen else 0.0,
        liquidated_estimate_usd=hidden.estimate_usd if hidden is not None else None,
        liquidated_upper_usd=hidden.upper_usd if hidden is not None else None,
        liquidated_method=hidden.method if hidden is not None else "",
        forced_over_depth=pressed.ratio if pressed is not None else None,
        fragility=fragility(market) if market.ladder.opened_usd else None,
        open_interest_usd=_known(forced.open_interest_usd),
        funding_rate=_known(forced.funding_rate),
        calm_ids=calm_ids,
        ids_contiguous=calm_ids > 0 and ids.calm_missing <= limits.offbook_calm * calm_ids,
        ids_60s=ids.ids_60s.total,
        missing_ids_60s=ids.missing_60s.total,
    )


def _known(value: float) -> float | None:
    return value if value == value else None
