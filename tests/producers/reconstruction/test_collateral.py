"""USDe on Binance spot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from producers.reconstruction.facts import second_of


@pytest.mark.slow
def test_usde_breaks_at_2120_falls_to_065_and_is_back_by_2216(observed: Any) -> None:
    """S5: two legs, both on one venue."""
    price = observed.by_second("binance-spot", "USDEUSDT")
    at = {clock: int(second_of(clock)) for clock in ("21:20", "21:21", "21:36", "21:53", "21:56", "22:16:30")}
    assert price[: at["21:20"]].min() > 0.995
    assert abs(price[at["21:20"] : at["21:21"]].min() - 0.90) < 0.02
    assert price[at["21:21"] : at["21:36"]].max() < 0.97
    assert abs(price[at["21:53"] : at["21:56"]].min() - 0.65) < 0.03
    assert np.min(price[at["22:16:30"] :]) > 0.99
