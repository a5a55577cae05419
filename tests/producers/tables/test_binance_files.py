from __future__ import annotations

from pathlib import Path

import pytest

from producers.errors import RecordingError
from producers.tables.binance_files import time_ns
from producers.venues.registry import venue
from schemas.instrument import Instrument
from tests.kit.binance_archive import BEGINS_MS, read, saved

FUTURES = f"1,100.0,2,200.0,{BEGINS_MS},true"
SPOT = f"1,100.0,2,200.0,{BEGINS_MS}123,True,True"


@pytest.mark.parametrize(
    ("name", "row", "live"),
    [
        ("BTCUSDT-trades-2025-10-10.csv", SPOT, ("binance-spot", "BTCUSDT")),
        ("USDEUSDT-trades-2025-10.csv", SPOT, ("binance-spot", "USDEUSDT")),
        ("BNBFDUSD-trades-2025-10-10.csv", SPOT, ("binance-spot", "BNBFDUSD")),
        ("BTCUSDT-trades-2025-10-10.csv", FUTURES, ("binance-usdm", "BTCUSDT")),
        ("1000SHIBUSDC-trades-2025-10-10.csv", FUTURES, ("binance-usdm", "1000SHIBUSDC")),
        ("ETHUSDT_251226-trades-2025-10-10.csv", FUTURES, ("binance-usdm", "ETHUSDT_251226")),
        ("BTCUSD_PERP-trades-2025-10-10.csv", FUTURES, ("binance-coinm", "BTCUSD_PERP")),
        ("AVAXUSD_251226-trades-2025-10-10.csv", FUTURES, ("binance-coinm", "AVAXUSD_251226")),
        ("futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2025-10-10.csv", FUTURES, ("binance-usdm", "BTCUSDT")),
        ("spot/daily/trades/BTCUSDT/BTCUSDT-trades-2019-10-10.csv", SPOT, ("binance-spot", "BTCUSDT")),
    ],
)
def test_a_file_is_of_the_market_that_the_live_venue_would_name(
    tmp_path: Path, name: str, row: str, live: tuple[str, str]
) -> None:
    """Floors, thresholds and labels of the live market would not be found."""
    _, (market, *_) = read(saved(tmp_path, name, [row]))
    assert isinstance(market, Instrument)
    venue_id, symbol = live
    inferred = venue(venue_id).infer_instrument(symbol, market.ts_recv_ns)
    assert market == inferred


def test_the_nearest_folder_decides_before_the_shape(tmp_path: Path) -> None:
    """Somebody's folder of spot holds futures of another folder."""
    row = f"{BEGINS_MS},1,1,1,1,1,{BEGINS_MS + 59_999},1,1,1,1,0"
    for folder, venue_id in (("spot", "binance-spot"), ("um", "binance-usdm"), ("spot/um", "binance-usdm")):
        _, (market, *_) = read(saved(tmp_path, f"{folder}/BTCUSDT-1m-2025-10-10.csv", [row]))
        assert market.venue == venue_id


def test_a_file_that_does_not_tell_its_market_says_what_to_do(tmp_path: Path) -> None:
    """Futures would be judged as spot."""
    row = f"{BEGINS_MS},1,1,1,1,1,{BEGINS_MS + 59_999},1,1,1,1,0"
    with pytest.raises(RecordingError, match="put it into a folder called spot or um"):
        read(saved(tmp_path, "BTCUSDT-1m-2025-10-10.csv", [row]))
    with pytest.raises(RecordingError, match="Name it as the archive does: BTCUSDT-trades-2025-10-10"):
        read(saved(tmp_path, "mine.csv", [SPOT]))


def test_a_zip_is_read_as_it_came(tmp_path: Path) -> None:
    """What was fetched would have to be unpacked."""
    table, events = read(saved(tmp_path, "BTCUSDT-trades-2025-10-10.zip", [SPOT, SPOT], as_zip=True))
    assert (len(events), table.rows, table.damage) == (3, 2, "")


def test_times_in_other_units_are_none() -> None:
    """A file in seconds would be replayed as an instant of 1970."""
    assert time_ns(BEGINS_MS) == time_ns(BEGINS_MS * 1000) == BEGINS_MS * 1_000_000
    assert time_ns(BEGINS_MS // 1000) == time_ns(BEGINS_MS * 1_000_000) == time_ns(0) == time_ns(-5) == 0
