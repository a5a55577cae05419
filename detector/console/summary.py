"""What a run amounts to: events, what could be seen, how well books were known, how fast it went."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from detector.coverage import BandState
from detector.engine import Engine
from detector.kernel import BANDS
from detector.quotes import CELLS, cell

STATES: tuple[BandState, ...] = get_args(BandState)


def speed_line(events: int, wall_s: float, engine: Engine) -> str:
    """Events a second, and how many times faster than the recording's own time."""
    first_ns = engine.first_ns
    span_s = max(0.0, (engine.newest_ns - first_ns) / 1e9) if first_ns else 0.0
    rate = events / wall_s if wall_s > 0 else 0.0
    times = f", {span_s / wall_s:,.0f} x real time" if wall_s > 0 and span_s else ""
    return f"{events:,} events in {wall_s:.1f} s: {rate:,.0f} events/s{times}"


def engine_lines(engine: Engine) -> Iterator[str]:
    """Late and unusable events, and for each rule the share of its evaluations in which it could see."""
    ticker = engine.ticker
    wrong = f"clamped clocks {ticker.clamped:,}, strays in time {ticker.stray:,}"
    yield f"late events {engine.late:,} (still used), {wrong}"
    for reason, count in engine.dropped().items():
        yield f"unusable events, {reason}: {count:,}"
    refused = sum(market.quotes.refused for market in engine.markets())
    if refused:
        yield f"book messages with impossible numbers, left out: {refused:,}"
    crossed = sum(market.quotes.crossed_total_s for market in engine.markets())
    yield f"seconds with a crossed book: {crossed}"
    shares = engine.evaluable_share()
    if shares:
        yield "evaluable share of each rule: " + ", ".join(f"{rule} {share:.0%}" for rule, share in shares.items())


def coverage_lines(engine: Engine) -> Iterator[str]:
    """For each book, band and side, the seconds in each state of knowledge."""
    for market in engine.markets():
        if market.quotes.book is None:
            continue
        yield f"{market.venue} {market.instrument.instrument}: seconds {' / '.join(STATES)}"
        for side, band in CELLS:
            seconds = market.quotes.bands[cell(side, band)].seconds
            name = "bid" if side == 0 else "ask"
            yield f"  {name} {BANDS[band]:.1%}: " + " / ".join(str(seconds[state]) for state in STATES)
