"""Files of what must not be lost: whatever happens to them, the rest is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.kafka.segments import Segments, Spilled, SpoolError, sync_and_close


def record(number: int, size: int = 100) -> Spilled:
    return Spilled("market.frames.v1", b"BTC", b"%d " % number + b"x" * size)


def numbers(records: list[Spilled]) -> list[int]:
    return [int(one.value.split()[0]) for one in records]


def opened(folder: Path, *, quota: int = 1 << 20, size: int = 1_000) -> Segments:
    return Segments(folder, quota_bytes=quota, segment_bytes=size)


def read_all(segments: Segments) -> Iterator[int]:
    while segments.next_bytes:
        segment, records = segments.take_oldest()
        yield from numbers(records)
        segment.delete()


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_what_was_written_is_read_in_order_by_the_next_process(tmp_path: Path) -> None:
    """A restart would lose the liquidations of an outage."""
    first = opened(tmp_path)
    for number in range(50):
        first.append(record(number))
    first.close()
    assert len(files(tmp_path)) > 3
    again = opened(tmp_path)
    assert again.waiting_records == 50
    assert again.waiting_bytes == sum(path.stat().st_size for path in files(tmp_path))
    again.append(record(50))
    assert list(read_all(again)) == list(range(51))
    assert files(tmp_path) == []
    assert (again.torn_records, again.lost_records, again.waiting_bytes) == (0, 0, 0)
    again.close()


def test_a_file_stays_until_it_is_deleted(tmp_path: Path) -> None:
    """Killed between reading and sending, it would be lost."""
    first = opened(tmp_path)
    first.append(record(1))
    first.take_oldest()
    first.close()
    assert list(read_all(opened(tmp_path))) == [1]


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_tail_costs_its_record_alone(cut: int, tmp_path: Path) -> None:
    """A process killed while it wrote would make the whole file unreadable."""
    first = opened(tmp_path, size=10_000)
    for number in range(5):
        first.append(record(number))
    first.close()
    (path,) = files(tmp_path)
    os.truncate(path, path.stat().st_size - cut)
    again = opened(tmp_path)
    assert list(read_all(again)) == [0, 1, 2, 3]
    assert again.torn_records == 1
    again.close()


def test_a_damaged_record_is_skipped_and_those_behind_it_are_read(tmp_path: Path) -> None:
    """One bad block of a disk would cost all."""
    first = opened(tmp_path, size=10_000)
    for number in range(3):
        first.append(record(number))
    first.close()
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    again = opened(tmp_path)
    assert list(read_all(again)) == [0, 2]
    assert again.torn_records == 1
    again.close()


def test_beyond_the_quota_the_oldest_go_and_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A long outage would fill the disk of the machine, or lose the newest without a word."""
    segments = opened(tmp_path, quota=5_000)
    for number in range(200):
        segments.append(record(number))
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 5_000
    read = list(read_all(segments))
    assert read == list(range(200 - len(read), 200))
    assert segments.lost_records == 200 - len(read) > 100
    assert "records that must not be lost are lost" in caplog.text
    segments.close()


def test_what_is_put_first_is_read_first_and_keeps_its_order(tmp_path: Path) -> None:
    """What waited in memory at the end is older than what is on disk."""
    first = opened(tmp_path)
    for number in range(10, 20):
        first.append(record(number))
    assert first.put_first([record(number) for number in range(10)]) == 10
    first.close()
    again = opened(tmp_path)
    assert again.put_first([record(-1)]) == 1
    again.append(record(20))
    assert list(read_all(again)) == list(range(-1, 21))
    again.close()


def test_what_is_put_first_keeps_to_the_quota(tmp_path: Path) -> None:
    """A full memory at the end would go beyond the disk that was granted."""
    segments = opened(tmp_path, quota=2_000)
    assert segments.put_first([record(number) for number in range(100)]) == segments.waiting_records < 20
    assert segments.lost_records == 100 - segments.waiting_records
    assert next(read_all(segments)) == segments.lost_records
    segments.close()


def test_two_producers_do_not_share_a_folder(tmp_path: Path) -> None:
    """Each would send, and delete, what the other spilled."""
    first = opened(tmp_path)
    with pytest.raises(SpoolError, match="another producer spools there"):
        opened(tmp_path)
    first.close()
    opened(tmp_path).close()


def test_a_folder_that_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    """It would be found out in the outage."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="cannot be spooled to"):
        opened(tmp_path / "file")


def test_a_disk_that_refuses_costs_the_record_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk would end the producer, which still has a memory."""
    segments = opened(tmp_path / "spool")
    (tmp_path / "spool").rename(tmp_path / "gone")
    segments.append(record(1))
    assert segments.lost_records == 1
    assert "the disk refuses (No such file or directory)" in caplog.text
    (tmp_path / "gone").rename(tmp_path / "spool")
    segments.append(record(2))
    assert list(read_all(segments)) == [2]
    segments.close()


def test_what_was_written_can_be_synced_by_another_thread(tmp_path: Path) -> None:
    """A slow disk would hold up the sockets; a file closed meanwhile would be another file."""
    segments = opened(tmp_path)
    assert segments.unsynced() is None
    segments.append(record(1))
    unsynced = segments.unsynced()
    assert unsynced is not None
    segments.close()
    sync_and_close(unsynced)
