"""Reading recordings: units, venues, headers, and files that are not what they should be."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from producers.errors import RecordingError
from producers.recording import RecordedFrame, Recording, merged, recogniser, rest_answer, rest_line

NS = 1_723_161_255_030_314_667
FRAME = b'{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT"}}'


class OneVenue:
    """Recognises frames that name its marker."""

    def __init__(self, venue_id: str, marker: bytes, symbol: str) -> None:
        self.id = venue_id
        self._marker = marker
        self._symbol = symbol

    def symbol_of(self, frame: bytes) -> str | None:
        """The symbol, where the marker is in the frame."""
        return self._symbol if self._marker in frame else None


RECOGNISE = recogniser([OneVenue("binance-usdm", b"BTCUSDT", "BTCUSDT"), OneVenue("hyperliquid", b"coin", "BTC")])


def written(tmp_path: Path, *lines: bytes, name: str = "recording") -> Path:
    """A plain recording of these lines."""
    path = tmp_path / name
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def line(recv_ns: int = NS, frame: bytes = FRAME) -> bytes:
    """A recorded frame."""
    return b"%d %b" % (recv_ns, frame)


@pytest.mark.parametrize("scale", [1, 10**3, 10**6, 10**9], ids=["ns", "us", "ms", "s"])
def test_receive_times_in_any_unit_are_nanoseconds(tmp_path: Path, scale: int) -> None:
    """A recording in microseconds must not be read as one of 1970."""
    recording = Recording(written(tmp_path, line(NS // scale)), recognise=RECOGNISE)
    assert [frame.recv_ns for frame in recording] == [NS // scale * scale]


def test_frames_are_verbatim_and_carry_their_venue(tmp_path: Path) -> None:
    """What was recorded is what is parsed, to the byte."""
    odd = b'{ "stream" : "x", "data":{"s":"BTCUSDT","name":"\xe5\xb8\x81"} }'
    frames = list(Recording(written(tmp_path, line(), line(NS + 1, odd)), recognise=RECOGNISE))
    assert frames == [RecordedFrame(NS, "binance-usdm", FRAME), RecordedFrame(NS + 1, "binance-usdm", odd)]


def test_a_bare_book_snapshot_gets_the_name_of_the_only_market(tmp_path: Path) -> None:
    """Older recordings write the REST answer without saying whose it is."""
    body = b'{"lastUpdateId": 5, "bids": [], "asks": []}'
    frames = list(Recording(written(tmp_path, line(), line(NS, body)), recognise=RECOGNISE))
    answer = rest_answer(frames[1].raw)
    assert answer is not None
    assert (answer.rest, answer.symbol, bytes(answer.body)) == ("book", "BTCUSDT", body)


def test_a_bare_book_snapshot_among_several_markets_is_counted_and_left_out(tmp_path: Path) -> None:
    """Giving a book to the wrong market would be worse than having none."""
    recognise = recogniser([OneVenue("v", b"AAA", "AAA"), OneVenue("v", b"BBB", "BBB")])
    path = written(tmp_path, line(NS, b'{"s":"AAA"}'), line(NS, b'{"s":"BBB"}'), line(NS, b'{"lastUpdateId":1}'))
    recording = Recording(path, recognise=recognise)
    assert len(list(recording)) == 2
    assert recording.skipped == {"book_without_symbol": 1}


def test_junk_lines_are_counted_by_reason_and_the_rest_is_read(tmp_path: Path) -> None:
    """One bad line must not cost the file; a person is told how many there were."""
    path = written(
        tmp_path, b"not a line", b"", line(), b"12x45 {}", b"%d \xff\xfe" % NS, b"99999999999999 {}", line(NS + 5)
    )
    recording = Recording(path, recognise=RECOGNISE)
    assert [frame.recv_ns for frame in recording] == [NS, NS + 5]
    assert recording.skipped == {"not_a_frame": 3, "not_text": 1}
    assert recording.warnings == [f"{path}: lines left out: 3 not_a_frame, 1 not_text"]
    assert recording.lines == 7


def test_a_receive_time_far_from_its_neighbours_is_left_out(tmp_path: Path) -> None:
    """A damaged time would stop the clock of everything after it."""
    recording = Recording(written(tmp_path, line(), line(9 * 10**18), line(NS + 1)), recognise=RECOGNISE)
    assert [frame.recv_ns for frame in recording] == [NS, NS + 1]
    assert recording.skipped == {"receive_time": 1}


def test_a_clock_that_was_set_back_or_is_coarse_does_not_reorder_frames(tmp_path: Path) -> None:
    """Frames have one order, over one socket or several, whatever the recorder's clock did."""
    recording = Recording(
        written(tmp_path, line(NS), line(NS - 10), line(NS), line(NS + 10), line(NS + 10)), recognise=RECOGNISE
    )
    assert [frame.recv_ns - NS for frame in recording] == [0, 1, 2, 10, 11]


def test_a_truncated_recording_is_used_up_to_the_cut_with_one_warning(tmp_path: Path) -> None:
    """The usual end of a recording that a crash stopped."""
    path = tmp_path / "cut.gz"
    packed = gzip.compress(b"".join(line(NS + number * 997) + b"\n" for number in range(3_000)))
    path.write_bytes(packed[: len(packed) // 2])
    recording = Recording(path, recognise=RECOGNISE)
    assert 500 < len(list(recording)) < 3_000
    assert sum("everything before the cut was used" in warning for warning in recording.warnings) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02binary\xff\n\x80\x81", "not a recording"),
        (b'{"e":"trade"}\n', "not a recording"),
        (gzip.compress(b"x" * 1000)[:11], "too early"),
        (line(frame=b'{"nobody":"knows"}'), "no venue recognised"),
        (b'0 {"recording":{"version":2,"venue":"binance-usdm"}}\n' + line(), "recording version 2"),
        (b"0 {broken\n" + line(), "header cannot be read"),
    ],
    ids=["empty", "binary", "json lines", "cut gzip", "unknown venue", "future version", "broken header"],
)
def test_what_is_no_recording_is_one_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    """A wrong file gives a sentence that names it and what was expected."""
    path = tmp_path / "wrong"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as raised:
        list(Recording(path, recognise=RECOGNISE))
    assert str(path) in str(raised.value)


def test_the_venue_can_be_named_for_frames_that_nobody_recognises(tmp_path: Path) -> None:
    """`--venue` is the way out when recognition fails."""
    path = written(tmp_path, line(frame=b'{"nobody":"knows"}'))
    assert Recording(path, recognise=RECOGNISE, venue_id="hyperliquid").venue_id == "hyperliquid"


def test_a_header_names_the_venue_and_contradicts_a_wrong_one(tmp_path: Path) -> None:
    """Our own files need no recognition, and reading them as another venue would give wrong sizes."""
    path = written(tmp_path, b'0 {"recording":{"version":1,"venue":"binance-coinm"}}', line())
    assert Recording(path, recognise=RECOGNISE).venue_id == "binance-coinm"
    with pytest.raises(RecordingError, match="recorded from binance-coinm, not from hyperliquid"):
        Recording(path, recognise=RECOGNISE, venue_id="hyperliquid")


def test_a_frame_that_two_venues_claim_decides_nothing() -> None:
    """Siblings with like symbols must not be told apart by the order of a list."""
    recognise = recogniser([OneVenue("a", b"X", "X"), OneVenue("b", b"X", "X"), OneVenue("c", b"Y", "Y")])
    assert recognise(b"X") is None
    assert recognise(b"Y") == ("c", "Y")


def test_recordings_are_merged_by_time_then_venue_then_order_of_arguments() -> None:
    """The same files in another order on the command line give the same replay, but for files of one venue."""
    one = [RecordedFrame(1, "b", b"1"), RecordedFrame(3, "b", b"3")]
    two = [RecordedFrame(1, "a", b"1"), RecordedFrame(2, "a", b"2")]
    assert list(merged([one, two])) == list(merged([two, one])) == [two[0], one[0], two[1], one[1]]


def test_the_envelope_of_a_rest_answer_reads_back_verbatim() -> None:
    """A snapshot's numbers must survive recording without being parsed."""
    body = b'{"lastUpdateId":1,"bids":[["0.10","1e3"]]}'
    answer = rest_answer(rest_line("book", body, "\u5e01"))
    assert answer is not None
    assert (answer.symbol, bytes(answer.body)) == ("\u5e01", body)
    assert rest_answer(b'{"rest":12}') is None
    assert rest_answer(FRAME) is None


def test_any_chunk_size_reads_the_same_frames(shared_data: Path) -> None:
    """How the operating system hands out a file must not change what is in it."""
    path = shared_data / "binance-raw" / "hyperliquid_btcusd_20250126.gz"
    small = Recording(path, recognise=RECOGNISE, chunk_bytes=113)
    assert msgspec.json.encode(list(map(list, small)))
    assert list(small) == list(Recording(path, recognise=RECOGNISE))


MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize("hole_ns", [2 * MINUTE_NS, 9 * 60 * MINUTE_NS, 2 * DAY_NS, -2 * DAY_NS])
def test_what_follows_a_hole_is_read(tmp_path: Path, hole_ns: int) -> None:
    """A recorder that was off for a weekend would lose everything after it."""
    before = [line(NS + number) for number in range(10)]
    after = [line(NS + hole_ns + number, FRAME + b" " * number) for number in range(8)]
    recording = Recording(written(tmp_path, *before, *after), recognise=RECOGNISE)
    frames = list(recording)
    assert [frame.raw for frame in frames[10:]] == [FRAME + b" " * number for number in range(8)]
    assert frames == sorted(frames, key=lambda frame: frame.recv_ns)
    assert recording.skipped == {}
    if hole_ns > 0:
        assert [frame.recv_ns - NS for frame in frames[10:]] == [hole_ns + number for number in range(8)]


@pytest.mark.parametrize("leap_ns", [MINUTE_NS + 10**9, 9 * 60 * MINUTE_NS, 300 * DAY_NS])
@pytest.mark.parametrize("wrong", [1, 2, 4])
def test_a_leap_that_the_next_frames_do_not_confirm_is_counted(tmp_path: Path, leap_ns: int, wrong: int) -> None:
    """One wrong time would make every frame after it late, and all silence end."""
    frames = [line(NS + number) for number in range(20)]
    frames[10:10] = [line(NS + leap_ns + number) for number in range(wrong)]
    recording = Recording(written(tmp_path, *frames), recognise=RECOGNISE)
    assert [frame.recv_ns - NS for frame in recording] == list(range(20))
    assert recording.skipped == {"receive_time": wrong}
    assert len(recording.warnings) == 1


def test_a_leap_at_the_end_needs_a_second_frame(tmp_path: Path) -> None:
    """The last words after a pause count; a single one may be damage."""
    frames = [line(NS + number) for number in range(9)]
    lone = Recording(written(tmp_path, *frames, line(NS + DAY_NS)), recognise=RECOGNISE)
    assert len(list(lone)) == 9
    assert lone.skipped == {"receive_time": 1}
    both = written(tmp_path, *frames, line(NS + DAY_NS), line(NS + DAY_NS + 1), name="both")
    assert len(list(Recording(both, recognise=RECOGNISE))) == 11


def test_a_market_that_speaks_every_other_minute_is_read(tmp_path: Path) -> None:
    """Its every frame leaps ahead of the one before."""
    frames = [line(NS + number * 2 * MINUTE_NS) for number in range(41)]
    recording = Recording(written(tmp_path, *frames), recognise=RECOGNISE)
    assert [(frame.recv_ns - NS) // (2 * MINUTE_NS) for frame in recording] == list(range(41))
