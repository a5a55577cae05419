"""Hyperliquid's forced fills: the real auto-deleveraging waves, and each minute's published counts.

The waves (time, coin, quantity) come from `hyperliquid_adl_waves.csv` (MIT, licence beside it). How a wave splits into
fills, the liquidations' coins and sizes, and the prices of both are ours. A winner's fill is public only on the
winner's own address; here all of them ride on the second liquidator vault's, liquidations on the first one's.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from producers.reconstruction.facts import (
    DAY_S,
    FIRST_ADL_FILLS,
    FIRST_LIQUIDATION_S,
    FIRST_MINUTE,
    HYPERLIQUID_FILLS,
    LAST_ADL_S,
    LIQUIDATIONS_BEFORE_ADL,
    minute_of,
)
from producers.reconstruction.markets import BASE_PRICE
from producers.reconstruction.prices import World

VAULT, SECOND_VAULT = "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14", "0xb0a55f13d22f66e6d495ac98113841b2326e9540"
_BATCH_S = 6.3
"""Hyperliquid liquidates in batches about so far apart."""
_BLOCK_S = 3.0
_MEAN_FILL_USD = 60_000.0
_GAP_SHARE = 0.0025
"""A wave's gap is about this share of the price: gives a coin without a known price one of the right size."""
_LIQUIDATED = ("BTC", "ETH", "SOL", "AVAX", "DOGE", "LINK", "SUI", "CRV", "AAVE", "UNI", "ATOM", "DOT")
_WEIGHTS = (0.22, 0.2, 0.14, 0.06, 0.08, 0.07, 0.08, 0.04, 0.04, 0.03, 0.02, 0.02)
_ROUND_PRICES = {
    "LTC": 118.0,
    "BNB": 1190.0,
    "XRP": 2.75,
    "ADA": 0.774,
    "HYPE": 43.0,
    "ENA": 0.52,
    "INJ": 12.0,
    "LDO": 1.1,
}


class Fills(NamedTuple):
    """Forced fills of one vault in one block: coin, price, size, victim."""

    at_s: float
    user: str
    is_adl: bool
    first_id: int
    rows: list[tuple[str, float, float, str]]


class _Wave(NamedTuple):
    start_s: float
    end_s: float
    coins: list[tuple[str, float, float]]


def _waves() -> list[_Wave]:
    """The recorded waves: time, and quantity and gap of each coin."""
    text = (files("producers.reconstruction") / "hyperliquid_adl_waves.csv").read_text()
    waves: dict[str, _Wave] = {}
    origin_ms = (DAY_S + FIRST_MINUTE * 60) * 1000
    for row in csv.DictReader(text.splitlines()):
        start, end = ((int(row[name]) - origin_ms) / 1000 for name in ("t_start_ms", "t_end_ms"))
        wave = waves.setdefault(row["wave"], _Wave(start, end, []))
        wave.coins.append((row["coin"], float(row["qty_contracts"]), abs(float(row["gap_per_contract_usd"]))))
    return list(waves.values())


def coins() -> list[str]:
    """Every coin with a wave, and those with a market here; the venue's list of markets."""
    named = {coin for wave in _waves() for coin, _, _ in wave.coins}
    return sorted(named | set(_LIQUIDATED))


class ForcedFills:
    """Draws each minute's forced fills."""

    def __init__(self, *, seed: int, world: World) -> None:
        self._seed = seed
        self._world = world
        self._by_minute: dict[int, list[_Wave]] = {}
        for wave in _waves():
            self._by_minute.setdefault(FIRST_MINUTE + int(wave.start_s // 60), []).append(wave)
        self._gaps = {coin: gap for waves in self._by_minute.values() for w in waves for coin, _, gap in w.coins}
        self._number = 700_000_000_000

    def minute(self, minute: int) -> list[Fills]:
        """Blocks of a minute in their order, liquidations before the auto-deleveraging that they led to."""
        liquidations, deleveraged = HYPERLIQUID_FILLS.get(minute, (0, 0))
        if not liquidations:
            return []
        rng = np.random.default_rng([self._seed, 7, minute])
        blocks: list[Fills] = []
        for at_s, rows in self._deleveraging(minute, deleveraged, rng):
            blocks.append(self._liquidated(at_s, len(rows), rng))
            blocks.append(self._block(at_s, SECOND_VAULT, rows, is_adl=True))
        blocks += self._batches(minute, liquidations - deleveraged, rng)
        return sorted(blocks, key=lambda block: (block.at_s, block.is_adl))

    def _block(self, at_s: float, user: str, rows: list[tuple[str, float, float, str]], *, is_adl: bool) -> Fills:
        self._number += len(rows)
        return Fills(at_s, user, is_adl, self._number - len(rows), rows)

    def _price(self, coin: str, at_s: float) -> float:
        second = int(at_s)
        known = self._world.mids.get(("hyperliquid", coin))
        if known is not None:
            return float(np.exp(known[second]))
        base = _ROUND_PRICES.get(coin) or BASE_PRICE.get(coin) or max(1e-4, self._gaps.get(coin, 0.0) / _GAP_SHARE)
        alt = self._world.mids["hyperliquid", "AVAX"]
        return float(base * np.exp(alt[second] - alt[0]))

    def _deleveraging(
        self, minute: int, total: int, rng: np.random.Generator
    ) -> Iterable[tuple[float, list[tuple[str, float, float, str]]]]:
        waves = self._by_minute.get(minute, [])
        if total and not waves:
            # fills outside the recorded waves; the last one's time is known
            at_s = LAST_ADL_S if minute == minute_of("21:26") else (minute - FIRST_MINUTE) * 60 + 21.4
            waves = [_Wave(at_s, at_s, [("XRP", 40_000.0, 0.01), ("SUI", 20_000.0, 0.01)])]
        counts = _shares([float(len(wave.coins)) for wave in waves], total)
        if minute == minute_of("21:16"):
            counts = [FIRST_ADL_FILLS, total - FIRST_ADL_FILLS]
        for wave, count in zip(waves, counts, strict=True):
            rows: list[tuple[str, float, float, str]] = []
            worth = [quantity * self._price(coin, wave.start_s) for coin, quantity, _ in wave.coins]
            for (coin, quantity, _), parts in zip(wave.coins, _shares(worth, count), strict=True):
                price = self._price(coin, wave.start_s)
                sizes = rng.exponential(1.0, parts) + 0.05
                rows += [(coin, price, float(size), VAULT) for size in sizes / sizes.sum() * quantity]
            blocks = max(1, min(len(rows), 1 + int((wave.end_s - wave.start_s) / _BLOCK_S)))
            for index, part in enumerate(np.array_split(np.arange(len(rows)), blocks)):
                at_s = wave.start_s + (wave.end_s - wave.start_s) * index / max(1, blocks - 1)
                yield round(at_s, 3), [rows[row] for row in part]

    def _liquidated(self, at_s: float, count: int, rng: np.random.Generator) -> Fills:
        names = rng.choice(len(_LIQUIDATED), count, p=_WEIGHTS)
        dollars = _MEAN_FILL_USD * np.exp(rng.normal(-0.5, 1.0, count))
        victims = rng.integers(1 << 40, 1 << 60, count).tolist()
        prices = {coin: self._price(coin, at_s) for coin in _LIQUIDATED}
        rows = []
        for name, usd, victim in zip(names.tolist(), dollars.tolist(), victims, strict=True):
            price = prices[_LIQUIDATED[name]]
            rows.append((_LIQUIDATED[name], price, usd / price, f"0x{victim:040x}"))
        return self._block(at_s, VAULT, rows, is_adl=False)

    def _batches(self, minute: int, total: int, rng: np.random.Generator) -> Iterable[Fills]:
        """Liquidations that no auto-deleveraging followed in their block."""
        start = (minute - FIRST_MINUTE) * 60.0
        times = [start + 0.9 + _BATCH_S * index + float(rng.uniform(0, 0.5)) for index in range(9)]
        counts = _shares(rng.uniform(0.5, 1.5, 9).tolist(), total)
        if minute == minute_of("21:15"):
            times = [FIRST_LIQUIDATION_S + _BATCH_S * index for index in range(9)]
        if minute == minute_of("21:16"):
            before = LIQUIDATIONS_BEFORE_ADL - HYPERLIQUID_FILLS[minute_of("21:15")][0]
            times = [start + 0.9] + [start + 5.5 + _BATCH_S * index for index in range(8)]
            counts = [before, *_shares(rng.uniform(0.5, 1.5, 8).tolist(), total - before)]
        return [self._liquidated(round(at, 3), n, rng) for at, n in zip(times, counts, strict=True) if n]


def _shares(weights: list[float], total: int) -> list[int]:
    """Whole shares of a total in proportion, at least one each where it suffices."""
    floor = 1 if total >= len(weights) else 0
    rest = total - floor * len(weights)
    edges = np.rint(np.cumsum([0.0, *weights]) / max(sum(weights), 1e-9) * rest).astype(int)
    return [int(part) + floor for part in np.diff(edges)]
