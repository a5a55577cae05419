"""Samples of venues: frames with what they must say, one a line, beside the tests.

`tests/samples/<venue>.jsonl` holds frames of our own, `tests/conformance/<venue>.jsonl` what recorded frames must say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from producers.errors import DecodeError
from producers.venue import Control, Venue
from producers.venues import events
from producers.venues.registry import VENUES
from schemas.base import Event
from schemas.instrument import Instrument

SAMPLES = Path(__file__).parents[1] / "samples"
CONFORMANCE = Path(__file__).parents[1] / "conformance"

Row = dict[str, Any]


def rows(folder: Path, venue_id: str) -> list[Row]:
    """The lines of a venue; none where it has no file."""
    path = folder / f"{venue_id.replace('-', '_')}.jsonl"
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()] if path.exists() else []


def markets(venue_id: str, listed: Sequence[Mapping[str, Any]]) -> list[Instrument]:
    """The markets that a row names."""
    return [
        events.market(
            venue_id,
            one["symbol"],
            0,
            base=one["base"],
            quote=one["quote"],
            kind=one["kind"],
            contract=one["contract"],
            contract_value=one["contract_value"],
            expiry=one.get("expiry"),
        )
        for one in listed
    ]


def venue_with(venue_id: str, row: Row) -> Venue:
    """A new venue that knows the row's markets."""
    venue = VENUES[venue_id]()
    venue.register(markets(venue_id, row.get("markets", ())))
    for earlier in row.get("before", ()):
        read(venue, {**row, **earlier}, earlier["raw"].encode())
    return venue


def read(venue: Venue, row: Row, raw: bytes) -> list[Event | Control]:
    """What the venue makes of a frame, or of the REST answer that the row says it is."""
    how, recv_ns = row.get("as", "frame"), row.get("ts_recv_ns", 0)
    channel = row.get("channel", "")
    if channel.startswith("poll:"):
        how = channel
    if how == "instruments" or channel == "instruments":
        return list(venue.parse_instruments(raw, recv_ns))
    if how.startswith("poll:"):
        return list(venue.parse_poll(how.removeprefix("poll:"), raw, recv_ns))
    if how == "snapshot":
        (instrument,) = markets(venue.id, row["markets"])
        return [venue.parse_snapshot(raw, instrument, recv_ns)]
    return list(venue.parse(raw, recv_ns))


def mismatches(said: Sequence[Event | Control], expected: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How what was said differs from what was expected: each expectation names some of one event's fields, in order."""
    if len(said) != len(expected):
        yield f"{len(said)} instead of {len(expected)}: {[type(one).__name__ for one in said]}"
        return
    for number, (one, wanted) in enumerate(zip(said, expected, strict=True)):
        if "control" in wanted:
            if type(one).__name__ != wanted["control"]:
                yield f"{number}: {one}"
            elif "action" in wanted and getattr(one, "action", None) != wanted["action"]:
                yield f"{number}: {one} instead of {wanted['action']}"
            continue
        kind = one.__struct_config__.tag if isinstance(one, Event) else type(one).__name__
        if kind != wanted["kind"]:
            yield f"{number}: {kind} instead of {wanted['kind']}"
            continue
        for name, value in wanted.items():
            if name != "kind" and not _same(getattr(one, name, "missing"), value):
                yield f"{number}: {name} is {_plain(getattr(one, name, 'missing'))!r} instead of {value!r}"


def refusal(venue: Venue, row: Row, raw: bytes) -> str:
    """The reason for which a frame is refused; empty where it is not."""
    try:
        read(venue, row, raw)
    except DecodeError as error:
        return error.reason
    return ""


def _plain(value: Any) -> Any:
    return orjson.loads(bytes(value)) if type(value).__name__ == "Raw" else value


def _same(found: Any, wanted: Any) -> bool:
    found = _plain(found)
    if isinstance(found, float) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if (
        isinstance(wanted, str | int | float)
        and isinstance(found, str | int | float)
        and type(found) is not type(wanted)
    ):
        return str(found) == str(wanted)
    return bool(found == wanted)
