"""Mid prices of all markets."""

from __future__ import annotations

import numpy as np

from producers.reconstruction.facts import ALT_DROP, second_of
from producers.reconstruction.markets import ALTS, BASE_PRICE, MARKETS
from producers.reconstruction.prices import World
from producers.reconstruction.timeline import WINDOW


def test_every_alt_reaches_its_low_and_no_lower() -> None:
    """The falls are published alt by alt, from 9 % (TRX) to 86 % (FIL)."""
    world = World(seed=5, twin=False)
    for base in ALTS:
        low = np.exp(world.mids["binance-coinm", base].min()) / BASE_PRICE[base]
        assert abs(low - (1 - ALT_DROP[base])) < 0.06, (base, low)


def test_every_market_has_a_finite_path_over_the_whole_window() -> None:
    """A hole would end the stream."""
    for twin in (False, True):
        world = World(seed=5, twin=twin)
        for market in MARKETS:
            assert world.mid(market).size == WINDOW.size
            assert np.all(np.isfinite(world.mid(market)))


def test_venues_agree_before_they_part() -> None:
    """Until 21:13:20 an alt is one asset, save UNI for a moment at 20:56."""
    world = World(seed=5, twin=False)
    for base in ("ATOM", "AVAX", "DOT"):
        gap = world.mids["binance-coinm", base] - world.mids["binance-spot", base]
        assert np.abs(gap[: int(second_of("21:13:20"))]).max() < 0.002


def test_the_macro_twin_falls_as_the_cascade_did_elsewhere_and_on_every_venue_alike() -> None:
    """A milder fall would say nothing of whether the detector takes a crash with one price for a broken market."""
    cascade, macro = World(seed=5, twin=False), World(seed=5, twin=True, macro=True)
    assert np.array_equal(macro.btc, cascade.btc)
    for base in ALTS:
        assert np.array_equal(macro.mids["reference", base], cascade.mids["reference", base]), base
    for market in MARKETS:
        elsewhere = macro.mids["reference", market.base]
        assert np.abs(macro.mid(market) - elsewhere).max() < 0.0005, market
        assert market.base == "USDE" or np.exp(elsewhere.min() - elsewhere[0]) < 0.97, market
    assert np.exp(macro.mids["binance-spot", "USDE"].min()) > 0.999
