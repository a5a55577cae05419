"""Writing recordings: what is written reads back, and a crash leaves a file that can be read."""

from __future__ import annotations

import asyncio
import fcntl
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NoReturn

import pytest

from producers.errors import RecordingError
from producers.record import Recorder, cut
from producers.recording import RecordedFrame, Recording, rest_answer
from schemas.instrument import Instrument

NS = 1_723_161_255_030_314_667
BTC = Instrument(
    venue="binance-usdm",
    instrument="BTC-USDT-PERP",
    ts_event_ns=NS,
    ts_recv_ns=NS,
    symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    market="perp",
    contract="linear",
    contract_value=1.0,
    tick_size=0.1,
)


def recorder(path: Path) -> Recorder:
    """A recorder of one market."""
    return Recorder(path, venue_id="binance-usdm", instruments=[BTC])


def nobody(_raw: bytes) -> None:
    """Recognises nothing: our own files say whose they are."""


def test_what_is_written_reads_back_with_its_header(tmp_path: Path) -> None:
    """A recording is only worth something if it replays as it was received."""
    path = tmp_path / "new.zst"
    with recorder(path) as writing:
        writing.frame(NS, b'{"a":1}')
        writing.answer(NS + 1, "book", b'{"lastUpdateId":7}', "BTCUSDT")
        writing.frame(NS + 2, b'{"a":\n2}')
    recording = Recording(path, recognise=nobody)
    frames = list(recording)
    assert recording.header is not None
    assert recording.header.instruments == (BTC,)
    assert [frame.recv_ns for frame in frames] == [NS, NS + 1, NS + 2]
    assert frames[0].raw == b'{"a":1}'
    answer = rest_answer(frames[1].raw)
    assert answer is not None
    assert bytes(answer.body) == b'{"lastUpdateId":7}'
    assert frames[2].raw == b'{"a": 2}'
    assert recording.warnings == []


def test_a_crash_loses_a_second_at_most(tmp_path: Path) -> None:
    """Nobody closes a recording when the power goes: it must be readable from the outside while it is written."""
    path = tmp_path / "crashed.zst"
    with recorder(path) as writing:
        for number in range(50):
            writing.frame(NS + number * 100_000_000, b'{"number":%d}' % number)
        recording = Recording(path, recognise=nobody)
        frames = list(recording)
        assert frames[-1].recv_ns >= NS + 49 * 100_000_000 - 10**9
        assert len(recording.warnings) == 1


async def test_a_quiet_socket_is_flushed_too(tmp_path: Path) -> None:
    """The last frame before a long silence is on disk without waiting for the next one."""
    path = tmp_path / "quiet.zst"
    with recorder(path) as writing:
        writing.frame(NS, b'{"a":1}')
        writing.frame(NS + 1, b'{"a":2}')
        readable = 0
        for _ in range(250):
            readable = len(list(Recording(path, recognise=nobody)))
            if readable == 2:
                break
            await asyncio.sleep(0.02)
        assert readable == 2


def test_a_file_is_on_the_disk_when_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that loses its power would lose hours that were complete long before."""
    synced: list[Path] = []
    monkeypatch.setattr(
        "producers.record.os.fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
    )
    path = tmp_path / "new.zst"
    with recorder(path) as writing:
        writing.frame(NS, b"{}")
        assert synced == []
        writing.sync()
        assert synced == [path]
    assert synced == [path, path, tmp_path]
    assert writing.bytes == path.stat().st_size


def test_a_disk_that_refuses_the_sync_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The error would end the run, or nobody would know that the file may be lost."""

    def fail(_: int) -> NoReturn:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("producers.record.os.fsync", fail)
    with recorder(tmp_path / "new.zst") as writing:
        writing.frame(NS, b"{}")
        writing.sync()
    assert writing.failure is not None
    assert len(caplog.messages) == 1


def test_a_file_is_locked_as_long_as_it_is_written(tmp_path: Path) -> None:
    """Another process, short of room, would take it for an old one and delete it."""
    path = tmp_path / "new.zst"
    with recorder(path), path.open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_an_existing_recording_is_never_overwritten(tmp_path: Path) -> None:
    """A second start in the same second must not destroy the first one's data."""
    path = tmp_path / "old"
    path.write_bytes(b"precious")
    with pytest.raises(RecordingError, match="cannot be written: File exists"), recorder(path):
        pass
    assert path.read_bytes() == b"precious"


def test_a_cut_keeps_one_venue_up_to_a_moment(tmp_path: Path) -> None:
    """Bundled recordings are short and verbatim."""
    frames = [
        RecordedFrame(NS + number, "binance-usdm" if number % 2 else "x", b"{%d}" % number) for number in range(9)
    ]
    path = tmp_path / "cut.zst"
    assert cut(frames, path, venue_id="binance-usdm", instruments=[BTC], until_ns=NS + 6) == 3
    assert [frame.raw for frame in Recording(path, recognise=nobody)] == [b"{1}", b"{3}", b"{5}"]


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Files that cannot grow beyond a size, which fails as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_ends_the_recording_with_one_word_and_keeps_what_it_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A radar would fall silent in the middle of a crash because its recording has no room."""
    path = tmp_path / "full.zst"
    noise = Random(1)
    with disk_of(4_000), recorder(path) as writing:
        for number in range(100):
            writing.frame(NS + number * 10**9, b'{"noise":"%b"}' % noise.randbytes(100).hex().encode())
    assert writing.failure is not None
    (said,) = caplog.messages
    assert said.startswith(f"recording stopped: {path}: ")
    assert len(list(Recording(path, recognise=nobody))) > 10


async def test_a_disk_that_fills_up_in_a_pause_is_noticed_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The late flush has nobody to tell: its error would end up as noise of the event loop."""
    with recorder(tmp_path / "full.zst") as writing:
        writing.frame(NS, b'{"a":1}')
        writing.frame(NS + 1, b'{"a":"%b"}' % Random(1).randbytes(9_000).hex().encode())
        with disk_of(1_000):
            async with asyncio.timeout(5):
                while writing.failure is None:  # noqa: ASYNC110  # set by the late flush
                    await asyncio.sleep(0.02)
    assert len(caplog.messages) == 1


def test_a_cut_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    """A bundled recording would be shorter than it says."""
    frames = [RecordedFrame(NS, "binance-usdm", Random(1).randbytes(9_000).hex().encode())]
    with disk_of(1_000), pytest.raises(RecordingError, match="cannot be written"):
        cut(frames, tmp_path / "cut.zst", venue_id="binance-usdm", instruments=[BTC], until_ns=NS + 6)
