"""Compiled, interpreted and brute force agree: on random streams, and on what Binance really sent."""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import kernel_twins
from tests.kit.brute_book import BruteBook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # without an installed extension the first test compiles one

Message = tuple[str, bytes, bytes]
"""`keep` or `replace` (snapshots) or `delta`; bids; asks."""

NEAR = pytest.approx
_LEVELS = rb"(\[(?:\[[^]]*\],? ?)*\])"
_DELTA = re.compile(rb'"u":(\d+).*?"b": ?' + _LEVELS + rb', ?"a": ?' + _LEVELS)
_SNAPSHOT = re.compile(rb'"lastUpdateId": ?(\d+).*?"bids": ?' + _LEVELS + rb', ?"asks": ?' + _LEVELS)


@pytest.fixture(scope="session")
def interpreted() -> ModuleType:
    """The kernel as ordinary Python."""
    return kernel_twins.interpreted()


@pytest.fixture(scope="session")
def twins(interpreted: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> list[ModuleType]:
    """The interpreted kernel and the compiled one."""
    try:
        compiled = kernel_twins.compiled(tmp_path_factory.mktemp("compiled"))
    except kernel_twins.NoCompilerError as error:
        pytest.skip(str(error))
    assert compiled.COMPILED
    assert not interpreted.COMPILED
    return [interpreted, compiled]


def apply(book: Any, message: Message) -> bool:
    """Whether the book took the message."""
    kind, bids, asks = message
    try:
        if kind == "delta":
            book.apply_delta(bids, asks)
        else:
            book.apply_snapshot(bids, asks, kind == "keep")
    except ValueError:
        return False
    return True


def numbers(book: Any) -> list[float]:
    """Everything that a book says about itself, for comparison to the bit."""
    said = [book.depth(side, band) for side in (0, 1) for band in range(4)]
    said += [book.best_bid, book.best_ask, book.mid, book.spread, book.crossed, book.changes]
    for side in (0, 1):
        said += [book.proven(side), book.levels(side)]
    return said


def assert_like_brute(book: Any, brute: BruteBook) -> None:
    """Exact where exactness is defined, within 1e-9 where floats are summed in another order."""
    assert repr(book.mid) == repr(brute.mid)
    assert [book.levels(0), book.levels(1)] == [len(brute.sides[0]), len(brute.sides[1])]
    assert book.changes == brute.changes
    assert [book.proven(0), book.proven(1)] == [brute.proven(0), brute.proven(1)]
    depths = [book.depth(side, band) for side in (0, 1) for band in range(4)]
    assert depths == NEAR(brute.depths(), rel=1e-9, abs=0.0, nan_ok=True)


# --- random streams


def _price(ticks: int, form: int) -> str:
    # The same price in the forms that venues use; form 3 is off the coarse grid.
    text = f"{ticks // 10}.{ticks % 10}"
    return [f'"{text}"', f'"{text}000"', text, f'"{text}0{ticks % 7}"', f'"{ticks}e-1"', f'"{ticks}E-1"'][form]


QTYS = ['"0"'] * 4 + ['"0.000"', "1", '"2.5"', '"0.123456789"', "12.75", '"1e3"', '"1e20"', '"7e-9"']
JUNK = ["NaN", '"-1"', '"1e999"', "null", '"nan"', '"inf"', '""', '"1_0"', '" 1"', "[]", '"0x1"', '"1."', "01"]
TAILS = [',"0","1"', ",null", ', 1.5 , "x"', ",{}", ",-", ',"']


def _levels(random: Random, mid: int, sign: int) -> bytes:
    rows = []
    for _ in range(random.randint(0, 8)):
        away = random.choice([random.randint(1, 40), random.randint(1, mid // 20 + 1), random.randint(1, mid)])
        # Now and then on the wrong side, so that books cross and empty.
        ticks = max(mid + away * (sign if random.random() < 0.99 else -sign), 1)
        price = _price(ticks, random.choice([0] * 12 + [1] * 3 + [2, 3, 4, 5]))
        qty = random.choice(QTYS)
        if random.random() < 0.005:
            price, qty = random.choice([(price, random.choice(JUNK)), (random.choice(JUNK), qty), ('"0.0"', qty)])
        rows.append(f"[{price},{qty}{random.choice(TAILS) if random.random() < 0.02 else ''}]")
    gap = random.choice(["", "", "", " ", "\n\t"])
    text = f"[{gap}{f',{gap}'.join(rows)}{gap}]"
    if random.random() < 0.01:
        text = text[: random.randint(0, len(text))]
    return text.encode()


def _stream(seed: int, length: int) -> list[Message]:
    random = Random(seed)
    mid = random.choice([30, 900, 61_803, 200_000])
    messages: list[Message] = []
    moved = False
    for _ in range(length):
        # A moved mid leaves levels on the wrong side: mostly a snapshot takes them away.
        kind = random.choice(["delta", "keep", "replace", "replace"] if moved else ["delta"] * 12 + ["keep"])
        messages.append((kind, _levels(random, mid, -1), _levels(random, mid, 1)))
        before, mid = mid, max(10, round(mid * random.choice([1.0] * 9 + [0.999, 1.001, 1.02, 0.9, 0.6, 1.7])))
        moved = before != mid
    return messages


# Messages around a mid that drifts and crashes. Seeded, for a draw for each level would cost more than the books.
streams = st.builds(_stream, seed=st.integers(0, 2**32), length=st.integers(1, 40))


@pytest.mark.slow
@settings(max_examples=100)
@given(stream=streams, inverse=st.booleans(), tick=st.sampled_from([0.0, 0.1, 0.01, 5.0]))
def test_an_interpreted_book_agrees_with_brute_force(
    interpreted: ModuleType, stream: list[Message], inverse: bool, tick: float
) -> None:
    """Depth in an alert would be wrong without any other sign of it."""
    book, brute = interpreted.Book(10.0, inverse, tick), BruteBook(10.0, inverse)
    for message in stream:
        before = numbers(book)
        assert apply(book, message) == apply(brute, message), message
        assert_like_brute(book, brute)
        if not apply(BruteBook(10.0, inverse), message):
            assert repr(numbers(book)) == repr(before)


@settings(max_examples=100)
@given(stream=streams, inverse=st.booleans(), tick=st.sampled_from([0.0, 0.1, 5.0]), restart=st.integers(0, 25))
def test_a_compiled_book_is_the_interpreted_book_to_the_bit(
    twins: list[ModuleType], stream: list[Message], inverse: bool, tick: float, restart: int
) -> None:
    """The same recording would raise different alerts on machines with and without a compiler, or after a restart."""
    books = [twin.Book(0.001, inverse, tick) for twin in twins]
    for number, message in enumerate(stream):
        if number == restart:
            restored = twins[0].Book(0.001, inverse, tick)
            restored.load(books[1].dump())
            books.append(restored)
        assert len({apply(book, message) for book in books}) == 1
        assert len({repr(numbers(book)) for book in books}) == 1
    assert len({book.dump() for book in books}) == 1


# --- real recordings


def recorded(path: Path) -> Iterator[Message]:
    """The first snapshot of a Binance recording of one symbol, and the deltas that it does not hold."""
    last_id = -1
    waiting: list[tuple[int, Message]] = []
    with gzip.open(path) as lines:
        for line in lines:
            if last_id < 0 and (found := _SNAPSHOT.search(line)):
                last_id = int(found[1])
                yield "keep", found[2], found[3]
            elif b'"depthUpdate"' in line and (found := _DELTA.search(line)):
                waiting.append((int(found[1]), ("delta", found[2], found[3])))
            if last_id >= 0:
                yield from (message for last, message in waiting if last > last_id)
                waiting.clear()


RECORDINGS = [
    ("usdm_btcusdt_20240808.gz", 1.0, False),
    ("usdm_ethusdt_20240808.gz", 1.0, False),
    ("cm_btcusd_perp_20240808.gz", 100.0, True),
    ("spot_btcusdt_20240808.gz", 1.0, False),
]


@pytest.mark.parametrize(("name", "contract_value", "inverse"), RECORDINGS)
def test_books_of_real_recordings_agree(
    shared_data: Path, twins: list[ModuleType], name: str, contract_value: float, inverse: bool
) -> None:
    """Generated streams lack what venues do: thousands of levels, far orders, bursts."""
    books = [twin.Book(contract_value, inverse) for twin in twins]
    brute = BruteBook(contract_value, inverse)
    crossed = 0
    for number, message in enumerate(islice(recorded(shared_data / "binance-raw" / name), 1500)):
        assert [apply(book, message) for book in [*books, brute]] == [True] * 3
        assert repr(numbers(books[0])) == repr(numbers(books[1]))
        crossed += books[0].crossed
        if number % 50 == 0:
            assert_like_brute(books[0], brute)
    assert number > 1000
    assert crossed == 0
    assert books[0].dump() == books[1].dump()


# --- windows

SPANS = (10, 100, 1000)
_steps = st.tuples(
    st.sampled_from(["add", "add", "add", "ask", "restore"]),
    st.integers(-5, 60) | st.integers(0, 1500),
    st.integers(-(10**15), 10**15).map(lambda thousandths: thousandths / 1000),
)


@settings(max_examples=100)
@given(steps=st.lists(_steps, max_size=120))
def test_windows_agree_with_brute_force_and_each_other(
    twins: list[ModuleType], steps: list[tuple[str, int, float]]
) -> None:
    """A liquidation rate would be wrong, or differ between machines."""
    windows = [twin.Window(SPANS) for twin in twins]
    entries: list[tuple[int, float]] = []
    now = newest = 1_700_000_000_000_000_000
    for kind, later, value in steps:
        now += later
        if kind == "add":
            newest = max(now, newest)
            entries.append((newest, value))
            for window in windows:
                window.add(now, value)
        elif kind == "restore":
            data = windows[1].dump()
            assert data == windows[0].dump()
            windows[0] = twins[0].Window(SPANS)
            windows[0].load(data)
        now = max(now, newest)
        for i, span in enumerate(SPANS):
            inside = [held for ts, held in entries if now - span < ts]
            sums = [window.sum(i, now) for window in windows]
            assert repr(sums[0]) == repr(sums[1])
            assert sums[0] == NEAR(math.fsum(inside), rel=1e-9, abs=1e-9 * max(map(abs, inside), default=0.0))
            assert [window.count(i, now) for window in windows] == [len(inside)] * 2
            assert inside or sums[0] == 0.0
