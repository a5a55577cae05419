import pytest

from detector.baselines.teleglas import GROUPS, LARGE, MAJORS, OTHERS, Group, Singles, Storms
from schemas.market import Position
from tests.kit.hearing import Hearing

BY_GROUP = [("BTC", MAJORS), ("DOGE", LARGE), ("WIF", OTHERS)]
OTHER: dict[Position, Position] = {"long": "short", "short": "long"}


@pytest.mark.parametrize(("asset", "group"), BY_GROUP)
@pytest.mark.parametrize("side", ["long", "short"])
def test_a_storm_is_so_many_dollars_of_one_side_in_half_a_minute(asset: str, group: Group, side: Position) -> None:
    """A threshold from the wrong side is another rule, and its figures are nobody's."""
    hearing = Hearing(Storms())
    share = group.storm_usd / group.storm_events
    hearing.liquidations([1 + i for i in range(group.storm_events)], share - 1.0, asset=asset, side=side)
    assert hearing.until(10.0) == []
    hearing.liquidation(11.0, group.storm_events, asset=asset, side=side)
    hearing.until(20.0)
    assert [(alarm.scope, second) for alarm, second in zip(hearing.alarms, hearing.seconds(), strict=True)] == [
        (asset, 15.0)
    ]


@pytest.mark.parametrize(("asset", "group"), BY_GROUP)
def test_too_few_liquidations_are_no_storm(asset: str, group: Group) -> None:
    """One large liquidation is not three."""
    hearing = Hearing(Storms())
    hearing.liquidations(range(1, group.storm_events), 2 * group.storm_usd, asset=asset)
    assert hearing.until(60.0) == []


def test_the_two_sides_make_no_storm_together() -> None:
    """Its documents group by side."""
    hearing = Hearing(Storms())
    hearing.liquidations([1, 2], 700_000.0, side="long")
    hearing.liquidations([3, 4], 700_000.0, side="short")
    assert hearing.until(60.0) == []


@pytest.mark.parametrize(("asset", "group"), BY_GROUP)
def test_after_a_storm_a_symbol_rests(asset: str, group: Group) -> None:
    """Its count of messages would be larger than it is."""
    hearing = Hearing(Storms())
    hearing.liquidations(range(1, 1_000), group.storm_usd, asset=asset, side="short")
    hearing.until(1_000.0)
    assert hearing.seconds() == list(range(5, 1_000, group.storm_cooldown_s))


@pytest.mark.parametrize(("asset", "group"), BY_GROUP)
@pytest.mark.parametrize("side", ["long", "short"])
def test_a_single_liquidation_counts_from_its_threshold_on(asset: str, group: Group, side: Position) -> None:
    """A threshold from the wrong side is another rule, and its figures are nobody's."""
    hearing = Hearing(Singles())
    hearing.liquidation(1.0, group.single_usd - 1.0, asset=asset, side=side)
    hearing.liquidation(2.0, None, asset=asset, side=side)
    assert hearing.alarms == []
    hearing.liquidation(3.0, group.single_usd, asset=asset, side=side)
    assert hearing.seconds() == [3.0]


def test_singles_rest_for_five_minutes_by_symbol_and_side() -> None:
    """Its count of messages would be larger than it is."""
    hearing = Hearing(Singles())
    for at_s in (1.0, 300.0, 301.0):
        for side in OTHER:
            hearing.liquidation(at_s, 1e6, side=side)
    hearing.liquidation(302.0, 1e6, asset="ETH")
    assert hearing.seconds() == [1.0, 1.0, 301.0, 301.0, 302.0]


def test_every_group_is_named() -> None:
    """A coin in no group has the smallest thresholds."""
    assert set(GROUPS.values()) == {MAJORS, LARGE}
