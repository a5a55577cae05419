"""What a depth message costs: the compiled kernel, the same file interpreted, and plain Python books, in one run.

`python -m benchmarks.kernel [--json]`. Each message is raw JSON levels in and six exact band depths out. Candidates
take turns round by round, so that ratios hold on a busy machine. Real frames where `../shared/data` has them, else
generated ones.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import sys
import tempfile
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.kit import kernel_twins

RECORDING = Path(__file__).resolve().parents[2] / "shared" / "data" / "binance-raw" / "usdm_btcusdt_20240808.gz"
MESSAGES = 3000
BANDS = (0.005, 0.01, 0.02)
LEAST_RATIO = 8.0
"""Compiled against the best plain Python: below this the extension would not be worth its build."""
_LEVELS = rb"(\[(?:\[[^]]*\],?)*\])"
_SNAPSHOT = re.compile(rb'"bids":' + _LEVELS + rb',"asks":' + _LEVELS)
_DELTA = re.compile(rb'"b":' + _LEVELS + rb',"a":' + _LEVELS)

Levels = tuple[bytes, bytes]


class Stream(NamedTuple):
    """A snapshot and the deltas after it."""

    source: str
    snapshot: Levels
    deltas: list[Levels]
    changes: float
    """Level changes in a message, on average."""


class SortedBook:
    """Plain Python at its best: dicts, sorted lists of keys, running sums whose edges are walked."""

    def __init__(self) -> None:
        self.usd: list[dict[float, float]] = [{}, {}]
        self.keys: list[list[float]] = [[], []]  # negative prices for bids, so that the best comes first
        self.sums = [[0.0] * 3, [0.0] * 3]
        self.edges = [[float("-inf")] * 3, [float("-inf")] * 3]

    def _put(self, side: int, rows: list[list[str]]) -> None:
        usd, keys, sums, edges = self.usd[side], self.keys[side], self.sums[side], self.edges[side]
        sign = 1.0 if side else -1.0
        for row in rows:
            price, qty = float(row[0]), float(row[1])
            key = sign * price
            old = usd.get(key, 0.0)
            if qty:
                if not old:
                    insort(keys, key)
                usd[key] = qty * price
            elif old:
                del keys[bisect_left(keys, key)]
                del usd[key]
            for band in range(3):
                if key <= edges[band]:
                    sums[band] += qty * price - old

    def _follow(self, side: int, mid: float) -> None:
        usd, keys = self.usd[side], self.keys[side]
        for band, width in enumerate(BANDS):
            edge = mid * (1 + width) if side else -mid * (1 - width)
            old = self.edges[side][band]
            low, high = bisect_left(keys, min(old, edge)), bisect_left(keys, max(old, edge))
            passed = sum(map(usd.__getitem__, keys[low:high]))
            self.sums[side][band] += passed if edge > old else -passed
            self.edges[side][band] = edge

    def apply(self, bids: bytes, asks: bytes) -> list[float]:
        """Six depths after a message."""
        self._put(0, orjson.loads(bids))
        self._put(1, orjson.loads(asks))
        mid = (self.keys[1][0] - self.keys[0][0]) / 2
        self._follow(0, mid)
        self._follow(1, mid)
        return self.sums[0] + self.sums[1]


class ScannedBook:
    """Plain Python at its simplest: two dicts, scanned for every message."""

    def __init__(self) -> None:
        self.qty: list[dict[float, float]] = [{}, {}]

    def apply(self, bids: bytes, asks: bytes) -> list[float]:
        """Six depths after a message."""
        for levels, rows in zip(self.qty, (bids, asks), strict=True):
            for row in orjson.loads(rows):
                price, qty = float(row[0]), float(row[1])
                if qty:
                    levels[price] = qty
                else:
                    levels.pop(price, None)
        mid = (max(self.qty[0]) + min(self.qty[1])) / 2
        low, high = ([mid * (1 + sign * width) for width in BANDS] for sign in (-1, 1))
        sums = [sum(price * qty for price, qty in self.qty[0].items() if price >= edge) for edge in low]
        return sums + [sum(price * qty for price, qty in self.qty[1].items() if price <= edge) for edge in high]


def recorded() -> Stream:
    """USD-M BTC as Binance sent it, 2024-08-08."""
    snapshot: Levels | None = None
    deltas: list[Levels] = []
    with gzip.open(RECORDING) as lines:
        for line in lines:
            if snapshot is None:
                if b'"lastUpdateId"' in line and (found := _SNAPSHOT.search(line)):
                    snapshot = found[1], found[2]
            elif b'"depthUpdate"' in line and (found := _DELTA.search(line)):
                deltas.append((found[1], found[2]))
            if len(deltas) == MESSAGES:
                break
    if snapshot is None:
        raise ValueError(f"no snapshot in {RECORDING}")
    return _stream(f"recorded {RECORDING.name}", snapshot, deltas)


def generated() -> Stream:
    """40 changes a message around a mid that walks, most of them near it."""
    rng = random.Random(7)
    mid = 600_000

    def levels(sign: int, count: int) -> bytes:
        rows = []
        for _ in range(count):
            ticks = mid + sign * (1 + int(rng.expovariate(1 / 400)))
            qty = rng.choice([0.0, rng.random() * 5, rng.random()])
            rows.append([f"{ticks / 10:.2f}", f"{qty:.3f}"])
        return orjson.dumps(rows)

    snapshot = levels(-1, 2000), levels(1, 2000)
    deltas = []
    for _ in range(MESSAGES):
        # What mid leaves behind is removed, as on a venue.
        before, mid = mid, mid + rng.choice([-3, -1, 0, 0, 0, 0, 1, 3])
        passed = [[f"{ticks / 10:.2f}", "0.000"] for ticks in range(min(before, mid), max(before, mid) + 1)]
        bids, asks = orjson.loads(levels(-1, 20)), orjson.loads(levels(1, 20))
        deltas.append((orjson.dumps((passed + bids)[:20]), orjson.dumps((passed + asks)[:20])))
    return _stream("generated", snapshot, deltas)


def _stream(source: str, snapshot: Levels, deltas: list[Levels]) -> Stream:
    changes = sum(bids.count(b"[") + asks.count(b"[") - 2 for bids, asks in deltas)
    return Stream(source, snapshot, deltas, changes / len(deltas))


def _kernel(kernel: Any) -> Callable[[Stream, int], list[float]]:
    def run(stream: Stream, messages: int) -> list[float]:
        book = kernel.Book(1.0, False)
        book.apply_snapshot(*stream.snapshot, True)
        depth, apply = book.depth, book.apply_delta
        begin = time.perf_counter()
        for bids, asks in islice(stream.deltas, messages):
            apply(bids, asks)
            sums = [depth(0, 1), depth(0, 2), depth(0, 3), depth(1, 1), depth(1, 2), depth(1, 3)]
        return [(time.perf_counter() - begin) / messages, *sums]

    return run


def _plain(kind: type[SortedBook | ScannedBook]) -> Callable[[Stream, int], list[float]]:
    def run(stream: Stream, messages: int) -> list[float]:
        book = kind()
        book.apply(*stream.snapshot)
        begin = time.perf_counter()
        for bids, asks in islice(stream.deltas, messages):
            sums = book.apply(bids, asks)
        return [(time.perf_counter() - begin) / messages, *sums]

    return run


def measure(rounds: int) -> dict[str, Any]:
    """Medians over the rounds, and a check that all candidates say the same."""
    stream = recorded() if RECORDING.exists() else generated()
    # Each with the share of the stream that it can do in a second or so.
    candidates = {
        "interpreted": (_kernel(kernel_twins.interpreted()), len(stream.deltas)),
        "dict + bisect": (_plain(SortedBook), len(stream.deltas)),
        "dict, scanned": (_plain(ScannedBook), len(stream.deltas) // 10),
    }
    with tempfile.TemporaryDirectory() as directory:
        try:
            compiled = kernel_twins.compiled(Path(directory), "-O3")
        except kernel_twins.NoCompilerError as error:
            sys.stderr.write(f"compiled kernel left out: {error}\n")
        else:
            candidates = {"compiled": (_kernel(compiled), len(stream.deltas)), **candidates}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    said: dict[int, dict[str, list[float]]] = {}
    for _ in range(rounds):
        for name, (run, messages) in candidates.items():
            seconds, *depths = run(stream, messages)
            times[name].append(seconds * 1e6)
            said.setdefault(messages, {})[name] = depths
    for answers in said.values():
        first = next(iter(answers.values()))
        for depths in answers.values():
            assert all(abs(a - b) <= 1e-6 * abs(a) for a, b in zip(first, depths, strict=True)), answers
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    fastest = min(medians.values())
    return {
        "stream": stream.source,
        "messages": len(stream.deltas),
        "changes_per_message": round(stream.changes, 1),
        "candidates": {
            name: {
                "us_per_message": round(median, 2),
                "us_per_40_changes": round(median * 40 / stream.changes, 2),
                "messages_per_s": round(1e6 / median),
                "times_the_fastest": round(median / fastest, 1),
            }
            for name, median in medians.items()
        },
    }


def main() -> None:
    """Print the table, or JSON; fail when the compiled kernel is not worth compiling."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    result = measure(options.rounds)
    candidates = result["candidates"]
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{result['stream']}: {result['messages']} messages, {result['changes_per_message']} changes each")
        print(f"{'':14} {'us/message':>11} {'us/40 changes':>14} {'messages/s':>11} {'x':>6}")
        for name, row in candidates.items():
            print(
                f"{name:14} {row['us_per_message']:11.2f} {row['us_per_40_changes']:14.2f} "
                f"{row['messages_per_s']:11d} {row['times_the_fastest']:6.1f}"
            )
    if "compiled" in candidates:
        ratio = candidates["dict + bisect"]["us_per_message"] / candidates["compiled"]["us_per_message"]
        assert ratio >= LEAST_RATIO, f"compiled is only {ratio:.1f} times as fast as plain Python"


if __name__ == "__main__":
    main()
