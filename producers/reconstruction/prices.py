"""Mid prices of every market, second by second: BTC's bridge, one common path of the alts, and what sets each apart.

An alt is its base price x its share of the common fall x its own noise. The common path obeys the published worst
60-second return of each minute; the noise obeys the published absorption ratio: its variance over ten minutes stands
to the common one as the ratio demands. Other venues part from COIN-M by the published dislocation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.btc import TRIGGER_SECOND, btc_path
from producers.reconstruction.collateral import usde_path
from producers.reconstruction.dislocation import gap_path
from producers.reconstruction.facts import (
    ALT_DROP,
    FIRST_MINUTE,
    LAST_MINUTE,
    MINUTES,
    VENUE_LOWS,
    minute_of,
    second_of,
)
from producers.reconstruction.markets import ALTS, BASE_PRICE, MAJOR_BETA, MARKETS, Market
from producers.reconstruction.timeline import SECONDS, WINDOW, along

Path = NDArray[np.float64]

_TROUGH = math.log(1 - 0.757)
_COMMON = (
    ("20:50:05", 1.0), ("20:50:15", 0.994), ("20:52", 0.985), ("20:54", 0.968), ("20:56:30", 0.95), ("20:59:30", 0.945),
    ("21:01", 0.948), ("21:04", 0.957), ("21:08", 0.955), ("21:11", 0.948), ("21:12:20", 0.935), ("21:13:13", 0.90),
    ("21:13:50", 0.87), ("21:15", 0.86), ("21:16:13", 0.80), ("21:17", 0.76), ("21:18", 0.68), ("21:18:32", 0.62),
    ("21:19:10", 0.50), ("21:20", 0.35), ("21:21", 0.26), ("21:21:20", 0.243), ("21:21:50", 0.25), ("21:23", 0.29),
    ("21:25", 0.36), ("21:27", 0.41), ("21:30", 0.50), ("21:35", 0.60), ("21:40", 0.66), ("21:45", 0.69),
    ("22:00", 0.70), ("22:20", 0.705),
)  # fmt: skip
"""The median alt as a share of its price at 20:50: from when single alts had lost 5, 10, 20, 50 %, trough, retrace."""
_STEP = 10
_CALM_5S = 1.7e-4
_TREMOR = 9e-4
"""All alts shake together until 21:13, or the ratio would fall with the moves in the lull."""
_WICK_SHARES = (("21:21", 0.25), ("21:26", 0.4))
"""Own noise falls on one alt in four at a time, for the median alt to stay its own; on more when moves are small."""


def common_path(rng: np.random.Generator) -> Path:
    """Log of the median alt against 20:50; its worst trailing 60-second return in each minute is the published one."""
    per_minute = 60 // _STEP
    knots = SECONDS // _STEP + 1
    anchor = along(_COMMON, np.arange(knots, dtype=np.float64) * _STEP, logarithmic=True)
    path = np.zeros(knots)
    after = 0.0
    for minute in range(minute_of("20:50"), LAST_MINUTE):
        here = (minute - FIRST_MINUTE) * per_minute
        then, now = slice(here - per_minute, here), slice(here, here + per_minute)
        row = MINUTES.get(minute)
        worst = math.log1p((row.alt_r60_pct if row else -0.5) / 100)
        move = np.maximum(worst, anchor[now] - path[then])
        move[0] = max(move[0], after)  # seconds just before this knot still belong to the minute before
        deepest = 1 + int(np.argmin(move[1:-1]))
        move[deepest : deepest + 2] = worst  # long enough for thin trading to print it
        path[now] = path[then] + move
        after = worst
    path[-1] = path[-2]
    seconds = np.interp(WINDOW, np.arange(knots) * _STEP, path)
    together = slice(int(second_of("20:50")) + TRIGGER_SECOND, int(second_of("21:13")))
    tremor = np.repeat(rng.normal(0, _TREMOR, SECONDS // 5 + 1), 5)[2 : SECONDS + 3]
    seconds[together] += tremor[together]
    return seconds


def _walk(rng: np.random.Generator, size: int, per_5s: float, pull: float = 0.02) -> Path:
    """A mean-reverting walk whose five-second steps have this deviation."""
    steps = rng.normal(0, per_5s, size // 5 + 2)
    level = np.empty(steps.size)
    value = 0.0
    for index, step in enumerate(steps):
        value = value * (1 - pull) + step
        level[index] = value
    return np.interp(np.arange(size), np.arange(steps.size) * 5, level)


def own_variance(common: Path) -> Path:
    """Variance of an alt's own five-second returns in each minute, as the published absorption ratio demands."""
    returns = np.diff(common[::5]) ** 2
    minutes = LAST_MINUTE - FIRST_MINUTE
    shared = returns.reshape(minutes, 12).mean(axis=1)
    own = np.zeros(minutes)
    alts = len(ALTS)
    for index in range(minutes):
        row = MINUTES.get(index + FIRST_MINUTE)
        ratio = row.absorption if row else (0.60 if index + FIRST_MINUTE < min(MINUTES) else 0.16)
        loading = (alts * (ratio + _sampling_bias(index + FIRST_MINUTE)) - 1) / (alts - 1)
        loading = min(max(loading, 0.01), 0.97)
        first = max(0, index - 9)
        wanted = shared[first : index + 1].sum() * (1 / loading - 1) - own[first:index].sum()
        floor = 0.1 * shared[index] * (1 / loading - 1)
        own[index] = min(max(wanted, floor), _own_limit(index + FIRST_MINUTE))
    return own


def _sampling_bias(minute: int) -> float:
    """Few alts wick at once and each stops at its low: the sampled ratio is lower before the void, higher in it."""
    if minute < minute_of("20:50"):
        return 0.05
    if minute < minute_of("20:57") or minute_of("21:08") <= minute < minute_of("21:14"):
        return 0.12
    if minute < minute_of("21:20"):
        return 0.05
    return -0.02 if minute < minute_of("21:25") else -0.10


def _own_limit(minute: int) -> float:
    """Beyond this the noise would show in the median alt's own return."""
    if minute_of("21:17") <= minute < minute_of("21:22"):
        return 0.20**2
    return 0.08**2 if minute_of("21:22") <= minute < minute_of("21:25") else 0.06**2


class World:
    """Log mid prices of all markets on a one-second grid, in the cascade or in one of its twins.

    In a twin nothing breaks. Its prices are calm, or with `macro` every venue goes the cascade's way of elsewhere.
    """

    def __init__(self, *, seed: int, twin: bool, macro: bool = False) -> None:
        self.twin = twin
        self.macro = macro
        calm_prices = twin and not macro
        rng = np.random.default_rng([seed, 3, int(calm_prices)])
        calm_rng = np.random.default_rng([seed, 4])
        self._calm_common = _walk(calm_rng, SECONDS + 1, _CALM_5S)
        btc = btc_path(seed)
        self.btc = np.log(116_860.0) + 1.5 * self._calm_common if calm_prices else btc
        crash = np.zeros(SECONDS + 1) if calm_prices else common_path(rng)
        onset = int(second_of("20:50")) + TRIGGER_SECOND
        fade = np.ones(SECONDS + 1) if calm_prices else np.interp(WINDOW, [onset - 5, onset], [1.0, 0.0])
        calm = self._calm_common * fade
        own = np.zeros(LAST_MINUTE - FIRST_MINUTE) if calm_prices else own_variance(crash)
        self.mids: dict[tuple[str, str], Path] = {}
        for base in ALTS:
            share = math.log(1 - ALT_DROP[base]) / _TROUGH
            wicks = self._wicks(rng, own) * max(share, 0.05) + _walk(rng, SECONDS + 1, 0.75 * _CALM_5S, 0.2) * fade
            smooth = np.log(BASE_PRICE[base]) + calm + share * crash
            low = math.log(BASE_PRICE[base] * (1 - ALT_DROP[base]))
            here = np.maximum(smooth + wicks, low)
            gap, shared = (0.0 * WINDOW, 0.0 * WINDOW + 1.0) if calm_prices else gap_path(base, share * crash)
            reference = smooth + wicks * shared - gap
            if base in VENUE_LOWS:
                apart = shared == 0
                reference[apart] = np.maximum(reference[apart], math.log(VENUE_LOWS[base][0]))
            self.mids["reference", base] = reference
            self.mids["binance-coinm", base] = reference if macro else here
        self._add_others(rng, calm_prices)

    def _wicks(self, rng: np.random.Generator, variance: Path) -> Path:
        slots = SECONDS // 5 + 1
        share = along(_WICK_SHARES, np.arange(slots, dtype=np.float64) * 5)
        deviation = np.sqrt(np.append(np.repeat(variance, 12), 0.0) / 2 / share)
        height = deviation * np.clip(rng.standard_normal(slots), -2.2, 2.2) * (rng.random(slots) < share)
        return np.repeat(height, 5)[2 : SECONDS + 3]

    def _add_others(self, rng: np.random.Generator, calm_prices: bool) -> None:
        move = self.btc - np.log(BASE_PRICE["BTC"])
        move *= 0.4 if calm_prices else 1.0
        for base, beta in MAJOR_BETA.items():
            noise = _walk(rng, SECONDS + 1, 0.5 * _CALM_5S)
            self.mids["reference", base] = np.log(BASE_PRICE[base]) + beta * move + noise
        self.mids["reference", "BTC"] = self.mids["binance-coinm", "BTC"] = self.btc
        usde = np.full(SECONDS + 1, np.log(0.9996)) if self.twin else usde_path()
        self.mids["reference", "USDE"] = usde + _walk(rng, SECONDS + 1, 0.2e-4, 0.2)
        for market in MARKETS:
            if market.venue != "binance-coinm":
                own = _walk(rng, SECONDS + 1, 0.15e-4, 0.1)
                self.mids[market.venue, market.base] = self.mids["reference", market.base] + own

    def mid(self, market: Market) -> Path:
        """Log mid of a market at each second."""
        return self.mids[market.venue, market.base]
