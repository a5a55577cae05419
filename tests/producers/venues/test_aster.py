"""Aster: Binance's wire at other addresses, with other limits, and open interest from a poll."""

from __future__ import annotations

import json

import pytest

from producers.errors import DecodeError
from producers.venue import Venue
from producers.venues.aster import Aster
from schemas.instrument import Instrument
from schemas.market import Adl, Insurance, Liquidation, OpenInterest, Trade

T_MS = 1_760_130_964_831
RECV_NS = (T_MS + 1000) * 1_000_000


def ready() -> tuple[Aster, Instrument]:
    """A venue that knows one market."""
    one = Aster()
    instrument = one.infer_instrument("BTCUSDT", 0)
    assert instrument is not None
    one.register([instrument])
    return one, instrument


def test_all_streams_of_a_market_are_on_one_socket_of_at_most_200() -> None:
    """Binance's routes do not exist here, and neither do its 1024 streams."""
    one = Aster()
    markets = [found for n in range(500) if (found := one.infer_instrument(f"C{n}USDT", 0))]
    sockets = one.sockets(markets)
    named = [[name for said in socket.subscribe for name in json.loads(said)["params"]] for socket in sockets]
    assert {socket.path for socket in sockets} == {"/stream"}
    assert max(map(len, named)) == 200
    assert sum(map(len, named)) == 500 * 5
    assert named[0][:5] == [
        "c0usdt@depth@100ms", "c0usdt@bookTicker", "c0usdt@trade", "c0usdt@forceOrder", "c0usdt@markPrice@1s",
    ]  # fmt: skip


def test_the_calls_are_those_of_its_own_api() -> None:
    """The version before is called legacy."""
    one, instrument = ready()
    assert [request.path for request in one.instruments_requests()] == ["/fapi/v3/exchangeInfo"]
    assert one.book_request(instrument).path == "/fapi/v3/depth?symbol=BTCUSDT&limit=1000"
    (poll,) = one.polls([instrument])
    assert (poll.name, poll.request.path) == ("open_interest:BTCUSDT", "/fapi/v3/openInterest?symbol=BTCUSDT")


def test_open_interest_is_worth_what_the_last_mark_says() -> None:
    """The answer has no price, and coins of two markets cannot be added."""
    one, _ = ready()
    body = f'{{"openInterest":"10.5","symbol":"BTCUSDT","time":{T_MS}}}'.encode()
    (before,) = one.parse_poll("open_interest:BTCUSDT", body, RECV_NS)
    mark = {"e": "markPriceUpdate", "E": T_MS, "s": "BTCUSDT", "p": "60000", "i": "60001", "r": "0.0001", "T": T_MS}
    one.parse(json.dumps({"stream": "btcusdt@markPrice@1s", "data": mark}).encode(), RECV_NS)
    (after,) = one.parse_poll("open_interest:BTCUSDT", body, RECV_NS)
    assert isinstance(before, OpenInterest)
    assert isinstance(after, OpenInterest)
    assert (before.open_interest, before.notional_usd, after.notional_usd) == (10.5, None, 630_000.0)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("open_interest:ETHUSDT", b"{}", "unknown_symbol"),
        ("open_interest:BTCUSDT", b'{"code":-1121,"msg":"Invalid symbol."}', "bad_shape"),
    ],
)
def test_an_answer_that_is_none_is_refused(name: str, body: bytes, reason: str) -> None:
    """An error read as an answer would be an open interest of nothing."""
    one, _ = ready()
    with pytest.raises(DecodeError) as refused:
        one.parse_poll(name, body, RECV_NS)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "beside"), [("MARKET", None), ("ADL", Adl), ("INSURANCE_FUND", Insurance), ("NA", None)]
)
def test_fills_off_the_book_say_what_they_are(kind: str, beside: type | None) -> None:
    """They are the public sight of auto-deleveraging here, and must not move a price."""
    one, _ = ready()
    fill = {"e": "trade", "E": T_MS, "T": T_MS, "s": "BTCUSDT", "t": 7, "p": "5", "q": "2", "X": kind, "m": True}
    trade, *more = one.parse(json.dumps({"stream": "btcusdt@trade", "data": fill}).encode(), RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.print == "market") == (kind == "MARKET")
    assert [type(event) for event in more] == ([beside] if beside else [])


def test_a_liquidation_is_a_sample_with_the_side_of_the_order() -> None:
    """One a second a market is told: sums are lower bounds."""
    one, _ = ready()
    order = {"s": "BTCUSDT", "S": "SELL", "p": "59000", "ap": "60000", "l": "0.1", "z": "0.5", "q": "0.5", "T": T_MS}
    (event,) = one.parse(json.dumps({"e": "forceOrder", "E": T_MS, "o": order}).encode(), RECV_NS)
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.qty_base, event.notional_usd, event.sampled) == ("long", 0.5, 30_000.0, True)


def test_the_list_gives_perpetuals_and_a_recording_needs_its_header() -> None:
    """No frame of it could not be Binance's."""
    row = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "contractType": "PERPETUAL"}
    rows = [row | {"status": "TRADING"}, row | {"status": "BREAK"}, row | {"status": "TRADING", "contractType": ""}]
    (found,) = Aster().parse_instruments(json.dumps({"symbols": rows}).encode(), 0)
    assert (found.venue, found.instrument, found.contract_value) == ("aster", "BTC-USDT-PERP", 1.0)
    assert Aster().infer_instrument("USDT", 0) is None
    venue: Venue = Aster()
    assert venue.symbol_of(b'{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL"}}') is None
