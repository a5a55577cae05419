from detector.calibration.calibrated import Calibrated, Calibration, Usual

STEADY = Usual(samples=60, quantiles=(2.0,) * 21)


def test_an_asset_takes_its_own_markets_and_the_digest_of_the_whole() -> None:
    """Each of two thousand assets would save the calibration of all others, or its alerts have other rules."""
    whole = Calibration(
        "abc",
        (Calibrated("north", "BTC-USDT-PERP"), Calibrated("north", "ETH-USDT-PERP"), Calibrated("x", "BTC-USD-SPOT")),
    )
    part = whole.of_asset("BTC")
    assert part.digest == "abc"
    assert [market.instrument for market in part.markets] == ["BTC-USDT-PERP", "BTC-USD-SPOT"]


def test_a_market_is_found_by_venue_and_name() -> None:
    """One venue's depth would be another's baseline."""
    whole = Calibration(
        markets=(Calibrated("north", "BTC-USDT-PERP", move_60s=STEADY), Calibrated("x", "BTC-USDT-PERP"))
    )
    found = whole.of_market("north", "BTC-USDT-PERP")
    assert found is not None
    assert found.move_60s == STEADY
    assert whole.of_market("south", "BTC-USDT-PERP") is None


def test_markets_whose_orders_are_unknown_have_no_usual_orders() -> None:
    """A market would count as silent, and its first order as a burst."""
    whole = Calibration(markets=(Calibrated("a", "BTC-USD-SPOT", orders_per_s=STEADY), Calibrated("b", "BTC-USD-SPOT")))
    assert whole.usual_orders() == {"a|BTC-USD-SPOT": 2.0}
