"""State and position together: wherever a worker is killed, the next one goes on as if nothing had happened."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.asset import AssetEngine
from detector.config import Config
from detector.runtime.cluster.partition import WHOLE, Fed, Partition
from detector.runtime.cluster.records import Record
from detector.state import StateError
from schemas.base import Event
from schemas.codec import base_asset
from schemas.frames import decode_frame, encode_frame
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.topics import FRAMES
from tests.kit.cluster import PRODUCER, framed, ticked
from tests.kit.synthetic_crash import NS, T0, synthetic_crash

LISTED_S = 60
GAPS_S = (70, 130, 150, 170)


def stream() -> list[Event]:
    """A crash in which an asset is listed late, and a venue is lost from time to time."""
    events = synthetic_crash(3, calm_s=100, crash_s=100)
    late = [event for event in events if isinstance(event, Instrument) and event.base == "SOL"]
    out: list[Event] = []
    for event in events:
        if event.ts_event_ns >= T0 + LISTED_S * NS and late:
            out += late
            late = []
        if base_asset(event.instrument) != "SOL" or event.ts_event_ns >= T0 + LISTED_S * NS:
            out.append(event)
    for second in GAPS_S:
        at = next(n for n, event in enumerate(out) if event.ts_recv_ns >= T0 + second * NS)
        now_ns = out[at].ts_recv_ns
        gap = {"venue": "north", "instrument": "*", "channel": "all", "since_ns": now_ns, "reason": "closed"}
        out.insert(at, Gap(ts_event_ns=now_ns, ts_recv_ns=now_ns, **gap))  # type: ignore[arg-type]
    return ticked(out)


RECORDS = framed(stream()).of(FRAMES, 0)


def fed(partition: Partition, records: list[Record]) -> dict[int, Fed]:
    return {record.offset: partition.feed(record) for record in records}


def states(partition: Partition) -> dict[bytes, bytes]:
    return {key: partition.snapshot(key) for key in partition.begin_round()}


WHOLE_RUN = Partition(0, Config())
UNINTERRUPTED = fed(WHOLE_RUN, RECORDS)
LAST_STATES = states(WHOLE_RUN)


def test_the_run_above_has_something_to_tell() -> None:
    """Two silent runs are always the same."""
    closed = [second for out in UNINTERRUPTED.values() for second in out.closed]
    assert len(closed) == 200
    assert sum(len(second.alerts) for second in closed) > 3
    assert {key.decode() for key in LAST_STATES} == {"BTC", "ETH", "SOL", "USDE", "*"}


@pytest.mark.slow
@settings(max_examples=25)
@given(killed=st.integers(2, len(RECORDS)), every=st.integers(1, 40), first=st.integers(0, 40))
def test_wherever_it_is_killed_it_is_restored_as_if_nothing_had_happened(killed: int, every: int, first: int) -> None:
    """A restart would count events twice or not at all, or forget an asset that was listed a moment ago."""
    partition, saved, due = Partition(0, Config()), dict[bytes, bytes](), list[bytes]()
    for record in RECORDS[:killed]:
        partition.feed(record)
        # One state at a time, as far apart as rounds are stretched.
        if record.offset % every == first % every:
            due = due or partition.begin_round()
            key = due.pop(0)
            saved[key] = partition.snapshot(key)
    restored = Partition.restored(0, Config(), saved)
    if restored is None:
        assert WHOLE not in saved
        return
    assert restored.next_offset <= restored.held + 1 <= killed
    held = restored.held
    after = {offset: out for offset, out in fed(restored, RECORDS[restored.next_offset :]).items() if offset > held}
    assert after == {offset: out for offset, out in UNINTERRUPTED.items() if offset > held}
    assert states(restored) == LAST_STATES


@pytest.mark.parametrize("second", GAPS_S)
def test_a_lost_venue_is_not_lost_again_for_an_asset_that_has_recovered(second: int) -> None:
    """After a restart, books that had been sent anew would be disbelieved until somebody sends them once more."""
    gaps = [
        (record.offset, event.since_ns)
        for record in RECORDS
        for event in decode_frame(record.value or b"")
        if isinstance(event, Gap) and event.instrument == "*"
    ]
    lost = next(offset for offset, since_ns in gaps if since_ns >= T0 + second * NS)
    partition = Partition(0, Config())
    fed(partition, RECORDS[: lost - 5])
    saved = states(partition)
    fed(partition, RECORDS[lost - 5 : lost + 60])
    saved |= {key: partition.snapshot(key) for key in saved if key not in (WHOLE, b"ETH")}
    restored = Partition.restored(0, Config(), saved)
    assert restored is not None
    assert (restored.next_offset, restored.held) == (lost - 5, lost + 59)
    after = fed(restored, RECORDS[lost - 5 :])
    assert {offset: after[offset] for offset in range(lost + 60, len(RECORDS))} == {
        offset: UNINTERRUPTED[offset] for offset in range(lost + 60, len(RECORDS))
    }
    assert states(restored) == LAST_STATES


def test_the_partition_itself_is_saved_last_and_as_of_the_beginning_of_the_round() -> None:
    """Whoever is killed in the middle of a round would lose an asset that was listed in the round before."""
    partition = Partition(0, Config())
    fed(partition, RECORDS[:50])
    keys = partition.begin_round()
    assert keys[-1] == WHOLE
    before = partition.snapshot(WHOLE)
    fed(partition, RECORDS[50:90])
    assert partition.snapshot(WHOLE) == before
    partition.begin_round()
    assert partition.snapshot(WHOLE) != before


def test_without_a_finished_round_there_is_nothing_to_restore() -> None:
    """A worker would go on with some of the assets and never see the others."""
    partition = Partition(0, Config())
    fed(partition, RECORDS[:200])
    saved = states(partition)
    del saved[WHOLE]
    assert Partition.restored(0, Config(), saved) is None
    assert Partition.restored(0, Config(), {}) is None


def test_the_state_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers would be taken for others."""
    partition = Partition(0, Config())
    fed(partition, RECORDS[:200])
    saved = states(partition)
    monkeypatch.setattr("detector.state.VERSION", 99)
    with pytest.raises(StateError, match="writes version 99"):
        Partition.restored(0, Config(), saved)


GOOD = encode_frame(list(msgspec.json.decode(RECORDS[0].value or b"", type=list[Instrument])[:1]))


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "not an array of events: Input data was truncated"),
        (b"", "not an array of events: Input data was truncated"),
        (b"lunch", "not an array of events: JSON is malformed"),
        (b"\xff\xfe\x00", "not an array of events"),
        (b'{"kind":"tick"}', "not an array of events: Expected `array`, got `object`"),
        (b'"words"', "not an array of events"),
        (b"[1]", "event 0: Expected `object`, got `int`"),
        (b'[{"kind":"lunch"}]', "event 0: Invalid value 'lunch'"),
        (b'[{"kind":"trade","venue":"\xff"}]', "event 0"),
        (b"[" * 5_000, "not an array of events"),
    ],
)
def test_what_cannot_be_read_is_told_and_passed(value: bytes | None, fault: str) -> None:
    """One damaged record would stop the detector for ever, or vanish without a word."""
    partition = Partition(0, Config(), 7)
    out = partition.feed(Record("frames", 0, 7, b"BTC", value, PRODUCER))
    assert out.closed == []
    assert out.events == 0
    assert [text[: len(fault)] for text in out.faults] == [fault]
    assert partition.next_offset == 8


def test_the_good_events_of_a_damaged_frame_count() -> None:
    """One event that a newer producer writes otherwise would take hundreds with it."""
    partition = Partition(0, Config())
    out = partition.feed(Record("frames", 0, 0, b"BTC", GOOD[:-1] + b',{"kind":"lunch"}]', PRODUCER))
    assert out.events == 1
    assert len(out.faults) == 1
    assert list(partition.shard.assets) == ["BTC"]


def test_a_record_on_which_the_detector_fails_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart would meet it again, and again."""
    partition = Partition(0, Config(), 3)

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(AssetEngine, "feed", fails)
    with pytest.raises(ZeroDivisionError):
        partition.feed(Record("frames", 0, 3, b"BTC", GOOD, PRODUCER))
    assert partition.next_offset == 4
