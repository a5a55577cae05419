"""Trades of every market, minute by minute: counts from the activity, prices from the world, sizes from lambda."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.activity import DRYING, Activity
from producers.reconstruction.bins import busy_bin, calm_bin
from producers.reconstruction.btc import TRIGGER_SECOND
from producers.reconstruction.facts import (
    CALM_LAMBDA_BP,
    FIRST_MINUTE,
    MINUTES,
    minute_of,
)
from producers.reconstruction.liquidity import depth_share, half_spread
from producers.reconstruction.markets import ALTS, MARKETS, Market, is_alt
from producers.reconstruction.off_book import Trades, off_book_fills, with_off_book
from producers.reconstruction.prices import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CALM_BIN = 16.0
_DAMPING = 0.6
"""Other markets' rates grow with this power of the alts': majors were less of a multiple busier."""
_INSIDE = 0.25
_SILENT_MOVE = 8e-4
_END_OF_SECOND = 0.84
_CALM_LOOK_S = 6
_USUAL_LAMBDA_SPREAD = 0.25


class Flow:
    """Draws each minute's trades. The twin trades at the cascade's times and sides at calm prices; a repricing follows
    its own prices, in the cascade's sizes.
    """

    def __init__(self, *, seed: int, activity: Activity, cascade: World, shown: World) -> None:
        self._seed = seed
        self._activity = activity
        self._cascade = cascade
        self._shown = shown
        self._led_by = shown if shown.macro else cascade
        self._next_id = {market: 1_000_000 * (index + 20) for index, market in enumerate(MARKETS)}
        self._alts = [next(m for m in MARKETS if is_alt(m) and m.base == base) for base in ALTS]
        self._half = {m: half_spread(m, depth_share(m, twin=shown.twin)) for m in MARKETS}
        for market in MARKETS:
            if market.base in ("BTC", "ETH"):  # much trades inside a wide spread of the majors
                self._half[market] *= _INSIDE
        self._last_log: dict[Market, float] = {}
        self._kept_scale: dict[Market, float] = {}

    def minute(self, minute: int) -> dict[Market, Trades]:
        """All markets' trades in one minute of the day."""
        rng = np.random.default_rng([self._seed, 6, minute])
        drawn: dict[Market, tuple[Floats, NDArray[np.bool_]]] = self._alts_minute(minute, rng)
        for market in MARKETS:
            if market not in drawn:
                drawn[market] = self._other_minute(market, minute, rng)
        result: dict[Market, Trades] = {}
        for market, (at_s, sold) in drawn.items():
            when = self._followed(market, (minute - FIRST_MINUTE) * 60, at_s)
            order = np.argsort(when, kind="stable")
            result[market] = self._priced(market, minute, when[order], sold[order], rng)
        return result

    def _alts_minute(self, minute: int, rng: np.random.Generator) -> dict[Market, tuple[Floats, NDArray[np.bool_]]]:
        start = (minute - FIRST_MINUTE) * 60
        paths = np.array([self._led_by.mid(market)[start : start + 61] for market in self._alts])
        steps = np.diff(paths, axis=1)
        push = np.clip(steps / (steps.std(axis=1, keepdims=True) + 1e-9), -2.5, 2.5)
        earlier = [
            self._led_by.mid(market)[np.maximum(np.arange(start, start + 60) - _CALM_LOOK_S, 0)]
            for market in self._alts
        ]
        drift = paths[:, :60] - np.array(earlier)
        drift = drift / (drift.std() + 1e-9)
        shares = np.log([market.share for market in self._alts])
        calm = minute < minute_of("20:50")
        chosen: list[list[tuple[Ints, bool]]] = []
        for index in range(6):
            bin_ = (minute - FIRST_MINUTE) * 6 + index
            counts = [int(column[bin_]) for column in self._activity]
            by_second = push[:, index * 10 : index * 10 + 10]
            if calm:
                chosen.append(calm_bin(counts[0], counts[1], drift[:, index * 10 : index * 10 + 10], rng))
            else:
                first = TRIGGER_SECOND * 10 if minute == minute_of("20:50") and index == 0 else 0
                chosen.append(busy_bin(counts, shares, np.repeat(by_second, 10, axis=1).ravel(), first, rng))
        offset = rng.integers(0, 100, (12, 600))
        times: list[list[Floats]] = [[] for _ in ALTS]
        sides: list[list[NDArray[np.bool_]]] = [[] for _ in ALTS]
        for index, groups in enumerate(chosen):
            for slots, sold in groups:
                alt, slot = slots // 100, slots % 100 + index * 100
                at_s = start + slot / 10 + offset[alt, slot] / 1000
                for which in range(12):
                    mine = at_s[alt == which]
                    times[which].append(mine)
                    sides[which].append(np.full(mine.size, sold))
        return {m: (np.concatenate(times[i]), np.concatenate(sides[i])) for i, m in enumerate(self._alts)}

    def _other_minute(self, market: Market, minute: int, rng: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
        start = (minute - FIRST_MINUTE) * 60
        bins = slice((minute - FIRST_MINUTE) * 6, (minute - FIRST_MINUTE) * 6 + 6)
        pooled, sells = self._activity.trades[bins], self._activity.sells[bins]
        expected = market.share * _CALM_BIN * (pooled / _CALM_BIN) ** _DAMPING * rng.uniform(0.85, 1.15, 6)
        counts = np.floor(expected + rng.random(6)).astype(np.int64)
        which = np.repeat(np.arange(6), counts)
        inside = np.floor(rng.random(which.size) * 10_000) / 1000
        if minute == minute_of("20:50"):
            inside[which == 0] = TRIGGER_SECOND + inside[which == 0] / 2
        at_s = start + which * 10 + inside
        path = self._led_by.mid(market)[start : start + 61]
        step = np.diff(path)[np.minimum((at_s - start).astype(np.int64), 59)]
        chance = (sells / pooled)[which] - 0.25 * np.sign(step)
        sold = rng.random(which.size) < chance
        if market.base == "BTC" and market.venue == "binance-coinm":
            at_s = np.maximum(at_s, start + 1.0)  # by then the price is inside the minute's published range
            extremes = np.array([int(np.argmin(path[1:])) + 1, int(np.argmax(path[1:])) + 1, 59]).clip(0, 59)
            return np.concatenate([at_s, start + extremes + 0.001, [start + 59.9]]), np.append(
                sold, [True, False, True, True]
            )
        moved = self._moved_silently(market, start, at_s)
        after = self._led_by.mid(market)
        return np.concatenate([at_s, moved + _END_OF_SECOND]), np.concatenate([sold, after[moved + 1] < after[moved]])

    def _moved_silently(self, market: Market, start: int, at_s: Floats) -> Ints:
        """Seconds in which the price had moved and nobody had traded: in truth somebody did, thinning took it."""
        path = self._led_by.mid(market)[start : start + 61]
        traded = np.zeros(60, np.bool_)
        traded[np.minimum((at_s - start).astype(np.int64), 59)] = True
        last = float(self._led_by.mid(market)[max(0, start - 1)])
        found = []
        for second, now in enumerate(path[1:].tolist()):
            moved = abs(now - last) > _SILENT_MOVE
            if moved and not traded[second]:
                found.append(start + second)
            if moved or traded[second]:
                last = now
        return np.array(found, np.int64)

    def _followed(self, market: Market, start: int, at_s: Floats) -> Floats:
        """Where the price runs, a second's last order comes at its end: no book is left far behind the last trade."""
        if not at_s.size:
            return at_s
        second = np.minimum((at_s - start).astype(np.int64), 59)
        last = np.zeros(60)
        np.maximum.at(last, second, at_s)
        runs = np.abs(np.diff(self._led_by.mid(market)[start : start + 61])) > _SILENT_MOVE / 2
        late = runs[second] & (at_s == last[second])
        return np.where(late, np.maximum(at_s, start + second + _END_OF_SECOND), at_s)

    def _priced(
        self, market: Market, minute: int, at_s: Floats, sold: NDArray[np.bool_], rng: np.random.Generator
    ) -> Trades:
        start = (minute - FIRST_MINUTE) * 60
        grid = np.arange(start, start + 61)
        mid = np.interp(at_s, grid, self._shown.mid(market)[start : start + 61])
        half = np.interp(at_s, grid, self._half[market][start : start + 61])
        ticks = np.maximum(1, np.rint(np.exp(mid) * np.where(sold, 1 - half, 1 + half) / market.tick)).astype(np.int64)
        dollars = np.exp(rng.normal(0, 0.7, at_s.size))
        if is_alt(market):
            dried_up = self._shown.macro and minute >= DRYING[0]
            dollars *= (
                self._scale_before_the_void(market)
                if dried_up
                else self._dollar_scale(market, minute, at_s, sold, dollars, rng)
            )
        else:
            dollars *= market.depth_per_bp_usd / 60
        price = ticks * market.tick
        lots = np.maximum(1, np.rint(dollars / (market.contract_usd or price * market.lot))).astype(np.int64)
        kind = np.zeros(at_s.size, np.int64)
        first = self._next_id[market]
        ids = first + np.arange(at_s.size)
        trades = Trades(at_s, ticks, lots, sold, ids, kind)
        hidden = 0 if self._shown.twin else off_book_fills(market, minute)
        if hidden:
            trades = with_off_book(trades, hidden, minute, rng)
        self._next_id[market] = first + at_s.size + hidden
        return trades

    def _scale_before_the_void(self, market: Market) -> float:
        """What the sizes of a repricing stay at: those of the cascade's last minute in which books still worked."""
        if not self._kept_scale:
            minute = DRYING[0] - 1
            rng = np.random.default_rng([self._seed, 6, minute])
            for alt, (at_s, sold) in self._alts_minute(minute, rng).items():
                sizes = np.exp(rng.normal(0, 0.7, at_s.size))
                order = np.argsort(at_s, kind="stable")
                self._kept_scale[alt] = self._dollar_scale(alt, minute, at_s[order], sold[order], sizes, rng)
        return self._kept_scale[market]

    def _dollar_scale(
        self,
        market: Market,
        minute: int,
        at_s: Floats,
        sold: NDArray[np.bool_],
        sizes: Floats,
        rng: np.random.Generator,
    ) -> float:
        """Dollars by which unit sizes are multiplied for the minute's price impact to be the published one."""
        row = MINUTES.get(minute)
        wanted = CALM_LAMBDA_BP * (row.lambda_x if row else (1.0 if minute < minute_of("20:50") else 8.0))
        wanted *= float(np.exp(rng.normal(0, _USUAL_LAMBDA_SPREAD)))
        start = (minute - FIRST_MINUTE) * 60
        second = np.minimum((at_s - start).astype(np.int64), 59)
        half = self._half[market][start] if not self._shown.twin else 0.0
        logs = np.interp(at_s, np.arange(start, start + 61), self._cascade.mid(market)[start : start + 61])
        logs = logs + np.where(sold, -half, half)
        previous = self._last_log.get(market, float(self._cascade.mid(market)[start]))
        last = np.full(61, np.nan)
        last[0] = previous
        last[second + 1] = logs
        seen = np.maximum.accumulate(np.where(np.isnan(last), 0, np.arange(61)))
        move = np.diff(last[seen]) * 1e4
        signed = np.bincount(second, np.where(sold, -sizes, sizes), 60)
        if at_s.size:
            self._last_log[market] = float(logs[-1])
        spread = float(signed.std()) or 1.0
        slope = float(((move - move.mean()) * (signed - signed.mean())).mean()) / spread**2
        slope = max(slope, 0.15 * float(move.std()) / spread, 1e-6)
        return float(np.clip(slope / wanted * 1e5, 30.0, 400_000.0))
