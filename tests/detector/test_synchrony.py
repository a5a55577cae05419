"""Prices that are fair to compare although their markets traded at different seconds."""

from __future__ import annotations

import pytest

from detector.synchrony import age_s, price_beside
from detector.trading import Trading
from tests.kit.markets import Scene, instrument

OWN, PEER = instrument("AVAX", venue="dydx"), instrument("AVAX", venue="binance-usdm")


def played(own: list[float | None], peer: list[float | None]) -> tuple[Scene, Trading, Trading]:
    """Both markets second by second; None is a second without a trade."""
    scene = Scene(OWN, PEER)
    for prices in zip(own, peer, strict=True):
        for definition, price in zip((OWN, PEER), prices, strict=True):
            if price is not None:
                scene.trade(definition, price)
        scene.close()
    return scene, scene.market(OWN).trading, scene.market(PEER).trading


def beside(scene: Scene, own: Trading, peer: Trading) -> float:
    """The peer's fair price."""
    return price_beside(own, age_s(own, scene.now_s), peer, age_s(peer, scene.now_s), scene.now_s)


def test_markets_that_trade_every_second_are_compared_as_they_are() -> None:
    """The usual case would be anything else than last price against last price."""
    scene, own, peer = played([100.0, 98.0], [100.0, 99.0])
    assert beside(scene, own, peer) == 99.0


def test_a_market_that_waits_in_a_fast_move_is_not_away_from_it() -> None:
    """Every rare market would be dislocated in every shock."""
    scene, own, peer = played([100.0, None, None, None], [100.0, 99.0, 98.0, 97.0])
    assert beside(scene, own, peer) == 100.0


def test_a_peer_that_waits_moves_on_with_the_one_that_trades() -> None:
    """The other side of the same pair would be dislocated."""
    scene, own, peer = played([100.0, 99.0, 98.0, 97.0], [100.0, None, None, None])
    assert beside(scene, own, peer) == pytest.approx(97.0)


def test_the_first_trade_after_a_wait_is_not_held_against_a_peer_that_was_there_before() -> None:
    """What a market says after ten seconds would be measured from its own stale price."""
    scene, own, peer = played([100.0, None, None, None, 96.0], [100.0, 99.0, 98.0, 96.0, None])
    assert beside(scene, own, peer) == 96.0


@pytest.mark.parametrize("waits", ["own", "peer"])
def test_a_distance_that_was_there_when_both_traded_stays(waits: str) -> None:
    """A real dislocation would vanish as soon as one side slows down, which it does in a void."""
    apart: list[float | None] = [95.0, None, None]
    whole: list[float | None] = [100.0, 100.0, 100.0]
    scene, own, peer = played(*((apart, whole) if waits == "own" else (whole, apart)))
    found = beside(scene, own, peer)
    assert (own.price, found) == ((95.0, 100.0) if waits == "own" else (100.0, pytest.approx(95.0)))


def test_what_is_not_remembered_is_not_needed() -> None:
    """A restart would compare with nothing."""
    own, peer = Trading(price=100.0, last_trade_ns=0), Trading(price=99.0, last_trade_ns=5_000_000_000)
    assert price_beside(own, 5, peer, 0, 5) == 99.0
    assert price_beside(peer, 0, own, 5, 5) == 100.0
