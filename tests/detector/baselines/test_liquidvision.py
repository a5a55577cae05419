import pytest

from detector.baselines import liquidvision
from detector.baselines.liquidvision import AT_LEAST_MINUTES, Bursts
from schemas.market import Position
from tests.kit.hearing import Hearing

CALM_USD = 20_000.0


def _calm(hearing: Hearing, minutes: int, *assets: str, usd: float = CALM_USD) -> None:
    for minute in range(minutes):
        for asset in assets:
            hearing.liquidation(minute * 60 + 1, usd, asset=asset)


@pytest.mark.parametrize("side", ["long", "short"])
def test_a_burst_is_ten_normal_minutes_and_told_when_it_is_over(side: Position) -> None:
    """Its alarm would come a burst too early."""
    hearing = Hearing(Bursts())
    _calm(hearing, 30, "BTC")
    hearing.liquidation(30 * 60 + 1, 10 * CALM_USD, side=side)
    hearing.liquidation(31 * 60 + 1, 10 * CALM_USD, side=side)
    assert hearing.until(33 * 60 - 1.0) == []
    hearing.until(33 * 60.0)
    assert hearing.seconds() == [33 * 60.0]
    assert hearing.alarms[0].says == "a burst of 2 min and 400,000 USD ended"


def test_less_than_ten_normal_minutes_is_no_burst() -> None:
    """Another threshold is another rule."""
    hearing = Hearing(Bursts())
    _calm(hearing, 30, "BTC")
    hearing.liquidation(30 * 60 + 1, 10 * CALM_USD - 1.0)
    assert hearing.until(40 * 60.0) == []


def test_small_coins_do_not_burst_for_pennies() -> None:
    """Ten times nothing is nothing: the charitable reading has a floor."""
    hearing = Hearing(Bursts())
    _calm(hearing, 30, "WIF", usd=10.0)
    hearing.liquidation(30 * 60 + 1, 99_999.0, asset="WIF")
    assert hearing.until(35 * 60.0) == []
    hearing.liquidation(35 * 60 + 1, 100_000.0, asset="WIF")
    hearing.until(37 * 60.0)
    assert hearing.seconds() == [37 * 60.0]


def test_it_is_blind_until_a_coin_has_a_normal_minute() -> None:
    """Its first minutes would count as quiet time without false alarms."""
    hearing = Hearing(Bursts())
    _calm(hearing, AT_LEAST_MINUTES - 1, "BTC")
    hearing.until((AT_LEAST_MINUTES - 1) * 60 + 1.0)
    assert hearing.listener.saw == []
    hearing.until(AT_LEAST_MINUTES * 60.0)
    assert len(hearing.listener.saw) == 1


def test_three_coins_in_the_same_minute_are_market_wide() -> None:
    """Two coins are not."""
    for coins in (("BTC", "ETH"), ("BTC", "ETH", "SOL")):
        hearing = Hearing(Bursts())
        _calm(hearing, 30, *coins)
        for asset in coins:
            hearing.liquidation(30 * 60 + 1, 1e6, asset=asset)
        hearing.until(32 * 60.0)
        assert [alarm.scope for alarm in hearing.alarms] == list(coins)
        assert {alarm.says.endswith("market-wide") for alarm in hearing.alarms} == {len(coins) == 3}


def test_a_normal_minute_is_that_of_the_last_seven_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory without end would be a leak, and calls what was busy in spring normal."""
    monkeypatch.setattr(liquidvision, "MINUTES", 60)
    hearing = Hearing(Bursts())
    _calm(hearing, 30, "BTC")
    hearing.until(90 * 60.0)
    hearing.liquidation(90 * 60 + 1, 1e6)
    assert hearing.until(92 * 60.0) == []
