"""The picture of a message: the same bytes for the same data, small, and drawn whatever is unknown."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pytest

from detector.alerts.window import STAGES, STEPS, Window
from tests.kit.told import at

pytest.importorskip("matplotlib", reason="pictures are an extra")

from detector.console.alert_picture import Shown, draw

PNG = b"\x89PNG\r\n\x1a\n"
MOST_BYTES = 60_000
SHOWN = Shown("CRITICAL", "🔴 CRITICAL · market falling", at(850), at(300))


def window(**changes: Any) -> Window:
    """A fall in the second half, with everything that can be drawn."""
    steps = np.arange(STEPS, dtype=float)
    fall = np.clip((steps - 90) / 90, 0, 1)
    noise = np.random.default_rng(7).normal(0, 0.002, STEPS)
    usual: dict[str, Any] = {
        "end_ns": at(900),
        "heard": np.ones(STEPS, dtype=bool),
        "prices": {"BTC": 1 - 0.05 * fall + noise, "ETH": 1 - 0.1 * fall + noise, "WIF": 1 - 0.5 * fall},
        "depth_usd": 1e9 * (1 - 0.9 * fall),
        "blind_usd": np.where(steps > 120, 3e8, nan),
        "normal_usd": 1e9,
        "longs_usd": 1e7 * fall,
        "shorts_usd": 1e6 * fall,
        "bands": {stage: ((steps > 30 * row) * row).astype(np.uint8) for row, stage in enumerate(STAGES)},
    }
    return Window(**(usual | changes))


def test_the_same_data_give_the_same_small_picture() -> None:
    """A retry would send another file, and a phone on a slow network none."""
    first = draw(window(), SHOWN)
    assert first == draw(window(), SHOWN)
    assert first.startswith(PNG)
    assert b"Software" not in first
    assert 5_000 < len(first) < MOST_BYTES
    assert (int.from_bytes(first[16:20]), int.from_bytes(first[20:24])) == (800, 600)


UNKNOWN = np.full(STEPS, nan)
HALF = np.where(np.arange(STEPS) < 90, 1.0, nan)


@pytest.mark.parametrize(
    "changes",
    [
        {"prices": {}, "depth_usd": UNKNOWN, "blind_usd": UNKNOWN, "longs_usd": UNKNOWN, "shorts_usd": UNKNOWN},
        {"prices": {"$A$^": HALF, "比特": UNKNOWN, "X" * 99: HALF * 0}, "depth_usd": HALF * 0, "normal_usd": None},
        {"depth_usd": HALF * 1e6, "heard": np.arange(STEPS) < 90, "longs_usd": UNKNOWN, "shorts_usd": HALF * 1e12},
    ],
    ids=["nothing", "odd names and zeros", "a feed that stopped"],
)
def test_what_is_unknown_is_drawn_as_unknown(changes: dict[str, Any]) -> None:
    """A gap in the data, or a coin's name, would cost the picture: warnings are errors here."""
    assert draw(window(**changes), SHOWN._replace(title="$x_{$ \n比特", level="EMERGENCY")).startswith(PNG)


def test_a_blind_stretch_looks_unlike_an_empty_one() -> None:
    """Depth that nobody saw would be depth that nobody offered."""
    seen = np.where(np.arange(STEPS) < 90, 1e9, 0.0)
    empty = draw(window(depth_usd=seen, blind_usd=UNKNOWN), SHOWN)
    assert draw(window(depth_usd=np.where(seen > 0, seen, nan), blind_usd=UNKNOWN), SHOWN) != empty
