import pytest

from detector.baselines.counts import AGENTFEED, DHARMATEJA, KSIAZ, NAPO99, Counts, Limits
from schemas.market import Position
from tests.kit.hearing import Hearing

RULES = [NAPO99, AGENTFEED, KSIAZ]


@pytest.mark.parametrize("limits", RULES)
@pytest.mark.parametrize("side", ["long", "short"])
def test_it_speaks_with_the_liquidation_that_completes_it(limits: Limits, side: Position) -> None:
    """A threshold from the wrong side is another rule, and its figures are nobody's."""
    hearing = Hearing(Counts(limits))
    step = (limits.window_s - 1) // limits.at_least
    moments = [1 + step * i for i in range(limits.at_least)]
    hearing.liquidations(moments[:-1], limits.usd, side=side)
    assert hearing.until(moments[-1] - 0.1) == []
    hearing.liquidation(moments[-1], 1.0, side=side)
    assert hearing.seconds() == [moments[-1]]
    assert hearing.alarms[0].scope == "BTC"


@pytest.mark.parametrize("limits", RULES)
def test_liquidations_further_apart_than_its_window_complete_nothing(limits: Limits) -> None:
    """A sum that forgets nothing speaks of yesterday."""
    hearing = Hearing(Counts(limits))
    step = limits.window_s / (limits.at_least - 1)
    hearing.liquidations([step * i for i in range(20)], max(limits.usd, 1.0))
    assert hearing.alarms == []


def test_too_few_dollars_complete_nothing() -> None:
    """Five liquidations of a dollar are what every quiet minute has."""
    hearing = Hearing(Counts(NAPO99))
    hearing.liquidations(range(1, 6), 19_999.0)
    assert hearing.alarms == []
    hearing.liquidation(6.0, 6.0)
    assert hearing.seconds() == [6.0]


def test_assets_are_counted_apart_and_the_whole_market_together() -> None:
    """A rule of one coin that sums coins fires in calm; one of the market that does not stays silent in a crash."""
    apart, together = Hearing(Counts(NAPO99)), Hearing(Counts(DHARMATEJA))
    for i, asset in enumerate(("BTC", "ETH", "SOL", "DOGE", "XRP")):
        apart.liquidation(i + 1, 50_000.0, asset=asset)
        together.liquidation(i + 1, 2e6, asset=asset)
    assert apart.alarms == []
    assert [(alarm.scope, second) for alarm, second in zip(together.alarms, together.seconds(), strict=True)] == [
        ("market", 5.0)
    ]


def test_it_speaks_again_only_after_it_held_no_longer_for_a_window() -> None:
    """A message for every liquidation of a cascade would make its count of messages our malice."""
    hearing = Hearing(Counts(NAPO99))
    hearing.liquidations(range(1, 200), 50_000.0)
    hearing.liquidations([310, 311, 312, 313, 314], 50_000.0)
    assert len(hearing.alarms) == 1
    hearing.liquidations([500, 501, 502, 503, 504], 50_000.0)
    assert hearing.seconds() == [5.0, 504.0]
