"""How far an asset's perpetuals trade from its spot markets: forced selling hits the perpetuals first."""

from __future__ import annotations

from statistics import median

from detector.market import Market
from detector.synchrony import age_s
from detector.world import World


def perp_discount(world: World, asset: str) -> float | None:
    """Median price of the asset's perpetuals over that of its spot markets, less one, in dollars.

    All are read at the second in which the one that has waited longest traded last. None without either kind. A market
    that is late or has not traded for some seconds takes no part.
    """
    markets = world.of_asset(asset)
    if not {"perp", "spot"} <= {market.instrument.market for market in markets}:
        return None
    stale_s, late_s = world.config.timing.price_stale_s, world.config.void.peer_delay_s
    sides: dict[str, list[Market]] = {"perp": [], "spot": []}
    for market in markets:
        side = sides.get(market.instrument.market)
        if side is None or not market.in_dollars or not market.trading.fresh(world.now_ns, stale_s):
            continue
        if market.delay.in_time(late_s):
            side.append(market)
    if not sides["perp"] or not sides["spot"]:
        return None
    waited_s = max(age_s(market.trading, world.now_s) for side in sides.values() for market in side)
    perp, spot = (
        median(
            market.trading.prices.ago(world.now_s, waited_s) * world.dollars(market.instrument.quote) for market in side
        )
        for side in (sides["perp"], sides["spot"])
    )
    return perp / spot - 1.0 if perp == perp and spot == spot else None
