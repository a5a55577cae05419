"""Estimates of a world: who is throttled, who is a peer, and when a minute teaches."""

from __future__ import annotations

import pytest

from detector.throttle import Estimate
from schemas.instrument import Instrument
from tests.kit.markets import Scene, instrument

BTC = instrument()
PEER = instrument(venue="bybit")
OTHER_PEER = instrument(venue="gate")
WATCHED = instrument(venue="hyperliquid", quote="USD")
ETH_PEER = instrument("ETH", venue="bybit")
OURS = instrument(venue="somebody")


def of(scene: Scene, definition: Instrument) -> Estimate:
    found = scene.market(definition).forced.estimate
    assert found is not None
    return found


def minutes(scene: Scene, count: int, rows: dict[Instrument, tuple[int, float]]) -> None:
    """So many minutes with rows of so many dollars, one a second from each minute's beginning, on venues that trade."""
    for at in range(count * 60):
        for definition, (times, usd) in rows.items():
            scene.trade(definition, 100.0)
            if at % 60 < times:
                scene.liquidation(definition, usd, sampled=definition.venue == "binance-usdm")
        scene.close()


def taught(*others: Instrument) -> Scene:
    """BTC, which usually has three times the dollars of each of the others."""
    scene = Scene(BTC, *others)
    minutes(scene, 30, {BTC: (6, 1_000.0)} | dict.fromkeys(others, (6, 1_000.0 / 3)))
    return scene


def test_each_market_is_judged_by_what_its_venue_declares() -> None:
    """A venue's throttle would be another's."""
    scene = Scene(BTC, PEER, WATCHED, OURS)
    for definition in (BTC, PEER, WATCHED, OURS):
        scene.liquidation(definition, 500.0)
        scene.liquidation(definition, 500.0, liquidated="short")
    scene.close()
    assert of(scene, BTC).method == "occupancy"
    assert of(scene, PEER).method == of(scene, OURS).method == "complete"
    assert of(scene, WATCHED).method == "partial"
    assert of(scene, BTC).estimate_usd == pytest.approx(1_017.1, abs=0.1)


def test_rows_that_say_that_they_are_sampled_know_better_than_a_declaration() -> None:
    """The old topic of a venue whose new one is complete would be the truth."""
    scene = Scene(PEER)
    scene.liquidation(PEER, 500.0, sampled=True)
    scene.close()
    assert (of(scene, PEER).method, of(scene, PEER).estimate_usd) == ("partial", None)
    scene.close(60)
    scene.liquidation(PEER, 500.0)
    scene.close()
    assert of(scene, PEER).method == "complete"


def test_what_held_at_the_time_decides() -> None:
    """Scenes are of October 2025, when a venue that is complete now still throttled."""
    scene = Scene(OTHER_PEER)
    scene.liquidation(OTHER_PEER, 500.0, sampled=True)
    scene.close()
    assert of(scene, OTHER_PEER).method == "occupancy"


def test_a_full_feed_is_estimated_from_its_share_among_peers() -> None:
    """The largest venue would seem to stop liquidating in the middle of a cascade."""
    scene = taught(PEER)
    minutes(scene, 1, {BTC: (60, 1_000.0), PEER: (60, 50_000.0)})
    found = of(scene, BTC)
    assert (found.method, found.reported_usd) == ("peers", 60_000.0)
    assert found.estimate_usd == pytest.approx(3_000_000.0 * 3, rel=0.1)


def test_a_full_minute_teaches_nothing() -> None:
    """Its share would be that of a feed that has stopped counting."""
    scene = taught(PEER)
    share = scene.market(BTC).forced.shares["bybit|BTC-USDT-PERP"]
    before = share.own_rows
    minutes(scene, 3, {BTC: (60, 1_000.0), PEER: (60, 50_000.0)})
    assert share.own_rows == before
    minutes(scene, 1, {BTC: (6, 1_000.0), PEER: (6, 300.0)})
    assert share.own_rows > before


def test_a_dead_venue_is_no_peer_and_its_minutes_teach_nothing() -> None:
    """Its silence would be the end of the cascade, and an hour of it the end of its share."""
    scene = taught(PEER)
    share = scene.market(BTC).forced.shares["bybit|BTC-USDT-PERP"]
    minutes(scene, 2, {BTC: (6, 1_000.0)})
    after_a_minute = share.own_rows
    minutes(scene, 2, {BTC: (6, 1_000.0)})
    assert share.own_rows == after_a_minute
    minutes(scene, 1, {BTC: (60, 1_000.0)})
    assert of(scene, BTC).method == "occupancy, saturated"


def test_other_assets_are_no_peers() -> None:
    """Assets do not know each other: alerts would depend on which of them share a process."""
    scene = Scene(BTC, ETH_PEER)
    minutes(scene, 30, {BTC: (6, 1_000.0), ETH_PEER: (6, 300.0)})
    assert scene.market(BTC).forced.shares == {}


def test_a_quiet_minute_has_no_estimate() -> None:
    """The last cascade's would be told for ever, or cost something in every quiet second."""
    scene = Scene(BTC, PEER)
    scene.liquidation(BTC, 500.0, sampled=True)
    scene.close(60)
    assert of(scene, BTC).reported_usd == 500.0
    scene.liquidation(PEER, 500.0)
    scene.close()
    assert scene.market(BTC).forced.estimate is None
    assert of(scene, PEER).reported_usd == 500.0
    scene.close(60)
    assert scene.market(PEER).forced.estimate is None


def test_the_fall_of_open_interest_is_worth_the_higher_price_of_the_minute() -> None:
    """In a fall the bound would be too low to be one."""
    scene = Scene(BTC)
    scene.open_interest(BTC, 1_000.0)
    scene.trade(BTC, 100.0)
    scene.close()
    for _ in range(59):
        scene.liquidation(BTC, 10.0, sampled=True)
        scene.trade(BTC, 80.0)
        scene.close()
    scene.liquidation(BTC, 10.0, sampled=True)
    scene.open_interest(BTC, 990.0)
    scene.close()
    assert of(scene, BTC).upper_usd == 1_000.0


def test_without_any_price_open_interest_bounds_nothing() -> None:
    """Lots are no dollars."""
    scene = Scene(BTC)
    scene.open_interest(BTC, 1_000.0)
    scene.close()
    scene.open_interest(BTC, 990.0)
    scene.close(59)
    scene.liquidation(BTC, 10.0, sampled=True)
    scene.close()
    assert of(scene, BTC).upper_usd is None
