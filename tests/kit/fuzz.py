"""Damages frames and sees what venues make of them: `python -m tests.kit.fuzz [--frames N] [--seed S] [VENUE …]`.

The seeds are the samples of each venue. Whatever the damage, a venue says nothing, says events that hold sane numbers,
or raises `DecodeError`; anything else is an error, printed with the frame and what repeats it.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from producers.errors import DecodeError
from producers.venues.registry import VENUES
from schemas.base import Event
from tests.kit.venue_samples import SAMPLES, Row, read, rows, venue_with

REASONS = frozenset(
    {"bad_json", "bad_shape", "bad_number", "bad_time", "unknown_symbol", "unknown_poll", "dead_protocol"}
)
DAY_NS = 86_400 * 10**9
PER_VENUE_OBJECT = 2_000
"""Frames that one venue object reads: venues that remember something get to remember damage, too."""
SPLICES = [
    b"null", b"true", b'""', b'"NaN"', b"NaN", b"1e999", b'"1e999"', b"-1", b'"-1"', b"0", b'"0"', b"[]", b"{}",
    b"1" * 5000, b'"Infinity"', b'"\xff"', b'"\\ud800"', b"[" * 3000, b"4070908800000", b"1.5", b"\x00", b"1e308",
    b"9223372036854775807", b'"9223372036854775808"', b"[[]]", b'[["1"]]', b'[["1","1"]]', b'[["1e400","1"]]', b'"a"',
]  # fmt: skip


class FuzzError(Exception):
    """A venue did what no venue may do; the message holds the frame and how to repeat it."""


def values(frame: bytes) -> list[tuple[int, int]]:
    """Where the values of a frame begin and end, roughly: between a colon or bracket and the next comma or bracket."""
    starts = [at + 1 for at, byte in enumerate(frame) if byte in b":["]
    return [(at, next((to for to in range(at, len(frame)) if frame[to] in b",]}"), len(frame))) for at in starts]


def damaged(frame: bytes, spans: Sequence[tuple[int, int]], rng: random.Random) -> bytes:
    """A frame with one or two things wrong; `spans` are the values of the whole frame."""
    for number in range(rng.randint(1, 2)):
        kind = rng.randrange(7)
        at = rng.randrange(len(frame)) if frame else 0
        if kind == 0:
            frame = frame[:at]
        elif kind == 1:
            frame = frame[:at] + bytes([rng.randrange(256)]) + frame[at + 1 :]
        elif kind == 2:
            to = rng.randrange(at, len(frame)) if frame else 0
            frame = frame[:at] + frame[to:]
        elif frame and number == 0 and spans:
            start, end = rng.choice(spans)
            # A value of the frame itself in another's place is the kind of damage that passes most checks.
            other = rng.choice(SPLICES) if kind < 6 else frame[slice(*rng.choice(spans))]
            frame = frame[:start] + other + frame[end:]
    return frame


def numbers(event: Event) -> Iterator[float]:
    """All numbers of an event."""
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if isinstance(value, int | float):
            yield value


def check(venue_id: str, row: Row, raw: bytes, said: Sequence[object]) -> None:
    """Raise where an event could not be used."""
    recv_ns = row["ts_recv_ns"]
    for event in said:
        if not isinstance(event, Event):
            continue
        sane = all(math.isfinite(number) for number in numbers(event)) and event.ts_recv_ns == recv_ns
        if not sane or not recv_ns / 2 < event.ts_event_ns <= recv_ns + DAY_NS:
            raise FuzzError(f"{venue_id}: {event!r:.500} of {raw[:500]!r}")
        msgspec.json.encode(event)


def fuzz(venue_id: str, *, frames: int, seed: int = 0) -> Counter[str]:
    """So many damaged frames; what became of them: reasons, `events` and `silence`."""
    outcome: Counter[str] = Counter()
    seeds = [row for row in rows(SAMPLES, venue_id) if row["channel"] != "instruments"]
    prepared = [(row, row["raw"].encode()) for row in seeds]
    for number, (row, whole) in enumerate(prepared):
        rng = random.Random(f"{seed} {venue_id} {number}")
        spans = values(whole)
        share = frames // len(prepared) + (number < frames % len(prepared))
        for begun in range(0, share, PER_VENUE_OBJECT):
            venue = venue_with(venue_id, row)
            for _ in range(min(PER_VENUE_OBJECT, share - begun)):
                raw = damaged(whole, spans, rng)
                try:
                    venue.symbol_of(raw)
                    venue.message_number(raw)
                    said = read(venue, row, raw)
                except DecodeError as error:
                    if error.reason not in REASONS or len(str(error)) >= 400:
                        raise FuzzError(f"{venue_id}: {error.reason}: {str(error)[:400]} of {raw[:500]!r}") from error
                    outcome[error.reason] += 1
                    continue
                except Exception as error:
                    raise FuzzError(f"{venue_id}: {type(error).__name__}: {error} of {raw[:500]!r}") from error
                check(venue_id, row, raw, said)
                outcome["events" if any(isinstance(one, Event) for one in said) else "silence"] += 1
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the venues that are named, or all; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.fuzz", description=__doc__)
    parser.add_argument("venues", nargs="*", metavar="VENUE", help="otherwise all")
    parser.add_argument("--frames", type=int, default=1_000_000, help="damaged frames for each venue")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    for venue_id in options.venues or VENUES:
        began_s = time.monotonic()
        try:
            outcome = fuzz(venue_id, frames=options.frames, seed=options.seed)
        except FuzzError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        told = ", ".join(f"{name} {count:,}" for name, count in outcome.most_common())
        sys.stdout.write(f"{venue_id}: {outcome.total():,} frames in {time.monotonic() - began_s:.0f} s: {told}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
