"""How far the market has gone since before the move."""

from __future__ import annotations

import pytest

from detector.votes.move import JOIN_S, LOOK_BACK_S, Move
from schemas.reading import AssetReading
from tests.kit.looks import START_S, asset, market, view


def followed(*seconds: tuple[AssetReading, ...]) -> Move:
    """A move that began with the first of these seconds."""
    move = Move(began_s=START_S)
    for second, assets in enumerate(seconds):
        move.close_second(view(second, *assets))
    return move


def test_it_begins_five_minutes_before_anybody_noticed() -> None:
    """What a shock did before it was recognised would be no part of it."""
    move = followed((asset("BTC", price=98.0, move_300s=-0.02, move_60s=-0.01),))
    assert move.assets == {"BTC": pytest.approx(-0.02)}
    assert followed((asset("BTC", price=98.0, move_60s=-0.01),)).assets == {"BTC": pytest.approx(-0.01)}
    assert followed((asset("BTC", price=98.0),)).assets == {"BTC": 0.0}


def test_the_middle_asset_and_its_middle_market_are_the_move() -> None:
    """One coin's or one venue's wick would be the market's fall."""
    wick = market("SOL", price=50.0, venue="south")
    first = (
        asset("BTC"),
        asset("ETH"),
        asset("SOL", 0, market("SOL"), market("SOL", venue="south"), market("SOL", venue="west")),
    )
    then = (
        asset("BTC", 1, price=99.0),
        asset("ETH", 1, price=97.0),
        asset("SOL", 1, market("SOL", 1, price=96.0), wick, market("SOL", 1, price=95.0, venue="west")),
    )
    move = followed(first, then)
    assert move.assets == {"BTC": pytest.approx(-0.01), "ETH": pytest.approx(-0.03), "SOL": pytest.approx(-0.05)}
    assert move.middle == pytest.approx(-0.03)
    assert move.direction == "down"


@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_its_extreme_is_kept_with_where_each_asset_was(sign: int, direction: str) -> None:
    """After a bounce nobody could say any more how far it had gone; a squeeze upwards would have no extreme."""
    prices = (100.0, 100.0 + sign * 8.0, 100.0 + sign * 2.0)
    move = followed(*((asset("BTC", n, price=price),) for n, price in enumerate(prices)))
    assert move.middle == pytest.approx(sign * 0.02)
    assert move.extreme == pytest.approx(sign * 0.08)
    assert (move.extreme_s, move.direction) == (START_S + 1, direction)
    assert move.at_extreme == {"BTC": pytest.approx(sign * 0.08)}


def test_pegs_and_markets_that_do_not_trade_are_no_part_of_it() -> None:
    """Ten stablecoins would make every fall a calm; a dead market would hold the middle back."""
    old = market("OLD", price=100.0, last_trade_ns=1)
    move = followed(
        (asset("BTC"), asset("USDC"), asset("OLD", 0, old)),
        (asset("BTC", 1, price=90.0), asset("USDC", 1), asset("OLD", 1, old)),
    )
    assert move.assets == {"BTC": pytest.approx(-0.1)}


def test_who_comes_late_stays_out() -> None:
    """A coin that is first seen at the bottom would say that nothing happened."""
    move = followed((asset("BTC"),))
    move.close_second(view(JOIN_S, asset("BTC", JOIN_S, price=90.0), asset("ETH", JOIN_S, price=90.0)))
    late = JOIN_S + 1
    move.close_second(view(late, asset("BTC", late, price=90.0), asset("SOL", late, price=90.0)))
    assert set(move.assets) == {"BTC"}
    assert set(move.origins) == {"north|BTC-USDT-PERP", "north|ETH-USDT-PERP"}


def test_the_last_minute_is_the_median_over_the_assets() -> None:
    """Price impact would be judged by the minute of one coin."""
    move = followed((asset("BTC", move_60s=-0.01), asset("ETH", move_60s=-0.03), asset("SOL", move_60s=-0.2)))
    assert move.middle_60s == -0.03
    assert followed((asset("BTC"),)).middle_60s == 0.0


def test_a_second_without_anybody_changes_nothing() -> None:
    """A partition that is away for a second would be the end of the fall."""
    move = followed((asset("BTC"),), (asset("BTC", 1, price=90.0),), ())
    assert move.middle == move.extreme == pytest.approx(-0.1)


def test_while_nothing_moves_it_begins_anew() -> None:
    """A feed that was silent at noon would open the episode, and the evening's shock be measured from noon."""
    move = Move(began_s=START_S)
    for second in (0, LOOK_BACK_S - 1):
        move.close_second(view(second, asset("BTC", second, price=100.0)))
    move.close_second(view(LOOK_BACK_S, asset("BTC", LOOK_BACK_S, price=100.5, move_300s=0.005)))
    assert move.began_s == START_S + LOOK_BACK_S
    assert move.origins == {"north|BTC-USDT-PERP": pytest.approx(100.0)}
    later = LOOK_BACK_S + 1
    move.close_second(view(later, asset("BTC", later, price=90.0)))
    move.close_second(view(3 * LOOK_BACK_S, asset("BTC", 3 * LOOK_BACK_S, price=95.0)))
    assert move.began_s == START_S + LOOK_BACK_S
    assert move.extreme == pytest.approx(-0.1)
