"""Recording beside a live run: one file a venue that replays by itself."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from detector.commands.recorders import Recorders
from producers.bundled import CALM_SECONDS
from producers.errors import DecodeError, RecordingError
from producers.replay import Replay
from producers.venue_server.timeline import recorded
from producers.venues.registry import venues_of

RECV_NS = 1_723_161_255_030_314_667
VENUE = "binance-spot"


def market_list() -> bytes:
    """The venue's own market list, as far as it is needed."""
    filters = [{"filterType": "PRICE_FILTER", "tickSize": "0.01"}]
    markets = [
        {"symbol": f"{base}USDT", "status": "TRADING", "baseAsset": base, "quoteAsset": "USDT", "filters": filters}
        for base in ("BTC", "ETH", "SOL")
    ]
    return msgspec.json.encode({"symbols": markets})


def test_a_recording_holds_the_chosen_markets_the_frames_and_the_books(tmp_path: Path) -> None:
    """A recording that does not replay is found out months later."""
    frames = list(recorded([CALM_SECONDS[2]]))[:400]
    folder = tmp_path / "new" / "folder"
    with Recorders(folder, ["BTC"], None) as record:
        record(VENUE, RECV_NS, b"{}", "frame")
        record(VENUE, RECV_NS, market_list(), "instruments")
        for recv_ns, venue_id, raw in frames:
            if raw.startswith(b'{"rest":"book"'):
                record(venue_id, recv_ns, msgspec.json.decode(raw, type=dict[str, msgspec.Raw])["body"], "book:BTCUSDT")
            elif not raw.startswith(b'{"rest"'):
                record(venue_id, recv_ns, raw, "frame")
    (path,) = folder.iterdir()
    assert path.name == "binance-spot-20240808T235415Z.zst"
    replay = Replay([path], venues=venues_of("all"))
    assert [i.instrument for i in replay.instruments] == ["BTC-USDT-SPOT"]
    assert sum(len(batch) for batch in replay) > 300
    (tally,) = replay.tallies
    assert tally.frames + tally.answers >= 395
    assert tally.published["book_snapshot"] == 1
    assert not tally.decode_errors


def test_a_second_market_list_does_not_begin_a_second_file(tmp_path: Path) -> None:
    """After every reconnect there would be another piece."""
    with Recorders(tmp_path, ["BTC", "ETH"], 1) as record:
        record(VENUE, RECV_NS, market_list(), "instruments")
        record(VENUE, RECV_NS + 10**10, market_list(), "instruments")
        record(VENUE, RECV_NS + 10**10, b'{"stream":"btcusdt@trade"}', "frame")
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unreadable_market_list_is_the_fleets_business(tmp_path: Path) -> None:
    """The error would not be one that the fleet knows how to try again."""
    with Recorders(tmp_path, ["BTC"], None) as record, pytest.raises(DecodeError):
        record(VENUE, RECV_NS, b"<html>", "instruments")
    assert list(tmp_path.iterdir()) == []


def test_a_market_list_without_a_time_is_named_by_the_clock(tmp_path: Path) -> None:
    """Each recording of a played one would be of 1970."""
    with Recorders(tmp_path, ["BTC"], None) as record:
        record(VENUE, 0, market_list(), "instruments")
    (path,) = tmp_path.iterdir()
    assert path.name.startswith(f"binance-spot-{time.strftime('%Y', time.gmtime())}")


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    """A restart within a second would end with an error, or destroy what is there."""
    for _ in range(3):
        with Recorders(tmp_path, ["BTC"], None) as record:
            record(VENUE, RECV_NS, market_list(), "instruments")
    names = ["binance-spot-20240808T235415Z-2.zst", "binance-spot-20240808T235415Z-3.zst"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "binance-spot-20240808T235415Z.zst"]


def test_a_folder_that_cannot_be_written_to_is_one_clear_error(tmp_path: Path) -> None:
    """It would come up when the first venue has answered, or with a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match="file/folder: cannot be recorded to: Not a directory"):
        Recorders(tmp_path / "file" / "folder", ["BTC"], None).__enter__()


def test_a_folder_that_goes_away_costs_the_recording_and_not_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A venue that came late would end the others."""
    folder = tmp_path / "folder"
    with Recorders(folder, ["BTC"], None) as record:
        folder.rmdir()
        record(VENUE, RECV_NS, market_list(), "instruments")
        record(VENUE, RECV_NS, b"{}", "frame")
    (said,) = caplog.messages
    assert said.startswith("binance-spot is not recorded: ")
