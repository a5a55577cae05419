import pytest

from detector.baselines.phi import Phi
from tests.kit.hearing import Hearing


def _half_hour(hearing: Hearing, *, coins: float, depth: float = 10.0) -> None:
    """Six snapshots with a funding that changes a little."""
    for minute in range(31):
        hearing.derivative(minute * 60 + 1, funding=0.0001 + 0.00001 * (minute // 5 % 2))
        hearing.book(minute * 60 + 1, bid_qty=depth, ask_qty=depth)
        hearing.open_interest(minute * 60 + 1, coins)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_speaks_where_its_mean_reaches_fifty(sign: float) -> None:
    """One band lower or higher is another rule; longs and shorts pay funding alike."""
    for basis, expected in ((0.0, []), (0.1, [2_100.0])):
        hearing = Hearing(Phi())
        _half_hour(hearing, coins=600.0, depth=2.0)
        hearing.derivative(1_900.0, funding=sign, mark=100.0 * (1 + sign * basis), index=100.0)
        hearing.until(2_101.0)
        # (15 + 100 + 0) / 3 is 38; with a basis of 10 % it is 72.
        assert hearing.seconds() == expected


def test_twice_the_open_interest_is_twice_its_part() -> None:
    """(OI / (10 x depth)) with 200 USD within 2 %: 60,000 USD are 30, and with the others' 100 the mean is 77."""
    hearing = Hearing(Phi())
    _half_hour(hearing, coins=600.0, depth=1.0)
    hearing.derivative(1_900.0, funding=1.0, mark=150.0)
    hearing.until(2_101.0)
    assert [alarm.says for alarm in hearing.alarms] == ["Φ 77, above 75"]


def test_it_is_blind_without_open_interest() -> None:
    """A dashboard without a third of its index would count as one without false alarms."""
    hearing = Hearing(Phi())
    for minute in range(60):
        hearing.derivative(minute * 60 + 1, funding=0.0001 * minute, mark=150.0)
        hearing.book(minute * 60 + 1, bid_qty=1.0, ask_qty=1.0)
    assert hearing.until(3_600.0) == []
    assert hearing.listener.saw == []


def test_a_book_that_lost_a_side_gives_no_depth() -> None:
    """Depth of zero would make Φ endless."""
    hearing = Hearing(Phi())
    _half_hour(hearing, coins=1e9)
    hearing.book(1_900.0, bid_qty=10.0, ask_qty=0.0)
    hearing.derivative(1_901.0, funding=1.0, mark=150.0)
    assert hearing.until(2_200.0) == []
