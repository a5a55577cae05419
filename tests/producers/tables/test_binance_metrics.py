from __future__ import annotations

from pathlib import Path

from schemas.market import OpenInterest
from tests.kit.binance_archive import read, saved

HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)


def row(time: str, quantity: str, value: str, *, symbol: str = "BTCUSDT") -> str:
    return f"2025-10-10 {time}:00,{symbol},{quantity},{value},,1.1,,0.9"


def figures(path: Path) -> list[OpenInterest]:
    return [event for event in read(path)[1] if isinstance(event, OpenInterest)]


def test_a_figure_is_known_when_its_five_minutes_end(tmp_path: Path) -> None:
    """The fall would be seen five minutes before it happened."""
    path = saved(tmp_path, "BTCUSDT-metrics-2025-10-10.csv", [HEADER, row("21:15", "90000.5", "9900000000.0")])
    (figure,) = figures(path)
    assert figure.ts_event_ns == figure.ts_recv_ns == 1_760_131_200_000_000_000
    assert (figure.open_interest, figure.notional_usd, figure.venue) == (90000.5, 9.9e9, "binance-usdm")


def test_figures_come_in_order_and_once(tmp_path: Path) -> None:
    """Open interest would jump back and forth within an hour."""
    rows = [row("21:10", "3", "300"), row("21:00", "1", "100"), row("21:05", "2", "200"), row("21:05", "2", "200")]
    found = figures(saved(tmp_path, "BTCUSDT-metrics-2025-10-10.csv", [HEADER, *rows]))
    assert [figure.open_interest for figure in found] == [1.0, 2.0, 3.0]


def test_contracts_are_worth_dollars_and_not_coin(tmp_path: Path) -> None:
    """The archive's value of inverse contracts is in coin."""
    rows = [HEADER, row("21:00", "1000", "0.9", symbol="BTCUSD_PERP")]
    (figure,) = figures(saved(tmp_path, "BTCUSD_PERP-metrics-2025-10-10.csv", rows))
    assert (figure.open_interest, figure.notional_usd, figure.venue) == (1000.0, 100_000.0, "binance-coinm")


def test_a_figure_that_was_not_taken_is_no_collapse(tmp_path: Path) -> None:
    """A zero would be all positions closed at once."""
    rows = [
        row("21:00", "1", "100"),
        row("21:05", "0E-8", "0"),
        row("21:10", "nan", "1"),
        row("21:15", "1", "x"),
        "1,2",
    ]
    rows += [row("21:20", "1", "1", symbol="ETHUSDT"), "1970-01-01 00:00:00,BTCUSDT,1,1,,,,"]
    table, events = read(saved(tmp_path, "BTCUSDT-metrics-2025-10-10.csv", [HEADER, *rows]))
    assert len(events) == 2
    assert table.skipped == {"no_figure": 1, "bad_number": 2, "bad_shape": 1, "other_market": 1, "bad_time": 1}


def test_a_file_without_figures_has_no_events(tmp_path: Path) -> None:
    """An empty day would end the replay with a traceback."""
    assert read(saved(tmp_path, "BTCUSDT-metrics-2025-10-10.csv", [HEADER]))[1] == []
