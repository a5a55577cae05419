"""Reading a market off its state: the figures that tables show and that market-wide signals are made of."""

from __future__ import annotations

from detector.config import Deleveraging
from detector.forced import LONGS, SHORTS
from detector.market import Market
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from schemas.reading import MarketReading


def read_market(market: Market, now_ns: int, limits: Deleveraging) -> MarketReading:
    """One market at the end of the second that was just closed."""
    trading, quotes, forced, delay, ids = market.trading, market.quotes, market.forced, market.delay, market.trading.ids
    seen, has_book = forced.seen, quotes.book is not None
    sides = (BID, ASK) if has_book else ()
    ratios = [ratio for side in sides if (ratio := quotes.confirmed_ratio(side)) is not None]
    hidden = forced.estimate
    return MarketReading(
        venue=market.venue,
        instrument=market.instrument.instrument,
        market=market.instrument.market,
        price=_known(trading.price),
        last_trade_ns=trading.last_trade_ns,
        last_event_ns=delay.last_event_ns,
        move_60s=trading.move_60s,
        sigma=trading.sigma,
        trades_per_s=trading.rate,
        trades_peak_per_s=trading.rate_peak,
        order_rate_ratio=trading.rate_ratio,
        buy_orders=trading.last_orders[0],
        sell_orders=trading.last_orders[1],
        bid_depth_usd=_known(quotes.depth_usd[cell(BID, ONE_PERCENT)]) if has_book else None,
        ask_depth_usd=_known(quotes.depth_usd[cell(ASK, ONE_PERCENT)]) if has_book else None,
        depth_ratio=min(ratios, default=None),
        spread=quotes.spread,
        spread_ratio=quotes.spread_ratio,
        book_fault=quotes.fault if has_book else "",
        delay_s=delay.delay_s,
        delay_ratio=delay.ratio,
        liquidations_seen=seen,
        liquidated_longs_usd=forced.liquidated[LONGS].sum(0, now_ns) if seen else 0.0,
        liquidated_shorts_usd=forced.liquidated[SHORTS].sum(0, now_ns) if seen else 0.0,
        liquidated_estimate_usd=hidden.estimate_usd if hidden is not None else None,
        liquidated_upper_usd=hidden.upper_usd if hidden is not None else None,
        liquidated_method=hidden.method if hidden is not None else "",
        open_interest_usd=_known(forced.open_interest_usd),
        funding_rate=_known(forced.funding_rate),
        calm_ids=ids.calm_ids,
        ids_contiguous=ids.calm_ids > 0 and ids.calm_missing <= limits.offbook_calm * ids.calm_ids,
        ids_60s=ids.ids_60s.total,
        missing_ids_60s=ids.missing_60s.total,
    )


def _known(value: float) -> float | None:
    return value if value == value else None
