"""The insurance fund behind a market."""

from __future__ import annotations

from math import isnan

import pytest

from detector.fund import OF_MARKET, OF_VENUE, OF_WARNINGS, Fund

NS = 1_000_000_000


def told(*tellings: tuple[int, int, float], until_s: int) -> tuple[Fund, float | None]:
    """The fund after tellings at a second, from a source, of so many dollars; and what it lost by `until_s`."""
    fund = Fund()
    for second in range(until_s + 1):
        for at_s, source, usd in tellings:
            if at_s == second:
                fund.tell(source, usd, at_s * NS)
        fund.close_second(second)
    return fund, fund.lost(until_s, until_s * NS)


def test_one_telling_is_no_comparison() -> None:
    """A fund that was told once would be known to have lost nothing."""
    assert told((0, OF_MARKET, 100.0), until_s=400)[1] is None
    assert told((0, OF_MARKET, 100.0), (350, OF_MARKET, 80.0), until_s=400)[1] == pytest.approx(0.2)


def test_figures_a_quarter_of_an_hour_apart_are_compared_and_others_are_not() -> None:
    """What a day did would be taken for what five minutes did; or a poll would never see anything."""
    for gap_s, lost in ((905, pytest.approx(0.5)), (961, None)):
        assert told((0, OF_MARKET, 100.0), (gap_s, OF_MARKET, 50.0), until_s=gap_s + 10)[1] == lost


def test_a_second_telling_right_after_a_long_silence_does_not_bridge_it() -> None:
    """Two messages at noon would compare noon with the noon before."""
    tellings = ((0, OF_MARKET, 100.0), (2_000, OF_MARKET, 50.0), (2_001, OF_MARKET, 50.0))
    assert told(*tellings, until_s=2_010)[1] is None
    assert told(*tellings, until_s=2_310)[1] == 0.0


def test_an_old_figure_says_nothing_about_now() -> None:
    """A poll that died would be calm for ever."""
    tellings = ((0, OF_MARKET, 100.0), (300, OF_MARKET, 100.0))
    assert told(*tellings, until_s=1_260)[1] == 0.0
    assert told(*tellings, until_s=1_261)[1] is None


@pytest.mark.parametrize(("far", "near"), [(OF_VENUE, OF_MARKET), (OF_VENUE, OF_WARNINGS), (OF_MARKET, OF_WARNINGS)])
def test_the_figure_nearest_to_the_market_is_the_one_that_counts(far: int, near: int) -> None:
    """Two kinds of money would be compared as if one had become the other."""
    tellings = [(at_s, source, usd) for at_s in range(0, 900, 60) for source, usd in ((far, 900.0), (near, 100.0))]
    fund, lost = told(*tellings, (900, far, 900.0), until_s=901)
    assert (fund.now_usd, lost) == (100.0, 0.0)
    assert fund.venue_usd == 900.0 or isnan(fund.venue_usd)
    assert told((0, far, 900.0), (10, far, 900.0), (400, near, 100.0), until_s=401)[1] is None
