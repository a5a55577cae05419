"""S6, a minute early: the venue itself says that deleveraging is near, or its insurance fund melts.

From the first liquidation to the first deleveraging there was one minute on 10 October 2025. Blind on venues that warn
of nothing and tell their fund more rarely than every quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.about import About
from detector.fund import OF_VENUE
from detector.market import Market
from detector.verdict import CALM, CRITICAL, HIGH, WARN, Verdict, calm, grade, unknown
from detector.world import NS, World
from schemas.alert import Direction, Evidence

RULE = "S6.hazard/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S6",
        place="venue and asset",
        told="deleveraging near",
        sees="the venue's own warning (elevated, imminent, active), a fund 5 or 20 % down in 5 min, its drawdown",
        blind="venues that publish neither warnings nor the balance of their fund; funds that are told more rarely "
        "than every quarter of an hour; of a fund of the whole venue what the fall of the price explains",
        reads=("deleveraging warnings", "insurance funds"),
        source="the venue's own record; relative change of five minutes, of the fund nearest to the market",
        clears="the venue says normal, and the fund lost less than 2.5 % in five minutes, for a minute",
        limits=("hazard.fund_lost_warn", "hazard.fund_lost_high", "hazard.drawdown_warn", "hazard.warning_lasts_s"),
    ),
)

WARNED = {"normal": CALM, "elevated": WARN, "imminent": HIGH, "active": CRITICAL}


def evaluate(world: World) -> Iterator[Verdict]:
    """One verdict a market of derivatives."""
    for market in world.markets.values():
        if market.instrument.market != "spot":
            yield _near(world, market)


def _near(world: World, market: Market) -> Verdict:
    limits, forced = world.config.hazard, market.forced
    fund = forced.fund
    lost, move = fund.lost(world.now_s, world.now_ns), market.trading.move_300s
    if lost is not None and fund.source == OF_VENUE:
        # A whole fund is told in dollars, and part of it is coins: what a fall of the price explains is no loss.
        lost = 1.0 - (1.0 - lost) / (1.0 + min(0.0, move or 0.0))
    told = forced.adl_warning_ns and world.now_ns - forced.adl_warning_ns < limits.warning_lasts_s * NS
    warning = forced.adl_warning if told else None
    drawdown = forced.drawdown if told and forced.drawdown == forced.drawdown else None
    if lost is None and warning is None and drawdown is None:
        return unknown(RULE, "S6", market.venue, market.asset)
    severity = max(
        grade(lost or 0.0, (limits.fund_lost_warn, WARN), (limits.fund_lost_high, HIGH)),
        grade(drawdown or 0.0, (limits.drawdown_warn, WARN)),
        WARNED[warning] if warning is not None else CALM,
    )
    holds = (lost or 0.0) >= limits.fund_lost_warn / 2 or (drawdown or 0.0) >= limits.drawdown_warn / 2
    if not (severity or holds):
        return calm(RULE, "S6", market.venue, market.asset)
    direction: Direction = "none" if not move else "down" if move < 0 else "up"
    if not severity:
        return Verdict(RULE, "S6", market.venue, market.asset, CALM, True, direction=direction)
    usd, earlier = fund.now_usd, fund.before(world.now_s)
    notes = [f"the venue warns: {warning}"] if warning is not None else []
    notes += ["of the whole venue"] if fund.source == OF_VENUE else []
    evidence = (
        Evidence(
            signal="fund_lost_300s",
            value=None if lost is None else round(lost, 4),
            baseline=0.0,
            threshold=limits.fund_lost_warn,
            unit="fraction",
        ),
        Evidence(
            signal="fund",
            value=round(usd, 0) if usd == usd else None,
            baseline=None if earlier is None else round(earlier, 0),
            unit="USD",
            note=", ".join(notes),
        ),
        Evidence(
            signal="fund_drawdown",
            value=drawdown,
            baseline=0.0,
            threshold=limits.drawdown_warn,
            unit="fraction",
        ),
    )
    return Verdict(
        RULE,
        "S6",
        market.venue,
        market.asset,
        severity,
        holds,
        direction=direction,
        confirm=1 if warning is not None else 2,
        evidence=tuple(number for number in evidence if number.value is not None or number.note),
    )
