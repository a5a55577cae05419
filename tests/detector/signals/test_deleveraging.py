import pytest

from detector.signals import deleveraging
from detector.verdict import CALM, EMERGENCY, Verdict
from tests.kit.markets import Scene, find, instrument, said

BTC = instrument()


def printed(scene: Scene) -> Verdict:
    return find(deleveraging.evaluate(scene.world), deleveraging.RULE, asset="BTC")


def test_before_its_first_print_a_feed_may_just_not_show_any() -> None:
    """Most venues publish nothing: their silence is no all-clear."""
    scene = Scene(BTC)
    scene.close(10)
    assert not printed(scene).known


@pytest.mark.parametrize(("deleveraged", "direction"), [("short", "down"), ("long", "up")])
def test_one_print_is_an_emergency_at_once(deleveraged: str, direction: str) -> None:
    """A fact needs no confirmation: somebody's hedge is gone."""
    scene = Scene(BTC)
    scene.adl(BTC, 5_000.0, deleveraged="short" if deleveraged == "short" else "long")
    scene.close()
    verdict = printed(scene)
    assert said(verdict) == (EMERGENCY, True, True, direction)
    assert verdict.confirm == 1
    assert [(e.signal, e.value) for e in verdict.evidence] == [("adl_60s", 5_000.0), ("adl_fills", 1.0)]


def test_it_holds_for_a_minute_after_the_last_print_and_then_is_calm() -> None:
    """Deleveraging comes in waves of tens of seconds."""
    scene = Scene(BTC)
    scene.adl(BTC, None)
    found = []
    for _ in range(70):
        scene.close()
        found.append(said(printed(scene)))
    assert [severity for severity, *_ in found[:4]] == [EMERGENCY, EMERGENCY, CALM, CALM]
    assert found[59] == (CALM, True, True, "down")
    assert found[61] == (CALM, False, True, "none")


def test_a_spot_market_deleverages_nobody() -> None:
    """It would be counted as a market whose deleveraging cannot be seen."""
    scene = Scene(instrument(market="spot"))
    assert list(deleveraging.evaluate(scene.world)) == []
