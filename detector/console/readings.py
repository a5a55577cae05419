"""What the detector knows of each market at this moment: rows for the table, and for whoever draws it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from detector.engine import Engine
from detector.market import Market
from detector.quotes import ASK, BID, TWO_PERCENT, cell


class Row(NamedTuple):
    """One market. A missing number is None, with the reason in `blind` where there is one."""

    asset: str
    venue: str
    stages: str
    price: float | None
    move_60s: float | None
    depth_usd: float | None
    depth_ratio: float | None
    liquidations_usd: float | None
    funding_rate: float | None
    delay_s: float | None
    blind: str


def rows(engine: Engine) -> Iterator[Row]:
    """All markets that have said anything, by asset and venue."""
    active: dict[tuple[str, str], set[str]] = {}
    for condition in engine.active():
        active.setdefault((condition.venue, condition.asset), set()).add(condition.stage)
    for market in engine.markets():
        stages = active.get((market.venue, market.asset), set()) | active.get((market.venue, "*"), set())
        yield _row(market.asset, market, " ".join(sorted(stages)), engine.now_ns)


def _row(asset: str, market: Market, stages: str, now_ns: int) -> Row:
    quotes, forced, trading = market.quotes, market.forced, market.trading
    depths = [quotes.depth_usd[cell(side, TWO_PERCENT)] for side in (BID, ASK)]
    ratios = [r for side in (BID, ASK) if (r := quotes.depth_ratio[cell(side, TWO_PERCENT)]) is not None]
    states = {quotes.bands[cell(side, TWO_PERCENT)].state for side in (BID, ASK)}
    blind = "" if quotes.book is None else quotes.fault or ("2 % band unwarmed" if "unwarmed" in states else "")
    top = (quotes.top_bid + quotes.top_ask) / 2
    mid = quotes.book.mid if quotes.book is not None and not quotes.fault else top if isfinite(top) else trading.price
    return Row(
        asset=asset,
        venue=market.venue,
        stages=stages,
        price=_known(mid),
        move_60s=trading.move_60s,
        depth_usd=_known(min(depths)) if all(map(isfinite, depths)) else None,
        depth_ratio=min(ratios) if ratios else None,
        liquidations_usd=forced.minute_usd(now_ns) if forced.seen else None,
        funding_rate=_known(forced.funding_rate),
        delay_s=market.delay.delay_s,
        blind=blind,
    )


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
