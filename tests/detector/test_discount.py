"""Perpetuals against spot, one asset at a time."""

from __future__ import annotations

import pytest

from detector.discount import perp_discount
from tests.kit.markets import Scene, instrument

PERP = instrument("SOL")
OTHER = instrument("SOL", venue="bybit")
SPOT = instrument("SOL", venue="coinbase", quote="USD", market="spot")
FUTURE = instrument("SOL", market="future")


def test_it_is_the_distance_of_the_middle_perpetual_from_the_middle_spot() -> None:
    """Forced selling of perpetuals would not be told from news."""
    scene = Scene(PERP, OTHER, SPOT, FUTURE)
    for definition, price in ((PERP, 98.0), (OTHER, 99.0), (SPOT, 100.0), (FUTURE, 50.0)):
        scene.trade(definition, price)
    scene.close()
    assert perp_discount(scene.world, "SOL") == pytest.approx(-0.015)


def test_without_either_kind_nothing_is_known() -> None:
    """An asset without spot markets would always agree with them."""
    scene = Scene(PERP, OTHER)
    scene.trade(PERP, 98.0)
    scene.trade(OTHER, 98.0)
    scene.close()
    assert perp_discount(scene.world, "SOL") is None
    assert perp_discount(scene.world, "BTC") is None
    lonely = Scene(PERP)
    lonely.trade(PERP, 98.0)
    lonely.close()
    assert perp_discount(lonely.world, "SOL") is None


def test_a_market_that_waits_is_compared_at_the_second_of_its_last_trade() -> None:
    """In every fall the perpetuals, which trade more, would be below spot."""
    scene = Scene(PERP, SPOT)
    for second in range(6):
        scene.trade(PERP, 100.0 - second)
        if second == 1:
            scene.trade(SPOT, 99.0)
        scene.close()
    assert perp_discount(scene.world, "SOL") == pytest.approx(0.0)
    scene.close(11)
    assert perp_discount(scene.world, "SOL") is None


def test_a_market_in_a_coin_without_a_worth_in_dollars_takes_no_part() -> None:
    """A price in bitcoin would be a discount of everything."""
    in_coins = instrument("SOL", venue="binance-spot", quote="BTC", market="spot")
    scene = Scene(PERP, in_coins)
    scene.trade(PERP, 100.0)
    scene.trade(in_coins, 0.001)
    scene.close()
    assert perp_discount(scene.world, "SOL") is None
