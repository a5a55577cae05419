"""Frames that venues really sent, 2021 to 2026, say what a table of expected values says."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venues.registry import VENUES
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta
from tests.kit.venue_samples import CONFORMANCE, Row, mismatches, read, refusal, rows, venue_with

CASES = [
    (venue_id, row, f"{venue_id}-{number}-{row['file'].rpartition('/')[2]}")
    for venue_id in VENUES
    for number, row in enumerate(rows(CONFORMANCE, venue_id), start=1)
]


def cases(wanted: Callable[[Row], Any]) -> list[Any]:
    """The rows that a test is about."""
    return [pytest.param(venue_id, row, id=name) for venue_id, row, name in CASES if wanted(row)]


def frame(path: Path, row: Row) -> bytes:
    """The frame that a row is about."""
    if path.suffix == ".jsonl":
        said: dict[str, Any] = orjson.loads(path.read_bytes().splitlines()[row["line"]])
        return str(said["raw"]).encode()
    if path.suffix in (".zst", ".zip"):
        return list(received(path))[row.get("line", 0)][1]
    return path.read_bytes()


def received(path: Path) -> Iterator[tuple[int, bytes]]:
    """Receive time in ns and frame of each line that the venue sent."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for raw in archive.read(archive.namelist()[0]).splitlines():
                # Archived by the venue itself: nobody received it.
                yield (orjson.loads(raw)["ts"] + 50) * 1_000_000, raw
        return
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).readall()
    for line in text.splitlines():
        head, colon, raw = line.partition(b": ")
        try:
            # A REST answer is written as `url -> time: body`.
            at_s = float(head.rpartition(b" -> ")[2])
        except ValueError:
            continue
        if colon and raw[:1] in b"{[":
            yield int(at_s * 1e9), raw


@pytest.mark.parametrize(("venue_id", "row"), cases(lambda row: "counts" not in row))
def test_a_recorded_frame_says_what_is_expected_of_it(venue_id: str, row: Row, shared_data: Path) -> None:
    """Documentation is wrong more often than frames are."""
    raw = frame(shared_data / "venue-frames" / row["file"], row)
    venue = venue_with(venue_id, row)
    if "refuse" in row:
        assert refusal(venue, row, raw) == row["refuse"]
        return
    said = read(venue, row, raw)
    if row.get("ignored"):
        assert said == []
    elif "control" in row:
        assert [type(one).__name__ for one in said] == [row["control"]]
    else:
        assert not list(mismatches(said, row["expect"]))


def parsed(venue_id: str, row: Row, frames: list[tuple[int, bytes]]) -> tuple[list[list[Event]], Counter[str]]:
    """The events of each frame, and the refusals by reason."""
    venue, refused = venue_with(venue_id, row), Counter[str]()
    out = []
    for recv_ns, raw in frames:
        events: list[Event] = []
        try:
            events = [one for one in venue.parse(raw, recv_ns) if isinstance(one, Event)]
        except DecodeError as error:
            refused[error.reason] += 1
        out.append(events)
    return out, refused


def through_books(venue_id: str, row: Row, frames: list[list[Event]]) -> list[Event]:
    """What book continuity lets through; some recordings were made without the books that their deltas begin with."""
    rule = VENUES[venue_id]().sequencing
    books = BookSyncs(venue=venue_id, sequencing=rule, accept_unanchored=row.get("unanchored", False))
    return [event for events in frames for event in books.feed(events)]


@pytest.mark.parametrize(("venue_id", "row"), cases(lambda row: "counts" in row))
def test_a_recording_is_read_whole_and_its_books_have_no_false_gap(venue_id: str, row: Row, shared_data: Path) -> None:
    """Half a minute of a venue: every message of every market."""
    frames = list(received(shared_data / "venue-frames" / row["file"]))
    said, refused = parsed(venue_id, row, frames)
    counts = Counter(str(event.__struct_config__.tag) for events in said for event in events)
    assert dict(counts) == row["counts"]
    assert dict(refused) == {reason: count for reason, count in row.get("refused", {}).items() if count}
    assert sum(isinstance(event, Gap) for event in through_books(venue_id, row, said)) == row.get("gaps", 0)


@pytest.mark.parametrize(("venue_id", "row"), cases(lambda row: row.get("numbered")))
def test_one_message_left_out_of_a_numbered_book_is_one_gap(venue_id: str, row: Row, shared_data: Path) -> None:
    """And nothing is built upon the hole until a whole book comes."""
    said, _ = parsed(venue_id, row, list(received(shared_data / "venue-frames" / row["file"])))
    places = [
        place for place, events in enumerate(said) for event in events if isinstance(event, BookDelta) and event.last_id
    ]
    market = Counter(
        event.instrument for events in said for event in events if isinstance(event, BookDelta)
    ).most_common(1)[0][0]
    of_market = [place for place in places if any(event.instrument == market for event in said[place])]
    left_out = of_market[len(of_market) // 2]
    out = through_books(venue_id, row, [events for place, events in enumerate(said) if place != left_out])
    assert [event.instrument for event in out if isinstance(event, Gap)] == [market]
    after = [event for event in out if event.instrument == market and isinstance(event, BookDelta | Gap)]
    hole = next(place for place, event in enumerate(after) if isinstance(event, Gap))
    before = [event for events in said[:left_out] for event in events if isinstance(event, BookDelta)]
    assert hole <= sum(event.instrument == market for event in before)


@pytest.mark.parametrize(("venue_id", "row"), cases(lambda row: row.get("checksum")))
def test_a_changed_level_is_found_by_the_checksum(venue_id: str, row: Row, shared_data: Path) -> None:
    """Where a book has no numbers, its sum is all that proves it."""
    frames = list(received(shared_data / "venue-frames" / row["file"]))
    said, _ = parsed(venue_id, row, frames)
    place = next(
        place
        for place, events in enumerate(said)
        if place > len(said) // 2 and any(isinstance(event, BookDelta) for event in events)
    )
    recv_ns, raw = frames[place]
    message = orjson.loads(raw)
    side = next(side for side in ("bids", "asks") if message["data"][0][side])
    level = message["data"][0][side][0]
    level[1] = "7" if level[1] != "7" else "8"
    damaged = [*frames[:place], (recv_ns, orjson.dumps(message)), *frames[place + 1 :]]
    said, _ = parsed(venue_id, row, damaged)
    assert any(isinstance(event, Gap) for event in said[place])


FOLLOWED = {
    "binance",
    "bitget",
    "bitmex",
    "bybit",
    "coinbase_pro",
    "deribit",
    "dydx",
    "gate",
    "kraken",
    "okx",
    "okx_v3",
}
"""Of the exchanges in the collection, under its own names."""


def test_no_line_of_a_followed_exchange_is_left_unread(shared_data: Path) -> None:
    """A frame that nobody looked at may be read wrongly."""
    collection = "crypto-msg-parser/messages.jsonl"
    lines = (shared_data / "venue-frames" / collection).read_bytes().splitlines()
    expected = {row["line"] for venue_id in VENUES for row in rows(CONFORMANCE, venue_id) if row["file"] == collection}
    ours = {number for number, line in enumerate(lines) if orjson.loads(line)["exchange"] in FOLLOWED}
    assert ours - expected == set()
