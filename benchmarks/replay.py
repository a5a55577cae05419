"""Where the time of a replay goes: reading, engine, and the kernel's share of it, in one run.

`python -m benchmarks.replay [FILE…]` replays recordings (the bundled ones by default) three times each.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from detector import kernel
from detector.engine import Engine
from detector.quotes import CELLS
from producers.bundled import CALM_SECONDS
from producers.replay import Replay
from producers.tables.known import is_table
from producers.tables.replay import TableReplay
from producers.venues.registry import venues_of
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot

RUNS = 3
Message = tuple[Instrument, BookSnapshot | BookDelta]


def main() -> None:
    """Print one line a part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=list(CALM_SECONDS))
    files = parser.parse_args().files
    batches = _read(files)
    events = sum(map(len, batches))
    reading_s = _median(lambda: _read(files))
    engine_s = _median(lambda: _feed(batches))
    messages = _book_messages(batches)
    kernel_s = _median(lambda: _books(messages))
    total_s = reading_s + engine_s
    engine = _feed(batches)
    span_s = (engine.newest_ns - engine.first_ns) / 1e9
    flavour = "compiled" if kernel.COMPILED else "interpreted"
    print(f"{len(files)} files, {events:,} events, {span_s:,.0f} s of recording, {RUNS} runs, medians")
    print(f"read and parse  {reading_s:7.2f} s  {reading_s / events * 1e6:6.2f} us/event")
    print(f"engine          {engine_s:7.2f} s  {engine_s / events * 1e6:6.2f} us/event")
    print(f"  of it kernel  {kernel_s:7.2f} s  {kernel_s / total_s:6.1%} of the replay ({flavour})")
    print(f"whole replay    {total_s:7.2f} s  {events / total_s:,.0f} events/s  {span_s / total_s:,.0f} x real time")


def _read(files: Sequence[Path]) -> list[list[Event]]:
    if is_table(files[0]):
        return list(TableReplay(files, batch_events=512))
    return list(Replay(files, venues=venues_of("all")))


def _feed(batches: Sequence[Sequence[Event]]) -> Engine:
    engine = Engine()
    for batch in batches:
        engine.feed(batch)
    engine.finish()
    return engine


def _book_messages(batches: Sequence[Sequence[Event]]) -> list[Message]:
    """What the kernel is given in a replay, and when it is read."""
    instruments: dict[tuple[str, str], Instrument] = {}
    messages: list[Message] = []
    for batch in batches:
        for event in batch:
            if isinstance(event, Instrument):
                instruments[event.venue, event.instrument] = event
            elif isinstance(event, BookSnapshot | BookDelta):
                messages.append((instruments[event.venue, event.instrument], event))
    return messages


def _books(messages: Sequence[Message]) -> None:
    """The same book messages through the kernel alone, every band read once a second as the engine does."""
    books: dict[tuple[str, str], kernel.Book] = {}
    second = 0
    for one, event in messages:
        book = books.get((one.venue, one.instrument))
        if book is None:
            book = kernel.Book(one.contract_value or 1.0, one.contract == "inverse", one.tick_size or 0.0)
            books[one.venue, one.instrument] = book
        if isinstance(event, BookSnapshot):
            book.apply_snapshot(bytes(event.bids), bytes(event.asks), event.keeps_far_levels)
        else:
            book.apply_delta(bytes(event.bids), bytes(event.asks))
        if event.ts_event_ns // 1_000_000_000 > second:
            second = event.ts_event_ns // 1_000_000_000
            for known in books.values():
                for side, band in CELLS:
                    known.depth(side, band)


def _median(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
