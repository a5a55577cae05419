"""Bands of a book that is learnt from a snapshot and deltas, synthetic and as Binance sent it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from math import nan
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.coverage import GROWTH, LOOKBACK_S, SETTLED_S, BandCoverage
from detector.quotes import ASK, BID, CELLS, cell
from detector.signals import depth
from tests.kit.markets import START_S, Scene, find, instrument, ladder, quick_to_learn

BTC = instrument()
TWO_PERCENT = 3


def states(sums: list[float], *, proven: bool = False, known: bool = True) -> list[str]:
    """What a band is called second by second."""
    band, found = BandCoverage(), []
    for second, total in enumerate(sums):
        band.close_second(START_S + second, known=known, proven=proven, depth=total)
        found.append(str(band.state))
    return found


def test_a_band_within_the_snapshots_range_is_proven_at_once() -> None:
    """The best known part of the book would be ignored for minutes."""
    assert states([5.0], proven=True) == ["proven"]


def test_a_band_learnt_from_deltas_is_accrued_once_its_sum_has_stopped_growing() -> None:
    """The book beyond ±0.24 % would never be evaluable, or be believed while it is a tenth of itself."""
    found = states([100.0] * 200)
    assert found[: LOOKBACK_S + SETTLED_S] == ["unwarmed"] * (LOOKBACK_S + SETTLED_S)
    assert set(found[LOOKBACK_S + SETTLED_S :]) == {"accrued"}


@given(growth=st.floats(GROWTH + 0.01, 3.0), seconds=st.integers(1, 600))
def test_a_growing_sum_is_never_evaluable(growth: float, seconds: int) -> None:
    """Growth would become the baseline, and its end a withdrawal."""
    assert set(states([1e6 * growth ** (second / LOOKBACK_S) for second in range(seconds)])) == {"unwarmed"}


def test_one_jump_starts_the_wait_anew() -> None:
    """A band that fills in steps would be believed between them."""
    found = states([100.0] * 100 + [150.0] * 200)
    assert found.index("accrued") == 100 + LOOKBACK_S + SETTLED_S - 1


def test_an_accrued_band_stays_accrued_while_makers_leave_and_return() -> None:
    """The very withdrawal, or the refill after it, would make the band unknown."""
    found = states([100.0] * 150 + [10.0] * 100 + [100.0] * 100)
    assert set(found[150:]) == {"accrued"}


@pytest.mark.parametrize(("known", "total"), [(False, 100.0), (True, nan)])
def test_a_band_of_an_unknown_book_is_unknown_and_accrued_again_after_it(known: bool, total: float) -> None:
    """A gap would read as an empty book, or cost minutes of blindness after it."""
    band = BandCoverage()
    for second in range(150):
        band.close_second(START_S + second, known=True, proven=False, depth=100.0)
    for second in range(150, 155):
        band.close_second(START_S + second, known=known, proven=False, depth=total)
        assert band.state == "unknown"
        assert not band.evaluable
    band.close_second(START_S + 155, known=True, proven=False, depth=100.0)
    assert band.state == "accrued"


def test_it_counts_how_long_it_was_in_each_state() -> None:
    """The report of how much could be seen would be wrong."""
    band = BandCoverage()
    for second in range(130):
        band.close_second(START_S + second, known=second != 125, proven=second >= 127, depth=1.0)
    assert band.seconds == {"proven": 3, "accrued": 6, "unwarmed": 120, "unknown": 1}
    assert sum(band.seconds.values()) == 130


# --- on a book


def near(mid: float) -> tuple[Any, Any]:
    """A snapshot that reaches 0.25 %, as a thousand levels of USD-M BTC do."""
    return ladder(mid, usd=50_000.0, step=0.0001, reach=0.0025)


def shallow() -> Scene:
    """A market with such a snapshot, whose baselines are known after two samples."""
    scene = Scene(BTC)
    quick_to_learn(scene.market(BTC), every_s=5)
    scene.snapshot(BTC, *near(60_000.0))
    scene.close()
    return scene


def test_a_far_delta_never_proves_a_band() -> None:
    """One order 2 % away would make a book of 0.25 % look complete: a collapse to come."""
    scene = shallow()
    bands = scene.market(BTC).quotes.bands
    expected = ["proven", "unwarmed", "unwarmed", "unwarmed"] * 2
    assert [band.state for band in bands] == expected
    scene.delta(BTC, bids=[(60_000 * 0.9801, 1.0)], asks=[(60_000 * 1.0199, 1.0)])
    scene.close()
    assert [band.state for band in bands] == expected


def grow(scene: Scene, *, seconds: int) -> Iterator[float]:
    """Far levels become known one by one, on both sides; yields the 2 % bid depth."""
    bids, asks = ladder(60_000.0, usd=2_000_000.0, step=0.0005, reach=0.02)
    far = list(zip(bids[6:], asks[6:], strict=True))
    for n in range(seconds):
        bid, ask = far[n * len(far) // seconds]
        scene.delta(BTC, bids=[bid], asks=[ask])
        scene.close()
        book = scene.market(BTC).quotes.book
        assert book is not None
        yield book.depth(BID, TWO_PERCENT)


def test_a_growing_band_never_becomes_a_baseline_and_is_one_after_it_has_settled() -> None:
    """The end of the growth would be a withdrawal of what was never there."""
    scene = shallow()
    quotes = scene.market(BTC).quotes
    where = cell(BID, TWO_PERCENT)
    sums = list(grow(scene, seconds=240))
    assert sums[-1] > 5 * sums[0]
    assert quotes.bands[where].state == "unwarmed"
    assert quotes.usual_depth[where].recent == []
    assert quotes.depth_ratio[where] is None
    assert quotes.usual_depth[cell(BID, 0)].recent
    scene.close(LOOKBACK_S + SETTLED_S)
    assert quotes.bands[where].state == "accrued"
    scene.close(10)
    learnt = quotes.usual_depth[where].recent
    assert learnt == pytest.approx([sums[-1]] * len(learnt))
    assert learnt
    assert quotes.depth_ratio[where] == pytest.approx(1.0)


def test_a_book_that_comes_whole_every_time_never_learns_what_lies_beyond_it() -> None:
    """Twenty levels of a few basis points would be told as the depth within two percent."""
    scene = Scene(BTC)
    bands = quick_to_learn(scene.market(BTC)).quotes.bands
    for second in range(LOOKBACK_S + SETTLED_S + 60):
        bids, asks = ladder(60_000.0, usd=10_000.0 + second % 2, step=0.0001, reach=0.002)
        scene.snapshot(BTC, bids, asks, keeps_far_levels=False)
        scene.close()
    assert [band.state for band in bands] == ["proven", "unwarmed", "unwarmed", "unwarmed"] * 2


def test_a_forced_reconnect_is_unknown_while_it_lasts_and_no_withdrawal_after_it() -> None:
    """Every reconnect of a feed would look as if makers had left."""
    scene = shallow()
    quotes = scene.market(BTC).quotes
    list(grow(scene, seconds=120))
    scene.close(LOOKBACK_S + SETTLED_S + 20)
    assert find(depth.evaluate(scene.world), depth.DEPTH).known
    scene.gap(BTC)
    for _ in range(8):
        scene.close()
        assert {band.state for band in quotes.bands} == {"unknown"}
        assert not find(depth.evaluate(scene.world), depth.DEPTH).known
    scene.snapshot(BTC, *near(60_010.0), keeps_far_levels=True)
    for _ in range(180):
        scene.close()
        verdict = find(depth.evaluate(scene.world), depth.DEPTH)
        assert (verdict.known, verdict.severity, verdict.holds) == (True, 0, False)
    assert quotes.bands[cell(BID, TWO_PERCENT)].state == "accrued"


# --- a real recording, with a reconnect forced into its middle

Levels = list[tuple[str, str]]


class Depth(msgspec.Struct):
    """The parts of a Binance frame that a book needs."""

    b: Levels = []
    a: Levels = []
    u: int = 0


class Frame(msgspec.Struct):
    """A combined-stream frame, or a REST snapshot in line."""

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw()
    last_id: int | None = msgspec.field(default=None, name="lastUpdateId")
    bids: Levels = []
    asks: Levels = []


def recorded(path: Path) -> Iterator[tuple[int, int | None, Levels, Levels]]:
    """(receive second, last id of a delta or None for the snapshot, bids, asks) of what a book needs."""
    last_id, waiting = -1, []
    with gzip.open(path) as lines:
        for line in lines:
            if b"@depth" not in line and b"lastUpdateId" not in line:
                continue
            time, _, raw = line.partition(b" ")
            frame = msgspec.json.decode(raw, type=Frame)
            if frame.last_id is not None:
                last_id = frame.last_id
                yield int(time) // 10**9, None, frame.bids, frame.asks
            else:
                delta = msgspec.json.decode(frame.data, type=Depth)
                waiting.append((int(time) // 10**9, delta.u, delta.b, delta.a))
            if last_id >= 0:
                yield from (item for item in waiting if item[1] > last_id)
                waiting.clear()


def thousand(side: dict[str, str], *, best_first: int) -> Levels:
    """The thousand best levels: what a REST snapshot would have shown."""
    return sorted(side.items(), key=lambda level: best_first * float(level[0]))[:1000]


def test_no_depth_verdict_comes_of_a_real_books_growth_nor_of_a_forced_reconnect(shared_data: Path) -> None:
    """Within 2 % of BTC the known depth grows from 73 to 202 million dollars in five minutes at a flat price."""
    scene = Scene(BTC)
    quotes = quick_to_learn(scene.market(BTC), every_s=5).quotes
    sides: tuple[dict[str, str], dict[str, str]] = ({}, {})
    first_s, away, evaluable_s, grown = None, range(255, 263), 0, []
    for time_s, last_id, bids, asks in recorded(shared_data / "binance-raw" / "usdm_btcusdt_20240808.gz"):
        first_s = time_s if first_s is None else first_s
        while time_s - first_s > scene.now_s - START_S:
            scene.close()
            second = scene.now_s - START_S
            verdict = find(depth.evaluate(scene.world), depth.DEPTH)
            assert (verdict.severity, verdict.holds) == (0, False), (second, verdict)
            evaluable_s += verdict.known
            if quotes.book is not None:
                grown.append(quotes.book.depth(ASK, TWO_PERCENT))
            if second == away.start:
                assert verdict.known
                scene.gap(BTC)
            elif second in away:
                assert not verdict.known
            elif second == away.stop:
                best = thousand(sides[BID], best_first=-1), thousand(sides[ASK], best_first=1)
                scene.snapshot(BTC, best[BID], best[ASK])
        for side, changed in zip(sides, (bids, asks), strict=True):
            side |= dict(changed)
            for price in [price for price, qty in changed if not float(qty)]:
                del side[price]
        if last_id is None:
            scene.snapshot(BTC, bids, asks)
        elif scene.now_s - START_S not in away:
            scene.delta(BTC, bids, asks)
    assert max(grown) > 1.5 * grown[5]
    assert evaluable_s > 120
    assert quotes.bands[cell(ASK, TWO_PERCENT)].state == "accrued"
    assert sum(quotes.bands[0].seconds.values()) == len(grown)
    assert all(band.seconds["unknown"] == len(away) for band in quotes.bands), CELLS
