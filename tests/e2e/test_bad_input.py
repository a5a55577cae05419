"""Bad input from the file to the last line of the report: counted or named, the stream goes on, prices untouched."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from functools import cache
from math import isnan
from pathlib import Path

import msgspec
import pytest

from detector.commands.day_window import DayWindow
from detector.commands.replay import replay
from detector.engine import Engine
from detector.market import Market
from producers.bundled import CALM_SECONDS
from producers.compressed import CompressedFile
from producers.errors import RecordingError
from producers.replay import Replay
from producers.venues.registry import venues_of
from tests.kit.markets import market_of
from tests.kit.trades_csv import HEADER

LINES = 6_000
BTC = "binance-usdm|BTC-USDT-PERP"


@cache
def good_lines() -> tuple[bytes, ...]:
    """The beginning of the bundled USD-M recording: about 12 s of BTC and ETH."""
    return tuple(b"".join(CompressedFile(CALM_SECONDS[0])).split(b"\n")[:LINES])


def trade(at: int, **changes: object) -> bytes:
    """The first BTC trade at or after a line, received at its time, with other fields."""
    for line in good_lines()[at:]:
        recv, _, raw = line.partition(b" ")
        if b'btcusdt@trade"' in raw:
            message = msgspec.json.decode(raw)
            message["data"] |= changes
            if "s" in changes:
                message["stream"] = f"{str(changes['s']).lower()}@trade"
            return recv + b" " + msgspec.json.encode(message)
    raise AssertionError("no trade after this line")


def with_lines(path: Path, bad: Sequence[bytes], at: int = LINES // 2) -> Path:
    """The recording with these lines in its middle."""
    path.write_bytes(b"\n".join([*good_lines()[:at], *bad, *good_lines()[at:], b""]))
    return path


def played(path: Path, venue_id: str | None = None) -> Engine:
    """The engine after `cascade replay FILE`."""
    return replay(
        [path], as_json=False, venue_id=venue_id, chunk=512, conditions=False, window=DayWindow(None, None), labels=None
    )


def prices(market: Market) -> tuple[object, ...]:
    """Everything that a price feeds."""
    trading, book = market.trading, market.quotes.book
    assert book is not None
    bars = [None if isnan(price) else price for price in trading.prices.cells]
    return trading.price, bars, trading.move_60s, trading.sigma, book.mid, book.best_bid, book.best_ask


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, ...]:
    """What the undamaged recording says of BTC."""
    path = with_lines(tmp_path_factory.mktemp("clean") / "good.txt", [])
    return prices(market_of(played(path), BTC))


MIDDLE = LINES // 2
NS_OF_TRADE = 1_723_161_260_000_000_000


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([trade(MIDDLE)[:-30]], "left out, bad_json: 1"),
        ([trade(MIDDLE).partition(b" ")[0] + b" <html>502 Bad Gateway</html>"], "left out, bad_json: 1"),
        ([trade(MIDDLE, p="NaN")], "left out, bad_number: 1"),
        ([trade(MIDDLE, p="1e999")], "left out, bad_number: 1"),
        ([trade(MIDDLE, p="-61000")], "left out, bad_number: 1"),
        ([trade(MIDDLE, q="-1"), trade(MIDDLE, q="Infinity")], "left out, bad_number: 2"),
        ([trade(MIDDLE, T=NS_OF_TRADE, E=NS_OF_TRADE)], "left out, bad_time: 1"),
        ([trade(MIDDLE, T=1_723_161_260, E=1_723_161_260)], "left out, bad_time: 1"),
        ([trade(MIDDLE, s="NOPEUSDT")], "left out, unknown_symbol: 1"),
        ([b"hello", b"1 2 3", b"\xff\xfe\x00"], "left out, not_a_frame: 3"),
        ([trade(MIDDLE).partition(b" ")[0] + b' {"e":"\xff\xfe"}'], "left out, not_text: 1"),
        ([b"1023161260000000000 " + trade(MIDDLE).partition(b" ")[2]], "left out, receive_time: 1"),
        ([trade(MIDDLE).partition(b" ")[0] + b' {"stream":"btcusdt@news","data":{"e":"news"}}'], "unread frames 1"),
    ],
)
def test_a_bad_line_is_counted_by_its_reason_and_changes_no_price(
    tmp_path: Path, clean: tuple[object, ...], bad: list[bytes], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One damaged frame would end the day, or be a crash of its own."""
    engine = played(with_lines(tmp_path / "bad.txt", bad))
    assert says in capsys.readouterr().out
    assert prices(market_of(engine, BTC)) == clean


def test_an_insurance_fund_print_moves_no_price(tmp_path: Path, clean: tuple[object, ...]) -> None:
    """A takeover 2 % away from the market would read as a crash."""
    taken = [trade(MIDDLE, p=price, X="INSURANCE_FUND") for price in ("60500.00", "63000.00")]
    assert prices(market_of(played(with_lines(tmp_path / "fund.txt", taken)), BTC)) == clean


def test_the_same_print_on_the_book_would_move_it(tmp_path: Path, clean: tuple[object, ...]) -> None:
    """The tests above would prove nothing if a print never came through."""
    last = max(n for n, line in enumerate(good_lines()) if b'btcusdt@trade"' in line)
    moved = played(with_lines(tmp_path / "real.txt", [trade(last, p="60500.00", t=2**40)], at=LINES))
    assert prices(market_of(moved, BTC))[0] == 60_500.0 != clean[0]


def test_the_recorded_insurance_fund_print_moves_no_price(shared_data: Path) -> None:
    """The real one of 5 April 2023: 28,722.5 in a market at 28,150."""
    path = shared_data / "binance-raw" / "usdm_btcusdt_20230405.dat.gz"
    engine, prints = Engine(), 0
    for batch in Replay([path], venues=venues_of("all")):
        prints += sum(getattr(event, "print", "market") != "market" for event in batch)
        engine.feed(batch)
        for market in engine.markets():
            assert isnan(market.trading.price) or market.trading.price < 28_600
    assert prints == 1


@pytest.mark.parametrize("level", ['["NaN","1"]', '["61000.1","-1"]', '["1e999","1"]', '["-5","1"]', '["61000.1"]'])
def test_a_book_message_with_impossible_numbers_leaves_the_book_unknown(
    tmp_path: Path, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A level without a price would become depth, and one that should have gone would stay."""
    lines = list(good_lines())
    at = next(n for n in range(MIDDLE, LINES) if b"btcusdt@depth" in lines[n])
    recv, _, raw = lines[at].partition(b" ")
    message = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    data = msgspec.json.decode(message["data"], type=dict[str, msgspec.Raw])
    data["b"] = msgspec.Raw(f"[{level}]".encode())
    lines[at] = recv + b" " + msgspec.json.encode(message | {"data": data})
    path = tmp_path / "book.txt"
    path.write_bytes(b"\n".join(lines))
    engine = played(path)
    out = capsys.readouterr().out
    assert "impossible numbers, left out: 1" in out or "left out, bad_" in out
    assert market_of(engine, BTC).quotes.fault == "gap"


def test_a_truncated_gzip_is_used_up_to_the_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A crash of the recorder would cost the whole recording."""
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(b"\n".join(good_lines()))[:-20_000])
    engine = played(path)
    assert "the gzip data ends too early; everything before the cut was used" in capsys.readouterr().out
    assert 1_000 < engine.events < LINES


def test_damage_in_the_middle_of_a_gzip_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad disk would look like a short day."""
    path = tmp_path / "bad.gz"
    content = bytearray(gzip.compress(b"\n".join(good_lines())))
    content[len(content) // 2 : len(content) // 2 + 50] = bytes(50)
    path.write_bytes(content)
    assert played(path).events > 1_000
    out = capsys.readouterr().out
    assert "damaged gzip data" in out or "ends too early" in out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 40, "not a recording"),
        (b"\x1f\x8b" + bytes(100), "gzip data"),
        (b"\x28\xb5\x2f\xfd" + bytes(100), "zstd data"),
        (b'{"e":"trade"}\n' * 10, "not a recording"),
        (b'1723161260000000000 {"e":"trade","x":1}\n' * 10, "no venue recognised"),
        (b'0 {"recording":{"version":99,"venue":"binance-usdm"}}\n1723161260000000000 {}\n', "recording version 99"),
        (b'0 {"recording":{"version":1,"venue":"mtgox"}}\n1723161260000000000 {}\n', "mtgox"),
        (b'0 {"recording":7}\n1723161260000000000 {}\n', "header cannot be read"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    """A wrong file would replay as a calm market."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=says) as refused:
        played(path)
    assert str(path) in str(refused.value)


def test_a_venue_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """`--venue` with a typing mistake would end in a traceback."""
    path = tmp_path / "file"
    path.write_bytes(b'1723161260000000000 {"e":"trade"}\n' * 10)
    with pytest.raises(RecordingError, match="mtgox"):
        played(path, "mtgox")


def test_trades_of_an_unknown_exchange_have_unknown_worth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Contracts would be counted as coins, and bad rows as trades."""
    good = "mtgox,BTCUSD,1760129405000000,1760129405050000,1,sell,60000,5"
    rows = [good, good.replace(",60000,", ",NaN,"), "mtgox,BTCUSD", good.replace("1760129405000000", "1760129405")]
    path = tmp_path / "t.csv"
    path.write_text("\n".join([HEADER, *rows, good.replace("405", "408"), ""]))
    engine = played(path)
    out = capsys.readouterr().out
    assert "5 trades of mtgox BTC-USD-PERP, 1 rows skipped: bad_number, 1 rows skipped: bad_shape" in out
    assert "1 rows skipped: bad_time" in out
    assert "contract value of BTC-USD-PERP unknown: its notional stays unknown" in out
    market = market_of(engine, "mtgox|BTC-USD-PERP")
    assert market.trading.price == 60_000.0
    assert not market.trading.notional_known
    assert market.trading.kyle.value is None
