"""The last quarter of an hour of everything: what a window shows, and how much is kept."""

from __future__ import annotations

import tracemalloc
from math import isnan
from typing import Any

import numpy as np
import pytest

from detector.alerts.recent import FORGET_STEPS, LARGEST_BYTES, Recent
from detector.alerts.window import STEPS, Series, Window
from schemas.alert import MARKET, ActiveCondition
from tests.kit.quarter import market, second_of
from tests.kit.told import at, condition

TRADED = {"BTC": 9e6, "ETH": 5e6, "SOL": 3e6, "PEPE": 1e3, "WIF": 2e3}
FALLS = {"BTC": 0.02, "ETH": 0.03, "SOL": 0.10, "PEPE": 0.70, "WIF": 0.30}


def played(names: tuple[str, ...] = tuple(TRADED), until: int = 900, **changes: Any) -> Recent:
    """Prices that fall at 800 s; each asset has one market."""
    recent = Recent()
    for second in range(5, until + 1, 5):
        fell = {name: 1 - FALLS[name] * (second > 800) for name in names}
        recent.take_reading(
            second_of(
                second,
                *(market(second, asset=n, price=50 * fell[n], traded_usd_60s=TRADED[n], **changes) for n in names),
            )
        )
    return recent


def shown(recent: Recent, *scopes: str, **how: Any) -> Window:
    """At 900 s; the episode began at 800 s."""
    return recent.window(scopes or (MARKET,), at(900), **({"since_ns": at(800)} | how))


def last(series: Series) -> float | None:
    """The newest value."""
    return None if isnan(series[-1]) else round(float(series[-1]), 3)


def about(asset: str) -> ActiveCondition:
    """A condition of an asset."""
    return ActiveCondition(stage="S2", rule="S2.a/1", venue=MARKET, asset=asset, severity="HIGH", since_ns=at(800))


def test_the_market_is_btc_eth_and_the_worst_of_those_concerned() -> None:
    """People would look at twenty lines, or at a coin that nobody named."""
    recent = played()
    found = shown(recent, conditions=(about("SOL"), about("WIF"), about("GONE"), about("*")))
    assert {name: last(line) for name, line in found.prices.items()} == {"BTC": 0.98, "ETH": 0.97, "WIF": 0.7}
    assert list(found.prices) == ["BTC", "ETH", "WIF"]
    assert list(shown(recent).prices) == ["BTC", "ETH", "PEPE"]
    assert list(shown(recent, conditions=(about("BTC"),)).prices) == ["BTC", "ETH", "PEPE"]
    assert list(shown(recent, direction="none").prices) == ["BTC", "ETH", "PEPE"]
    assert list(shown(played(("SOL", "PEPE", "WIF")), direction="up").prices) == ["SOL", "WIF", "PEPE"]


def test_one_asset_stands_beside_btc_and_several_stand_together() -> None:
    """Nobody could tell whether it fell alone."""
    recent = played()
    assert list(shown(recent, "SOL").prices) == ["SOL", "BTC"]
    assert list(shown(recent, "BTC").prices) == ["BTC"]
    assert list(shown(recent, "SOL", "ETH", "NONE").prices) == ["SOL", "ETH"]
    assert list(shown(recent, "SOL", "ETH", "WIF", "PEPE").prices) == ["SOL", "ETH", "WIF"]
    assert (shown(recent, "NONE").prices, shown(recent, "NONE").known_steps) == ({}, 0)


def test_depth_and_liquidations_are_those_of_the_scope() -> None:
    """An alert about one coin would show the market's liquidations."""
    recent = played(liquidations_seen=True, liquidated_longs_usd=120.0)
    assert (last(shown(recent).depth_usd), last(shown(recent, "SOL").depth_usd)) == (10e6, 2e6)
    assert (shown(recent).normal_usd, shown(recent, "SOL").normal_usd) == (10e6, 2e6)
    assert np.nansum(shown(recent).longs_usd[-12:]) == pytest.approx(600.0)
    assert np.nansum(shown(recent, "SOL").longs_usd[-12:]) == pytest.approx(120.0)
    assert last(shown(recent).shorts_usd) == 0.0
    assert last(shown(played()).shorts_usd) is None


def test_normal_is_what_depth_was_before_the_episode_and_nothing_without_enough_of_it() -> None:
    """The void itself would be the yardstick of the void."""
    recent = Recent()
    for second in range(5, 901, 5):
        usd = 1e6 if second <= 600 else 1e4
        recent.take_reading(second_of(second, market(second, bid_depth_2pct_usd=usd, ask_depth_2pct_usd=usd)))
    assert shown(recent, since_ns=at(630)).normal_usd == 2e6
    assert shown(recent, since_ns=at(170)).normal_usd is None
    for second in range(905, 5_000, 5):
        recent.take_reading(second_of(second, market(second, bid_depth_2pct_usd=1e4, ask_depth_2pct_usd=1e4)))
    assert recent.window((MARKET,), at(5_000), since_ns=at(630)).normal_usd == 2e6


def test_a_normal_of_too_little_of_the_depth_is_none() -> None:
    """With one coin's normal beside the depth of all, a crash would look like plenty."""
    recent = played(("SOL",))
    for second in range(850, 901, 5):
        recent.take_reading(second_of(second, market(second, asset="SOL"), market(second, asset="BTC"), partition=1))
    assert shown(recent).normal_usd is None
    assert shown(recent, "SOL").normal_usd == 2e6


def test_steps_without_a_reading_are_not_heard() -> None:
    """A detector that stood still would look like a calm market."""
    heard = shown(played(until=450)).heard
    assert heard[:90].all()
    assert not heard[90:].any()
    assert shown(played()).known_steps == STEPS
    assert shown(played(until=30)).known_steps == 6


def test_the_second_that_is_not_followed_by_another_yet_is_shown() -> None:
    """The picture of an alert would lack the moment of the alert."""
    recent = played()
    recent.take_reading(second_of(898, market(898, price=1.0)))
    assert last(shown(recent).prices["BTC"]) == 0.98
    recent.take_reading(second_of(901, market(901, price=49.0 / 2)))
    assert last(recent.window(("BTC",), at(901), since_ns=at(800)).prices["BTC"]) == 0.49


def test_bands_are_those_of_the_scope() -> None:
    """What an alert says and what its picture shows would differ."""
    recent = played()
    for one in condition("S3.a/1", 100, 2_000, asset="SOL")[:1]:
        recent.take_transition(one)
    assert [shown(recent, scope).bands["S3"][-1] for scope in (MARKET, "SOL", "BTC")] == [2, 2, 0]


def test_memory_is_bounded() -> None:
    """A notifier that runs for weeks beside thousands of assets would be killed."""
    names, venues = [f"A{n}" for n in range(20)], ("north", "south", "west")
    liquidated = {"liquidations_seen": True, "liquidated_longs_usd": 1.0, "bid_depth_2pct_usd": 1.5}
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        recent = Recent()
        for second in range(30, 1_200, 30):
            markets = [market(second, venue, name, **liquidated) for name in names for venue in venues]
            recent.take_reading(second_of(second, *markets))
        for name in names:
            for stage in ("S1", "S2", "S3", "S4", "S5", "S6"):
                recent.take_transition(condition(f"{stage}.a/1", 900, 1_000, asset=name)[0])
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert used / len(names) < LARGEST_BYTES


def test_assets_that_nobody_speaks_of_are_forgotten() -> None:
    """Every listing of years would be remembered."""
    recent = played(("BTC", "SOL"), until=30)
    for second in range(60, FORGET_STEPS * 5 + 1_000, 60):
        recent.take_reading(second_of(second, market(second)))
    assert set(recent.assets) == {"BTC"}
