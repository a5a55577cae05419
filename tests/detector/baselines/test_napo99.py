import pytest

from detector.baselines.napo99 import Score
from schemas.market import Position
from tests.kit.hearing import HOUR_NS, NS, Hearing


def _shower(hearing: Hearing, per_s: int, seconds: range, *, usd: float = 1.0, side: Position = "long") -> None:
    """So many liquidations in each second, late in it."""
    for second in seconds:
        for i in range(per_s):
            hearing.liquidation(second + 0.5 + i / (4 * per_s), usd, side=side, asset="ETH")


@pytest.mark.parametrize("side", ["long", "short"])
def test_the_parts_are_weighted_and_end_at_one(side: Position) -> None:
    """A part without an end would make one large liquidation the end of the world."""
    hearing = Hearing(Score())
    hearing.liquidation(1.0, 500e6, side=side, asset="ETH")
    hearing.open_interest(1.0, 1_000.0, asset="ETH")
    hearing.open_interest(61.5, 1.0, asset="ETH")
    assert hearing.until(120.0) == []


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_dollars_open_interest_and_funding_reach_alert_with_fast_liquidations(sign: float) -> None:
    """0.20 + 0.15 + 0.10 + 0.02 are below 0.5; 28 liquidations a second add 0.14."""
    for per_s, expected in ((0, []), (28, ["ETH"])):
        hearing = Hearing(Score())
        for second in range(70):
            hearing.open_interest(second + 0.1, 1_000.0 if second < 60 else 1_000.0 * (1 - 0.1 * sign), asset="ETH")
            hearing.derivative(second + 0.1, funding=sign * 0.002, asset="ETH")
            if second == 60:
                hearing.liquidation(60.2, 60e6, asset="ETH")
            if second >= 61:
                _shower(hearing, per_s, range(second, second + 1), side="long" if sign > 0 else "short")
        assert [alarm.scope for alarm in hearing.until(71.0)] == expected


def test_a_message_is_sent_for_a_higher_level_only() -> None:
    """A message for every second would make its count of messages our malice."""
    hearing = Hearing(Score())
    _shower(hearing, 60, range(12), usd=1e6)
    hearing.until(13.0)
    assert [alarm.says.split()[0] for alarm in hearing.alarms] in (["ALERT"], ["ALERT", "CRITICAL"])
    told = len(hearing.alarms)
    _shower(hearing, 60, range(13, 20), usd=1e6)
    assert len(hearing.until(20.0)) == told


def test_in_the_regime_extreme_the_same_liquidations_say_less() -> None:
    """Its own documents let it grow deaf exactly in a cascade: what this costs is one of the figures."""
    said = {}
    for fall in (0.985, 0.5):
        score = Score()
        hearing = Hearing(score)
        hearing.trade(0.0, 100.0)
        hearing.trade(1.0, 100.0 * fall)
        _shower(hearing, 12, range(2, 14), usd=100_000.0)
        second = HOUR_NS // NS + 14
        asset = score._assets["ETH"]
        regime = score._volatility.regime()
        said[regime.name] = asset.score(second, regime)[0] / regime.risk
    assert said["EXTREME"] < 0.6 * said["NORMAL"]


@pytest.mark.parametrize(("venues", "times"), [(("okx",), 1.0), (("okx", "bybit"), 1.2)])
def test_two_venues_that_liquidate_together_count_a_fifth_more(venues: tuple[str, ...], times: float) -> None:
    """The charitable reading of its correlation of exchanges."""
    score = Score()
    hearing = Hearing(score)
    for venue in venues:
        hearing.liquidation(1.0, 25e6 / len(venues), venue=venue, asset="ETH")
    asset = score._assets["ETH"]
    regime = score._volatility.regime()
    count = len(venues)
    plain = 0.25 * count / 10 / 50 + 0.20 * count / 100 / 20 + 0.20 * 0.5 + 0.10 / 5
    assert asset.score(HOUR_NS // NS + 2, regime)[0] == pytest.approx(plain * times)
