"""Anchors in clock time, read off at every second of the window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import FIRST_MINUTE, LAST_MINUTE, second_of

Timed = tuple[float, bool, bytes]
"""Event time in seconds of the window, whether it is a trade, the frame."""
Anchors = Sequence[tuple[str, float]]

SECONDS = (LAST_MINUTE - FIRST_MINUTE) * 60
WINDOW = np.arange(SECONDS + 1, dtype=np.float64)
"""Every second of the window, both ends included."""


def along(anchors: Anchors, seconds: NDArray[np.float64] = WINDOW, *, logarithmic: bool = False) -> NDArray[np.float64]:
    """Straight lines between anchors, level outside them; `logarithmic` gives the logs, straight in those.

    >>> along([("20:20:00", 1.0), ("20:20:10", 2.0)], np.array([0.0, 5.0, 60.0])).tolist()
    [1.0, 1.5, 2.0]
    """
    values = np.array([value for _, value in anchors])
    values = np.log(values) if logarithmic else values
    return np.asarray(np.interp(seconds, [second_of(clock) for clock, _ in anchors], values), np.float64)
