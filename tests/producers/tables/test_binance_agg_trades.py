from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

from detector.trade_ids import TradeIds
from producers.tables.known import table_of
from producers.tables.tardis_symbols import Markets
from schemas.base import Event
from schemas.health import Gap
from schemas.market import Trade
from tests.kit.binance_archive import BEGINS_MS, read, saved

HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"


def row(number: int, first: int, last: int, *, maker: str = "true", price: str = "100") -> str:
    return f"{number},{price},3,{first},{last},{BEGINS_MS + number},{maker}"


def fetched(tmp_path: Path, rows: list[str], *, day: int = 10) -> list[Event]:
    return read(saved(tmp_path, f"BTCUSDT-aggTrades-2025-10-{day}.csv", [HEADER, *rows]))[1]


def counted(events: list[Event]) -> tuple[int, int]:
    """Ids, and ids that did not print, as the detector sees them."""
    ids = TradeIds()
    for now, event in enumerate(events):
        if isinstance(event, Trade) and isinstance(event.trade_id, int):
            ids.on_id(event.trade_id, now, now + 1)
        elif isinstance(event, Gap):
            ids.forget()
    for second in range(5):
        ids.close_second(second, learn=False)
    return ids.ids_60s.total, ids.missing_60s.total


def test_a_row_is_one_trade(tmp_path: Path) -> None:
    """An order that swept nine makers would be nine orders."""
    _, sold, bought = fetched(tmp_path, [row(1, 10, 18), row(2, 19, 19, maker="false")])
    assert isinstance(sold, Trade)
    assert isinstance(bought, Trade)
    assert (sold.price, sold.qty, sold.notional_usd, sold.taker) == (100.0, 3.0, 300.0, "sell")
    assert sold.ts_event_ns == sold.ts_recv_ns == (BEGINS_MS + 1) * 1_000_000
    assert (bought.taker, bought.venue) == ("buy", "binance-usdm")


def test_fills_of_one_row_are_no_holes(tmp_path: Path) -> None:
    """Every sweep would be a deleveraging."""
    events = fetched(tmp_path, [row(n, 10 * n, 10 * n + 9) for n in range(1, 30)])
    assert counted(events) == (28, 0)


def test_fills_in_no_row_are_holes_with_their_share_of_all_fills(tmp_path: Path) -> None:
    """The earliest second key of a cascade would be missing, or be inflated by how many fills a row has."""
    sweeps = [row(n, 10 * n, 10 * n + 9) for n in range(1, 11)]
    later = [row(n, 10 * n + 50, 10 * n + 59) for n in range(11, 21)]
    ids, missing = counted(fetched(tmp_path, sweeps + later))
    # Fifty of 250 fills.
    assert (ids, missing) == (24, 5)
    single = [row(n, n, n) for n in range(1, 11)] + [row(n, n + 3, n + 3) for n in range(11, 21)]
    assert counted(fetched(tmp_path, single)) == (22, 3)


def test_a_hole_smaller_than_a_row_is_one(tmp_path: Path) -> None:
    """A single fill off the book would round to none."""
    assert counted(fetched(tmp_path, [row(1, 10, 19), row(2, 21, 30)])) == (2, 1)


def test_the_days_after_each_other_have_no_hole_between_them(tmp_path: Path) -> None:
    """Midnight would be a deleveraging."""
    first = fetched(tmp_path, [row(n, n, n) for n in range(1, 11)])
    second = fetched(tmp_path, [row(n, n, n) for n in range(14, 24)], day=11)
    assert counted([*first, *second])[1] == 0


def test_rows_that_are_not_in_order_are_no_holes(tmp_path: Path) -> None:
    """A file that somebody sorted by price would be full of deleveragings."""
    rows = [row(n, n, n) for n in range(1, 400)]
    Random(1).shuffle(rows)
    path = saved(tmp_path, "BTCUSDT-aggTrades-2025-10-10.csv", [HEADER, *rows])
    table, events = read(path)
    times = [event.ts_recv_ns for event in events]
    assert times == sorted(times)
    assert counted(events) == (398, 0)
    assert table.order is not None
    assert table.order.moved > 300


def test_a_row_too_far_behind_is_no_hole(tmp_path: Path) -> None:
    """One row that was appended would be ten thousand fills that did not print."""
    rows = [row(n, n, n) for n in range(1, 21_000) if n != 5]
    table, events = read(saved(tmp_path, "BTCUSDT-aggTrades-2025-10-10.csv", [HEADER, *rows, row(5, 5, 5)]))
    assert table.order is not None
    assert (table.order.moved, table.order.late) == (0, 1)
    assert len([event for event in events if isinstance(event, Trade)]) == 20_999
    assert sum(isinstance(event, Gap) for event in events) == 2
    # The true hole at 5, and no other.
    assert counted(events)[1] <= 1


def test_rows_that_overlap_or_stand_for_nothing_infer_nothing(tmp_path: Path) -> None:
    """The archive's own corrections would be fills that did not print."""
    events = fetched(tmp_path, [row(1, 10, 12), row(2, 11, 13), row(3, -1, -1, price="0"), row(4, 20, 21)])
    assert [type(event).__name__ for event in events] == ["Instrument", "Trade", "Trade", "Gap", "Trade"]
    assert counted(events)[1] == 0


def test_rows_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    """Nobody would know that a file is damaged."""
    bad = ["1,2", row(2, 5, 4), row(3, 5, 5, price="x"), row(4, 6, 6, maker="?"), f"5,1,1,7,7,{BEGINS_MS // 1000},true"]
    table, events = read(saved(tmp_path, "BTCUSDT-aggTrades-2025-10-10.csv", [HEADER, *bad]))
    assert events == []
    assert table.skipped == {"bad_shape": 2, "bad_number": 2, "bad_time": 1}


def test_a_real_hour_of_spot_has_no_hole(shared_data: Path) -> None:
    """What has no deleveraging at all would show one."""
    table = table_of(shared_data / "oct10-trades" / "BTCUSDC-aggTrades-2025-10-08.zip", Markets())
    assert table is not None
    market, *events = islice(table, 20_001)
    numbers = [event.trade_id for event in events if isinstance(event, Trade)]
    assert isinstance(numbers[0], int)
    assert numbers == list(range(numbers[0], numbers[0] + 20_000))
    assert (market.venue, market.instrument) == ("binance-spot", "BTC-USDC-SPOT")
    assert (table.skipped.total(), table.damage) == (0, "")
