"""What two producers of one venue bring counts once, for any interleaving of copies less than ten seconds apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from detector.duplicates import Duplicates
from schemas.base import Event
from schemas.market import Adl, Liquidation, Trade
from tests.kit.moments import MS, T0, S, header, trade

Said = tuple[Event, str]


def liquidation(ms: int, number: int | str | None = None) -> Liquidation:
    """A forced close, equal to all others of its time where it has no number."""
    return Liquidation(
        **header(ms),
        liquidated="long",
        price=2.0,
        price_kind="fill",
        qty_base=1.0,
        notional_usd=2.0,
        sampled=True,
        liquidation_id=number,
    )


def adl(ms: int, number: int | str | None = None) -> Adl:
    """A deleveraging, likewise."""
    return Adl(**header(ms), deleveraged="short", price=2.0, qty_base=1.0, notional_usd=2.0, adl_id=number)


@st.composite
def told_twice(draw: st.DrawFn) -> tuple[list[list[Said]], list[Said]]:
    """What each of some producers said, and the log: copies of one history, less than ten seconds apart.

    Producers join, stop, and come back under another name having gone back a little.
    """
    times = sorted(draw(st.lists(st.integers(0, 60_000), min_size=1, max_size=40)))
    kinds = st.sampled_from((liquidation, adl))
    history: list[Event] = []
    for ms in times:
        second = ms // S
        numbers = st.sampled_from((None, None, f"x{second}", second))
        history.append(draw(kinds)(second * S, draw(numbers)) if draw(st.booleans()) else liquidation(ms))
    history.sort(key=lambda event: event.ts_event_ns)
    streams: list[list[Said]] = []
    log: list[tuple[int, int, Said]] = []
    for name in ("A", "B", "A2")[: draw(st.integers(1, 3))]:
        first, last = sorted((draw(st.integers(-1, 60_001)), draw(st.integers(-1, 60_001))))
        stream: list[Said] = []
        at_ns = 0
        for event in history:
            if first * MS <= event.ts_event_ns - T0 <= last * MS:
                at_ns = max(at_ns, event.ts_event_ns + draw(st.integers(0, 9_900)) * MS)
                stream.append((event, name))
                log.append((at_ns, len(log), (event, name)))
        streams.append(stream)
    return streams, [said for _, _, said in sorted(log, key=lambda entry: entry[:2])]


def most_said(streams: Iterable[list[Said]]) -> Counter[Event]:
    """How often each fact was brought by the producer that brought it most often."""
    most: Counter[Event] = Counter()
    for stream in streams:
        most |= Counter(event for event, _ in stream)
    return most


@given(told_twice(), st.integers(0, 2**32 - 1).map(Random))
def test_a_liquidation_never_counts_twice_and_none_is_lost(
    told: tuple[list[list[Said]], list[Said]], random: Random
) -> None:
    """The sum of liquidations is what alerts are made of."""
    streams, log = told
    duplicates, taken = Duplicates(), Counter[Event]()
    for event, producer in log:
        if duplicates.fresh(event, producer):
            taken[event] += 1
        if random.random() < 0.2:
            duplicates = msgspec.msgpack.decode(msgspec.msgpack.encode(duplicates), type=Duplicates)
    assert taken == most_said(streams)


@given(st.integers(0, 2**32 - 1).map(Random))
def test_a_numbered_print_never_counts_twice_and_none_is_lost(random: Random) -> None:
    """Flow is what alerts are made of, too."""
    log: list[tuple[int, int, tuple[Trade, str]]] = []
    for name in ("A", "B"):
        at = 0
        for number in range(random.randint(0, 20), random.randint(20, 60)):
            if random.random() < 0.9:
                at = max(at, number * 100 + random.randint(0, 9_000))
                log.append((at, len(log), (trade(number * 100, number), name)))
    duplicates = Duplicates()
    said = [
        (event.ts_event_ns, duplicates.fresh(event, name)) for *_, (event, name) in sorted(log, key=lambda e: e[:2])
    ]
    taken = [ns for ns, is_fresh in said if is_fresh]
    assert len(taken) == len(set(taken))
    # What lies before the first print of all may be history.
    assert set(taken) == {ns for ns, _ in said if ns >= taken[0]}
