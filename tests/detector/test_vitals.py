"""The market's vital signs with their own calm history."""

from __future__ import annotations

from detector.overview import Overview
from detector.vitals import Vitals, asset_vitals
from tests.kit.markets import Scene, instrument

DOT = instrument("DOT")


def closed(scene: Scene, vitals: Vitals, seconds: int, learn: bool = True) -> Overview:
    """Seconds in which a market ticks up and down."""
    view = scene.overview()
    for second in range(seconds):
        scene.trade(DOT, 4.0 * (1 + 0.0002 * (second % 3)))
        scene.close()
        view = scene.overview()
        vitals.close_second(scene.world.now_s, view, learn)
    return view


def test_a_warm_market_tells_each_sign_with_its_normal() -> None:
    """An alert would have numbers and nothing to hold them against."""
    scene, vitals = Scene(DOT), Vitals()
    view = closed(scene, vitals, 1_300)
    (move,) = [e for e in vitals.tell(view) if e.signal == "median_move_60s_size"]
    assert move.baseline is not None
    assert move.percentile is not None


def test_nothing_is_learnt_in_an_episode() -> None:
    """The crash would become its own normal."""
    scene, vitals = Scene(DOT), Vitals()
    closed(scene, vitals, 700, learn=False)
    assert vitals.move.value is None


def test_an_asset_without_history_has_no_signs() -> None:
    """A percentile of nothing would be told."""
    assert asset_vitals([]) == ()
    scene = Scene(DOT)
    closed(scene, Vitals(), 30)
    assert asset_vitals(list(scene.world.markets.values())) == ()


def test_an_assets_signs_are_those_of_its_liveliest_market() -> None:
    """A dead market's numbers would stand for the asset."""
    scene = Scene(DOT)
    closed(scene, Vitals(), 1_300)
    signs = asset_vitals(list(scene.world.markets.values()))
    assert {e.signal for e in signs} >= {"move_60s_size", "orders"}
    assert all(e.where.endswith(" DOT") for e in signs)
