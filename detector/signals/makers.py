"""S3: makers leave, told apart from books that are eaten; and makers who stop quoting while takers hit.

A thin book alone does not say why it is thin. Where nine tenths of what is gone were never traded, makers took it away;
where takers ate it and next to nothing comes back in half a minute, nobody stands behind it. An ordinary sell-off is
neither: what is eaten refills. Blind while the depth is, and while prices run: a second in which mid moves by 0.2 %
does not tell who emptied the band. In calm minutes the untraded share reaches 0.97, and one hit may stay unfilled for
half a minute (`tests/detector/test_makers.py` measures both): neither means anything without the thin book beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.beside import beside
from detector.makers import thinner_side
from detector.market import Market
from detector.quotes import BID, ONE_PERCENT, cell
from detector.verdict import CALM, HIGH, WARN, Verdict, calm, unknown
from detector.world import World
from schemas.alert import Evidence

WITHDRAWN = "S3.withdrawn/1"
QUOTES = "S3.quotes/1"

ABOUT = (
    About(
        rule=WITHDRAWN,
        stage="S3",
        place="venue and asset",
        told="makers leave",
        sees="depth below 0.6 of its hour, and nine tenths of what is gone untraded, or under a fifth of hits refilled",
        blind="no warm book; while mid moves by 0.2 % a second; before the first hit nothing is known of refills",
        reads=("book", "trades"),
        source="fall of the 1 % depth less what takers traded there; resiliency after a hit (Large 2007)",
        clears="depth above 0.8 of its hour for a minute",
        limits=(
            "withdrawal.depth_warn",
            "withdrawal.depth_high",
            "withdrawal.withdrawn_share",
            "withdrawal.refill_share",
            "withdrawal.depth_confirm_s",
        ),
    ),
    About(
        rule=QUOTES,
        stage="S3",
        place="venue and asset",
        told="makers stop quoting",
        sees="level changes below a fifth of their usual rate while orders come at twice theirs, for ten seconds",
        blind="a book feed that is silent, late or throttled; fewer than five usual level changes a second",
        reads=("book", "trades", "receive times"),
        source="changes of the book a second over their median of an hour",
        clears="level changes above two fifths of their usual rate, or orders at their usual rate, for a minute",
        limits=(
            "quoting.changes",
            "quoting.orders",
            "quoting.fullness",
            "quoting.least_per_s",
            "quoting.alive_s",
            "void.peer_delay_s",
            "withdrawal.depth_confirm_s",
        ),
    ),
)


def evaluate(world: World) -> Iterator[Verdict]:
    """Two verdicts a market that has a book."""
    for market in world.markets.values():
        if market.quotes.book is not None:
            yield _withdrawn(world, market)
            yield _quotes(world, market)


def _withdrawn(world: World, market: Market) -> Verdict:
    limits, quotes = world.config.withdrawal, market.quotes
    thinner = thinner_side(quotes)
    if thinner is None:
        return unknown(WITHDRAWN, "S3", market.venue, market.asset)
    ratio, side = thinner
    if ratio >= (1 + limits.depth_warn) / 2:
        return calm(WITHDRAWN, "S3", market.venue, market.asset)
    share, refill = market.makers.sides[side].leaving.share, market.makers.sides[side].refill.later
    if share is None and refill is None:
        return unknown(WITHDRAWN, "S3", market.venue, market.asset)
    left = share is not None and share > limits.withdrawn_share
    stays_away = refill is not None and refill < limits.refill_share
    if ratio >= limits.depth_warn or not (left or stays_away):
        return Verdict(WITHDRAWN, "S3", market.venue, market.asset, CALM, True)
    where = cell(side, ONE_PERCENT)
    evidence = (
        beside(
            quotes.usual_depth[where],
            signal=f"{'bid' if side == BID else 'ask'}_depth_1pct",
            value=quotes.depth_usd[where],
            digits=0,
            unit="USD",
            note=quotes.bands[where].state,
        ),
        Evidence(signal="depth_ratio", value=round(ratio, 3), baseline=1.0, threshold=limits.depth_warn, unit="ratio"),
        Evidence(
            signal="untraded_share_60s",
            value=None if share is None else round(share, 2),
            threshold=limits.withdrawn_share,
            unit="share of depth gone",
        ),
        Evidence(
            signal="refilled_30s",
            value=None if refill is None else round(refill, 2),
            threshold=limits.refill_share,
            unit="share of depth hit",
        ),
    )
    return Verdict(
        WITHDRAWN,
        "S3",
        market.venue,
        market.asset,
        HIGH if ratio < limits.depth_high else WARN,
        True,
        direction="down" if side == BID else "up",
        confirm=limits.depth_confirm_s,
        evidence=evidence,
    )


def _quotes(world: World, market: Market) -> Verdict:
    limits, makers, trading = world.config.quoting, market.makers, market.trading
    changes, fullness, usual = makers.changes_ratio, makers.fullness, makers.usual_changes.value
    if (
        changes is None
        or fullness is None
        or usual is None
        or usual < limits.least_per_s
        or trading.rate_ratio is None
        or not trading.fresh(world.now_ns, limits.alive_s)
        or not market.delay.in_time(world.config.void.peer_delay_s)
    ):
        return unknown(QUOTES, "S3", market.venue, market.asset)
    if changes >= 2 * limits.changes or trading.rate_ratio <= limits.orders / 2:
        return calm(QUOTES, "S3", market.venue, market.asset)
    if fullness > limits.fullness:
        return unknown(QUOTES, "S3", market.venue, market.asset)
    if changes >= limits.changes or trading.rate_ratio <= limits.orders:
        return Verdict(QUOTES, "S3", market.venue, market.asset, CALM, True)
    evidence = (
        beside(
            makers.usual_changes,
            signal="level_changes_per_s",
            value=changes * usual,
            digits=1,
            unit="1/s",
            threshold=round(limits.changes * usual, 1),
        ),
        Evidence(
            signal="order_rate",
            value=round(trading.rate_ratio, 1),
            baseline=1.0,
            threshold=limits.orders,
            unit="x usual",
        ),
        Evidence(
            signal="changes_per_message",
            value=round(fullness, 2),
            baseline=1.0,
            threshold=limits.fullness,
            unit="x usual",
        ),
    )
    return Verdict(
        QUOTES,
        "S3",
        market.venue,
        market.asset,
        WARN,
        True,
        confirm=world.config.withdrawal.depth_confirm_s,
        evidence=evidence,
    )
