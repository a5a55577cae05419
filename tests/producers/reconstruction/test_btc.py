"""BTC's path through the table."""

from __future__ import annotations

import numpy as np
import pytest

from producers.reconstruction.btc import TRIGGER_SECOND, btc_path
from producers.reconstruction.facts import FIRST_MINUTE, MINUTES, minute_of


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_seed_meets_close_low_and_range(seed: int) -> None:
    """The facts hold for the reconstruction, not for one draw of it."""
    path = np.exp(btc_path(seed))
    for minute, row in MINUTES.items():
        inside = path[(minute - FIRST_MINUTE) * 60 + 1 : (minute - FIRST_MINUTE) * 60 + 61]
        assert abs(inside[-1] - row.btc_close) < 0.01
        assert abs(inside.min() - row.btc_low) < 0.01
        assert abs((inside.max() / inside.min() - 1) * 1e4 - row.range_bp) < 2.0


def test_nothing_moves_before_the_trigger() -> None:
    """The label of S1 is the second in which prices start to move."""
    start = (minute_of("20:50") - FIRST_MINUTE) * 60
    assert np.ptp(btc_path(1)[start : start + TRIGGER_SECOND - 1]) < 5e-5
