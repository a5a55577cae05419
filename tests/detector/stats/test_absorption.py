"""How much of all movement is one movement."""

from __future__ import annotations

import random

import numpy as np
import pytest

from detector.stats.absorption import EVERY_S, RETURNS, Absorption

NAMES = "ABCDEFGH"


def walk(steps: int, common: float, seed: int = 1) -> list[dict[str, float]]:
    """Prices whose returns share a part `common` of their variance."""
    noise = random.Random(seed)
    prices, path = dict.fromkeys(NAMES, 100.0), []
    for _ in range(steps):
        one = noise.gauss(0, 1)
        for name in NAMES:
            move = common**0.5 * one + (1 - common) ** 0.5 * noise.gauss(0, 1)
            prices[name] *= 1 + 0.001 * move
        path.append(dict(prices))
    return path


def told(path: list[dict[str, float]]) -> Absorption:
    """The statistic after a path."""
    ratio = Absorption()
    for step, prices in enumerate(path):
        ratio.offer(step * EVERY_S, prices)
    return ratio


@pytest.mark.parametrize("common", [0.0, 0.5, 0.95])
def test_the_stream_equals_the_batch(common: float) -> None:
    """A figure of the stream could not be checked against a textbook."""
    path = walk(RETURNS + 30, common)
    prices = np.array([[step[name] for name in NAMES] for step in path[-RETURNS - 1 :]])
    returns = np.diff(np.log(prices), axis=0)
    batch = np.linalg.eigvalsh(np.corrcoef(returns.T))
    assert told(path).value == pytest.approx(batch[-1] / batch.sum())


def test_it_is_high_when_all_move_as_one_and_low_when_each_moves_alone() -> None:
    """The two halves of a cascade would look alike."""
    high, low = told(walk(140, 0.95)).value, told(walk(140, 0.0)).value
    assert high is not None
    assert low is not None
    assert high > 0.9 > 0.4 > low


def test_ten_minutes_and_six_assets_are_needed() -> None:
    """Three unrelated coins would look like a third of a shock."""
    assert told(walk(RETURNS, 0.5)).value is None
    few = [{name: step[name] for name in "ABCDE"} for step in walk(140, 0.5)]
    assert told(few).value is None


def test_a_scale_of_prices_changes_nothing() -> None:
    """Coins of a thousandth of a dollar would count less."""
    path = walk(140, 0.5)
    scaled = [{name: price * 1e-6 for name, price in step.items()} for step in path]
    assert told(path).value == pytest.approx(told(scaled).value)


def test_an_asset_that_was_hardly_seen_or_did_not_move_takes_no_part() -> None:
    """A listing that stands still would pull the ratio down."""
    path = [{**step, "STILL": 1.0} for step in walk(140, 0.5)]
    for step in path[-1:]:
        step["NEW"] = 5.0
    assert told(path).assets == len(NAMES)


def test_an_asset_that_is_gone_is_forgotten() -> None:
    """A year of listings would fill the memory."""
    ratio = told(walk(140, 0.5))
    for step in range(140, 140 + RETURNS + 1):
        ratio.offer(step * EVERY_S, {})
    assert ratio.returns == {}
