"""Published facts of 10 October 2025 that the reconstruction is made from, and the error allowed to each column.

Minute table: measured from Binance COIN-M and spot trades with exchange and collector timestamps; Hyperliquid fills
per minute: ConejoCapital/HyperMultiAssetedADL; depth and spread at the trough: Amberdata; collateral: Binance's own
statements and its one-minute candles. All times are UTC. Anything without a source here is the generator's own choice.
"""

from __future__ import annotations

from typing import NamedTuple

DAY_S = 1_760_054_400
"""2025-10-10 00:00:00 UTC."""
FIRST_MINUTE = 20 * 60 + 20
LAST_MINUTE = 22 * 60 + 20
"""Minutes of the day: the window is [20:20, 22:20)."""

THINNING = 4
"""Each emitted COIN-M alt trade (and off-book fill) stands for so many of the real ones; the factor never changes."""
CALM_TRADES_PER_S = 6.5
"""Median of the real pooled rate of the twelve alts, 02:00-14:45."""
CALM_LAMBDA_BP = 136.0
"""Median calm price impact of the alts, basis points per 100,000 USD of signed flow."""

TOLERANCE = {
    "btc_close_bp": 5.0,
    "btc_low_bp": 5.0,
    "btc_range_share": 0.25,
    "btc_range_floor_bp": 4.0,
    "alt_r60_pp": 1.5,
    "alt_r60_share": 0.20,
    "trades_share": 0.15,
    "absorption": 0.13,
    "branching": 0.05,
    "lambda_factor": 2.0,
    "delay_share": 0.20,
    "delay_floor_s": 0.006,
}
"""Allowed error of each recomputed column: shares of the published value, absolute where the name carries a unit."""


class Minute(NamedTuple):
    """One row of the minute table. `alt_r60_pct`: worst 60-second return of the median alt, ending in the minute."""

    minute: int
    btc_close: float
    btc_low: float
    range_bp: float
    alt_r60_pct: float
    trades_per_s: float
    absorption: float
    branching: float
    lambda_x: float
    delay_spot_s: float
    delay_coinm_s: float


_TABLE = """
20:48 116856 116851 10 -0.1 14 0.61 0.73 1.1 0.01 0.02
20:49 116848 116824 6 -0.0 14 0.60 0.73 2.6 0.00 0.01
20:50 116400 116357 42 -0.8 349 0.79 0.92 0.5 0.13 0.07
20:51 116360 116240 27 -0.7 154 0.84 0.91 0.4 0.19 0.04
20:52 115724 115724 59 -1.0 469 0.83 0.91 0.5 0.26 0.03
20:53 115245 115245 51 -1.1 563 0.84 0.92 0.3 0.30 0.03
20:54 115300 115142 22 -1.4 546 0.84 0.92 0.3 0.15 0.03
20:55 114950 114950 46 -0.9 257 0.85 0.91 0.4 0.10 0.02
20:56 114291 113189 154 -2.6 965 0.85 0.92 0.3 0.24 0.03
20:57 114565 114191 35 -0.9 392 0.82 0.91 0.4 0.09 0.03
20:58 114453 114260 33 -1.0 286 0.83 0.90 1.1 0.11 0.02
20:59 114275 114089 50 -3.8 974 0.82 0.89 0.4 0.19 0.03
21:00 114613 114241 59 -2.5 598 0.77 0.88 0.7 0.14 0.03
21:01 114825 114601 25 -0.9 388 0.77 0.87 0.9 0.07 0.04
21:02 114727 114656 24 -0.1 298 0.77 0.86 0.6 0.04 0.02
21:03 114906 114696 24 -0.3 213 0.77 0.86 0.6 0.12 0.04
21:04 115057 114824 24 -0.6 175 0.77 0.87 1.5 0.07 0.04
21:05 115045 114882 19 -0.5 143 0.76 0.87 0.9 0.14 0.03
21:06 114951 114863 16 -0.6 116 0.76 0.86 1.2 0.12 0.04
21:07 114684 114671 34 -0.3 132 0.76 0.87 2.1 0.14 0.05
21:08 114441 114375 24 -0.7 204 0.76 0.87 1.0 0.08 0.03
21:09 114416 114408 15 -0.2 160 0.74 0.85 0.4 0.08 0.03
21:10 114322 114245 32 -0.6 101 0.78 0.80 0.7 0.07 0.02
21:11 113652 113652 59 -0.8 168 0.79 0.76 0.6 0.07 0.02
21:12 113098 113098 79 -1.9 339 0.81 0.76 0.4 0.33 0.04
21:13 111568 110284 242 -6.6 834 0.78 0.85 0.2 0.28 0.03
21:14 111762 110395 160 -5.3 695 0.69 0.87 0.7 0.13 0.05
21:15 111207 111207 116 -3.8 528 0.69 0.87 0.9 0.15 0.03
21:16 109690 109690 136 -8.8 852 0.68 0.87 0.4 0.25 0.03
21:17 107592 107159 254 -13.3 659 0.57 0.87 0.6 7.66 6.68
21:18 109475 107329 302 -24.2 386 0.48 0.87 0.9 0.15 0.01
21:19 104953 104003 495 -36.7 250 0.44 0.86 8.1 0.09 0.02
21:20 104560 102497 287 -35.3 158 0.38 0.86 9.1 0.07 0.02
21:21 107456 104455 287 -16.6 82 0.29 0.87 12.7 0.04 0.03
21:22 107975 107034 183 -1.8 61 0.25 0.89 13.3 0.06 0.03
21:23 107792 107589 140 0.1 111 0.23 0.89 18.1 0.01 0.03
21:24 109009 107701 121 0.5 153 0.23 0.88 3.6 0.02 0.04
21:25 107535 107527 140 -0.7 137 0.22 0.88 1.3 0.04 0.03
21:26 107000 106203 117 -0.6 134 0.21 0.86 4.7 0.04 0.01
21:27 108745 107000 164 -0.3 122 0.20 0.84 2.0 0.04 0.02
21:28 109450 108638 92 0.3 127 0.19 0.76 11.5 0.03 0.03
21:29 109624 109032 54 -0.4 81 0.16 0.75 18.8 0.02 0.02
21:30 109964 108644 120 -0.1 93 0.13 0.75 6.6 0.01 0.02
21:31 110054 109502 65 -0.9 80 0.14 0.75 11.9 0.02 0.01
21:32 110654 110049 79 -0.7 94 0.14 0.74 20.5 0.01 0.01
21:33 111032 110484 56 -1.0 139 0.15 0.75 17.7 0.02 0.01
21:34 111483 111105 47 0.7 218 0.15 0.76 5.6 0.02 0.02
21:35 111844 111349 72 0.3 119 0.14 0.76 11.6 0.01 0.02
21:36 111151 110912 136 -0.4 129 0.14 0.75 21.8 0.01 0.02
21:37 112000 110958 96 -0.2 117 0.13 0.76 6.8 0.01 0.01
21:38 111278 111278 78 -1.9 76 0.13 0.76 11.5 0.01 0.02
21:39 111768 111185 54 -1.8 71 0.14 0.77 16.7 0.01 0.01
21:40 111441 111221 39 -0.9 80 0.14 0.77 12.9 0.01 0.02
"""


def minute_of(clock: str) -> int:
    """Minute of the day of a clock time.

    >>> minute_of("20:48")
    1248
    """
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def second_of(clock: str) -> float:
    """Seconds after the window's beginning (20:20:00) of a clock time.

    >>> second_of("20:20:05.5")
    5.5
    """
    hours, minutes, *seconds = clock.split(":")
    return (minute_of(f"{hours}:{minutes}") - FIRST_MINUTE) * 60 + (float(seconds[0]) if seconds else 0.0)


def _rows() -> dict[int, Minute]:
    rows: dict[int, Minute] = {}
    for line in _TABLE.split("\n"):
        if line:
            clock, *numbers = line.split()
            minute = minute_of(clock)
            rows[minute] = Minute(minute, *(float(number) for number in numbers))
    return rows


MINUTES = _rows()
"""The published table by minute of the day, without the delays of Gemini and Coinbase: they are not simulated."""

ALT_DROP = {
    "AAVE": 0.756,
    "ATOM": 0.732,
    "AVAX": 0.774,
    "BCH": 0.18,
    "DOT": 0.824,
    "ETC": 0.74,
    "FIL": 0.86,
    "TRX": 0.09,
    "UNI": 0.731,
    "WIF": 0.81,
    "WLD": 0.784,
    "XLM": 0.54,
}
"""The twelve Binance COIN-M alts and their fall from 20:50 to the trough between 21:19:57 and 21:24:50."""

HYPERLIQUID_FILLS = {
    minute_of(clock): counts
    for clock, counts in {
        "21:15": (698, 0),
        "21:16": (17486, 14194),
        "21:17": (12706, 5048),
        "21:18": (9870, 5476),
        "21:19": (16557, 7955),
        "21:20": (4929, 1927),
        "21:21": (873, 119),
        "21:22": (261, 85),
        "21:23": (42, 2),
        "21:24": (40, 20),
        "21:25": (126, 120),
        "21:26": (49, 37),
    }.items()
}
"""Liquidation and auto-deleveraging fills a minute on Hyperliquid; not thinned."""
FIRST_LIQUIDATION_S = second_of("21:15:03.127")
FIRST_ADL_S = second_of("21:16:04.832")
FIRST_ADL_FILLS = 11_279
"""Fills of each kind in the block of the first ADL; 710 liquidations came before it."""
LIQUIDATIONS_BEFORE_ADL = 710
LAST_ADL_S = second_of("21:26:57")

OFF_BOOK_FILLS = {
    minute_of(clock): count
    for clock, count in {
        "20:59": 26,
        "21:13": 164,
        "21:14": 321,
        "21:15": 4,
        "21:16": 620,
        "21:17": 1585,
        "21:18": 2156,
        "21:19": 2144,
        "21:20": 561,
        "21:21": 109,
        "21:22": 23,
        "21:23": 21,
        "21:24": 14,
        "21:25": 11,
    }.items()
}
"""Missing trade ids a minute on the COIN-M alts (before thinning), on two markets at 20:59, six or seven from 21:13."""
OFF_BOOK_FIRST = ("UNI", "WLD")
OFF_BOOK_MARKETS = ("AAVE", "ATOM", "AVAX", "DOT", "UNI", "WLD")

DISLOCATION = (
    ("21:13:27", 0.005, 2),
    ("21:14:34", 0.01, 2),
    ("21:17:08", 0.03, 2),
    ("21:18:32", 0.05, 3),
)
"""When so many COIN-M alts had been so far below the other venues for five seconds, for the first time."""
VENUE_LOWS = {
    "AVAX": (17.0, 6.02),
    "DOT": (2.86, 0.696),
    "UNI": (5.0, 2.0),
    "ATOM": (3.0, 1.055),
    "WLD": (0.88, 0.2484),
}
"""Lowest price elsewhere (Coinbase) and on Binance COIN-M."""

DEPTH_FLOOR = 0.17 / 103.64
"""Visible depth at the trough against before: 103.64 to 0.17 million USD."""
SPREAD_BP = (0.02, 26.43)
"""BTC spread before and at its widest."""
BTC_DEPTH_1PCT_USD = 345e6
"""Calm bid depth within 1 % on Binance BTCUSDT; within 2 %: 706 million."""
USDE_FIRST_LEG = second_of("21:20:20")
