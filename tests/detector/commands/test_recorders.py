"""Recording beside a live run: files of each venue that replay by themselves."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from detector.commands.recorders import Recorders
from producers.errors import RecordingError
from producers.keeping import Keeping
from producers.recorded_lines import first_lines
from producers.recording import rest_answer
from producers.series import header_of
from producers.venue_server.timeline import Frame
from schemas.instrument import Instrument
from tests.kit.rotated import T0, USDM, by_age, market, replayed, updates, whole

NO_LIMIT = Keeping(keep_free_gb=0)
MARKETS = msgspec.json.encode([market()])


def heard(record: Recorders, frames: list[Frame]) -> None:
    """What a fleet hands over."""
    for recv_ns, venue_id, raw in frames:
        answer = rest_answer(raw)
        if answer is None:
            record(venue_id, recv_ns, raw, "frame")
        else:
            record(venue_id, recv_ns, bytes(answer.body), f"{answer.rest}:{answer.symbol}")


def test_a_recording_holds_the_chosen_markets_the_frames_and_the_books(tmp_path: Path) -> None:
    """A recording that does not replay is found out months later."""
    folder = tmp_path / "new" / "folder"
    with Recorders(folder, keeping=NO_LIMIT) as record:
        heard(record, updates(1, 2))
        assert list(folder.iterdir()) == [], "of markets that are not known nothing can be read again"
        record(USDM, T0, MARKETS, "markets")
        heard(record, updates(3, 40))
    (path,) = folder.iterdir()
    assert path.name == "binance-usdm-20240808T235415Z.zst"
    header = header_of(path)
    assert header is not None
    assert header.instruments == (market(),)
    events = replayed(path)
    assert events == replayed(*whole(updates(3, 40), tmp_path / "whole", {USDM: [market()]}))
    assert len(events) > 35
    assert isinstance(events[0], Instrument)


def test_a_second_market_list_does_not_begin_a_second_file(tmp_path: Path) -> None:
    """After every reconnect there would be another piece."""
    with Recorders(tmp_path, keeping=NO_LIMIT) as record:
        record(USDM, T0, MARKETS, "markets")
        heard(record, updates(1, 5))
        record(USDM, T0 + 10**10, b"[]", "markets")
        heard(record, updates(6, 9))
    assert len(list(tmp_path.iterdir())) == 1


def test_answers_of_polls_are_recorded_by_their_name(tmp_path: Path) -> None:
    """What only polls tell would be missing from the replay."""
    with Recorders(tmp_path, keeping=NO_LIMIT) as record:
        record(USDM, T0, MARKETS, "markets")
        record(USDM, T0, b'{"openInterest":"1"}', "poll:open_interest:BTCUSDT")
        record(USDM, T0, b"{}", "something:else")
    (path,) = tmp_path.iterdir()
    _, line = first_lines(path, 3)
    answer = rest_answer(line.partition(b" ")[2])
    assert answer is not None
    assert (answer.rest, answer.symbol) == ("poll", "open_interest:BTCUSDT")
    assert bytes(answer.body) == b'{"openInterest":"1"}'


def test_files_rotate_and_are_counted_to_the_quota(tmp_path: Path) -> None:
    """A run of months would leave one file, or fill the disk."""
    with Recorders(tmp_path, keeping=Keeping(rotate_every="1h", keep_free_gb=0)) as record:
        record(USDM, T0, MARKETS, "markets")
        for hour in range(4):
            record(USDM, T0 + hour * 3_600 * 10**9, b"{}", "frame")
    paths = by_age(tmp_path.iterdir())
    assert len(paths) == 4
    tight = Keeping(rotate_mb=1e-4, quota_gb=2 * paths[0].stat().st_size / 1e9, keep_free_gb=0)
    with Recorders(tmp_path, keeping=tight) as record:
        assert record.folder.deleted_files == 3
    assert by_age(tmp_path.iterdir()) == paths[3:]


def test_a_folder_that_cannot_be_written_to_is_one_clear_error(tmp_path: Path) -> None:
    """It would come up when the first venue has answered, or with a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="file/folder: cannot be recorded to: Not a directory"):
        Recorders(tmp_path / "file" / "folder").__enter__()


def test_a_folder_that_goes_away_costs_the_recording_and_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A venue that came late would end the others."""
    folder = tmp_path / "folder"
    with Recorders(folder, keeping=NO_LIMIT) as record:
        folder.rmdir()
        record(USDM, T0, MARKETS, "markets")
        heard(record, updates(1, 9))
    (said,) = caplog.messages
    assert said.startswith("binance-usdm is not recorded: ")
