"""USDe on Binance spot: 0.90 at 21:20, a second leg from 21:36 to 0.65 at 21:54, back by 22:16.

The end follows the venue's statement that the deviation lasted until 22:15-22:16; one-minute candles stayed near 0.97
longer. The low of 0.65 and the first minutes are the candles'.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.timeline import along

_USDE = (
    ("20:20", 0.9996), ("21:19", 0.9996), ("21:20:10", 0.9990), ("21:20:22", 0.955), ("21:20:35", 0.90),
    ("21:20:50", 0.93), ("21:20:59", 0.97), ("21:21:10", 0.94), ("21:21:30", 0.90), ("21:22:59", 0.90),
    ("21:26", 0.905), ("21:29", 0.95), ("21:33", 0.94), ("21:35", 0.93), ("21:36", 0.90), ("21:37", 0.84),
    ("21:39", 0.80), ("21:41", 0.76), ("21:44", 0.67), ("21:47", 0.78), ("21:51", 0.92), ("21:53:30", 0.88),
    ("21:54:20", 0.65), ("21:54:59", 0.83), ("21:58", 0.91), ("22:05", 0.95), ("22:10", 0.94), ("22:14", 0.965),
    ("22:15:50", 0.992), ("22:17", 0.9975), ("22:20", 0.9985),
)  # fmt: skip


def usde_path() -> NDArray[np.float64]:
    """Log price of USDEUSDT at each second of the window."""
    return np.log(along(_USDE))
