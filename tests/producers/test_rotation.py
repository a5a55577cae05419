"""Rotation: many files are the one that they would have been, and each is a recording of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.bundled import CALM_SECONDS
from producers.record_folder import RecordingFolder, Room
from producers.recording import Recording, recogniser
from producers.replay import Replay
from producers.rotation import RETRY_S, Rotation, VenueRecording
from producers.series import header_of, joined
from producers.venue_server.timeline import Frame
from producers.venues.registry import venue, venues_of
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot
from tests.kit.rotated import NO_LIMIT, STEP_NS, T0, USDM, by_age, market, replayed, rotated, take, updates, whole

NS = 10**9
NEVER_NS = 10**18


def encoded(events: list[Event]) -> list[bytes]:
    """Every event as JSON, without the definitions, whose order is that of the arguments."""
    return [msgspec.json.encode(event) for event in events if not isinstance(event, Instrument)]


@pytest.fixture(scope="module")
def calm() -> tuple[list[Frame], dict[str, tuple[Instrument, ...]]]:
    """Some seconds of three venues."""
    frames: list[Frame] = []
    markets: dict[str, tuple[Instrument, ...]] = {}
    for path in CALM_SECONDS:
        recording = Recording(path, recognise=recogniser([]))
        assert recording.header is not None
        markets[recording.venue_id] = recording.header.instruments
        frames += [(frame.recv_ns, frame.venue_id, frame.raw) for frame in recording]
    frames.sort(key=lambda frame: frame[:2])
    return [frame for frame in frames if frame[0] < frames[0][0] + 20 * NS], markets


@pytest.mark.parametrize(
    "rotation",
    [
        Rotation(every_ns=NS),
        Rotation(every_ns=7 * NS, max_bytes=60_000),
        Rotation(every_ns=NEVER_NS, max_bytes=1),
    ],
)
def test_joined_files_are_the_one_file_event_for_event(
    rotation: Rotation, calm: tuple[list[Frame], dict[str, tuple[Instrument, ...]]], tmp_path: Path
) -> None:
    """A cascade over midnight would be another one, or none."""
    frames, markets = calm
    one = replayed(*whole(frames, tmp_path / "one", markets))
    files = rotated(frames, tmp_path / "many", markets, rotation)
    assert len(files) > 9
    many = Replay(files[::-1], venues=venues_of("all"))
    events = [event for batch in many for event in batch]
    assert encoded(events) == encoded(one)
    assert len(events) == len(one)
    assert len(many.tallies) == len(markets)
    assert sum(tally.files for tally in many.tallies) == len(files)
    assert not any(tally.warnings or tally.gaps or tally.decode_errors for tally in many.tallies)
    assert many.progress() == 1


@pytest.mark.slow
@settings(max_examples=25)
@given(steps=st.integers(1, 12), last=st.integers(1, 40), at=st.integers(0, 10))
def test_files_rotated_anywhere_are_the_one_file(
    steps: int, last: int, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Between a snapshot and the changes that it needs a boundary is as likely as elsewhere."""
    folder = tmp_path_factory.mktemp("any")
    frames = [(recv_ns + at * STEP_NS // 10, name, raw) for recv_ns, name, raw in updates(1, last)]
    one = whole(frames, folder / "one", {USDM: [market()]})
    many = rotated(frames, folder / "many", {USDM: [market()]}, Rotation(every_ns=steps * STEP_NS))
    assert encoded(replayed(*many)) == encoded(replayed(*one))


def test_each_file_alone_begins_with_its_books(tmp_path: Path) -> None:
    """Whoever looks at one hour would see no book until a socket breaks."""
    files = rotated(updates(1, 40), tmp_path, {USDM: [market()]}, Rotation(every_ns=10 * STEP_NS))
    assert len(files) == 5
    assert [header.part for path in files if (header := header_of(path)) is not None] == [1, 2, 3, 4, 5]
    for path in files[1:]:
        definition, book, *deltas = replayed(path)
        assert isinstance(definition, Instrument)
        assert isinstance(book, BookSnapshot)
        assert book.keyframe
        assert all(isinstance(delta, BookDelta) for delta in deltas)
        first = deltas[0]
        assert isinstance(first, BookDelta)
        assert first.prev_id == book.last_id


def test_a_boundary_between_a_snapshot_and_its_changes_leaves_no_file_without_a_book(tmp_path: Path) -> None:
    """The venue sends no second snapshot as long as all is well: for months, possibly."""
    frames = updates(1, 8)
    # Updates 1-3 are in the first file; the book that needs the third, and what follows, are in the second.
    files = rotated(
        [(T0 + (0 if number < 3 else NS) + number, name, raw) for number, (_, name, raw) in enumerate(frames)],
        tmp_path,
        {USDM: [market()]},
        Rotation(every_ns=NS),
    )
    assert len(files) == 2
    assert any(isinstance(event, BookSnapshot) for event in replayed(files[1]))


def test_a_missing_part_is_a_gap(tmp_path: Path) -> None:
    """The book of before the hole would go on behind it, wrong."""
    files = rotated(updates(1, 40), tmp_path, {USDM: [market()]}, Rotation(every_ns=10 * STEP_NS))
    events = replayed(files[0], files[1], files[3], files[4])
    gaps = [number for number, event in enumerate(events) if isinstance(event, Gap)]
    assert len(gaps) == 1
    book = events[gaps[0] + 1]
    assert isinstance(book, BookSnapshot)
    assert book.keyframe


def test_recordings_that_were_made_side_by_side_have_no_gap(tmp_path: Path) -> None:
    """Two halves of a venue's markets, recorded by two processes, would interrupt each other."""
    frames = updates(1, 40)
    late, early = (
        whole([frame for frame in frames if first <= frame[0] < last], tmp_path / name, {USDM: [market()]})
        for name, first, last in (("a", T0, T0 + 30 * STEP_NS), ("b", T0 + 20 * STEP_NS, T0 + 60 * STEP_NS))
    )
    assert not any(isinstance(event, Gap) for event in replayed(*late, *early))


def test_a_damaged_part_is_a_gap_and_the_next_one_begins_with_its_books(tmp_path: Path) -> None:
    """Changes of before the damage and of behind it would make one wrong book."""
    files = rotated(updates(1, 40), tmp_path, {USDM: [market()]}, Rotation(every_ns=10 * STEP_NS))
    files[1].write_bytes(files[1].read_bytes()[:-40])
    replay = Replay(files, venues=venues_of("all"))
    events = [event for batch in replay for event in batch]
    (gap,) = [number for number, event in enumerate(events) if isinstance(event, Gap)]
    assert isinstance(events[gap + 1], BookSnapshot)
    assert len(replay.tallies[0].warnings) == 1
    assert "ends too early" in replay.tallies[0].warnings[0]


def recording(folder: RecordingFolder) -> VenueRecording:
    """Of one market, in one file."""
    return VenueRecording(
        folder=folder, venue=venue(USDM), instruments=[market()], rotation=Rotation(every_ns=NEVER_NS)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RecordingFolder]:
    """Without any limit."""
    with RecordingFolder(tmp_path / "rec", NO_LIMIT) as folder:
        yield folder


def test_without_room_nothing_is_written_and_with_room_another_recording_begins(
    folder: RecordingFolder, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk would end the run, or what follows would be joined to what was before as if nothing were missing."""
    written = recording(folder)
    for frame in updates(1, 10):
        take(written, frame)
    folder.has_room, folder.shortage = False, "no room at all"
    folder.room = Room(keep_free_bytes=10**18)  # or the next look would find some
    for frame in updates(11, 20):
        take(written, frame)
    assert written.recorder is None
    assert written.unwritten == 10
    folder.room = NO_LIMIT
    folder.has_room = True
    for frame in updates(21, 30):
        take(written, frame)
    written.end()
    files = by_age(folder.path.iterdir())
    assert len(joined(files)) == len(files) == 2
    events = replayed(*files)
    (gap,) = [number for number, event in enumerate(events) if isinstance(event, Gap)]
    book = events[gap + 1]
    assert isinstance(book, BookSnapshot)
    assert book.last_id == 200, "the books were followed meanwhile"
    said = [message for message in caplog.messages if message.startswith(USDM)]
    assert said == [f"{USDM} is not recorded: no room at all", f"{USDM} is recorded again: {files[1]}"]


def test_a_file_that_cannot_be_written_is_tried_again_after_a_while(
    folder: RecordingFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that was away for a minute would cost the months behind it; a try per frame would cost the run."""
    now_s = time.monotonic()
    monkeypatch.setattr("producers.rotation.time.monotonic", lambda: now_s)
    written = recording(folder)
    folder.path.rmdir()
    for frame in updates(1, 10):
        take(written, frame)
    assert written.unwritten == 11
    assert len(caplog.messages) == 1
    folder.path.mkdir()
    take(written, updates(11, 11)[0])
    assert written.unwritten == 12, "not at once"
    now_s += RETRY_S
    take(written, updates(12, 12)[0])
    written.end()
    assert written.unwritten == 12
    assert caplog.messages[1].startswith(f"{USDM} is recorded again: ")


def test_a_file_that_failed_is_not_continued(
    folder: RecordingFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What the failure lost would be missing without a word."""
    now_s = time.monotonic()
    monkeypatch.setattr("producers.rotation.time.monotonic", lambda: now_s)
    written = recording(folder)
    for frame in updates(1, 10):
        take(written, frame)
    assert written.recorder is not None
    written.recorder.failure = OSError("gone")
    take(written, updates(11, 11)[0])
    assert written.recorder is None
    now_s += RETRY_S
    take(written, updates(12, 12)[0])
    written.end()
    assert written.unwritten == 1
    assert [message.partition(":")[0] for message in caplog.messages] == [f"{USDM} is recorded again"]


def test_what_is_counted_is_what_came(folder: RecordingFolder) -> None:
    """A status that is wrong is worse than none."""
    written = recording(folder)
    for frame in updates(1, 10):
        take(written, frame)
    written.end()
    assert written.frames == 11
    assert written.raw_bytes > 1_000
    (path,) = folder.path.iterdir()
    written.end()
    assert written.written_bytes > 100
    assert abs(written.written_bytes - path.stat().st_size) < 50
