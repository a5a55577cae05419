"""Bybit's spot: its pairs, its one path, and what tells its frames from those of the perpetuals."""

from __future__ import annotations

import json

import pytest

from producers.venues.bybit_spot import BybitSpot
from schemas.market import Trade

T_MS = 1_760_130_964_831
TRADES = (
    b'{"topic":"publicTrade.STETHUSDT","ts":1760130964833,"type":"snapshot","data":[{"i":"2290000000068683805",'
    b'"T":1760130964831,"p":"4000","v":"0.5","S":"Sell","s":"STETHUSDT","BT":false}]}'
)


def test_a_pair_is_two_topics_of_one_request() -> None:
    """Spot takes ten topics a request at most."""
    one = BybitSpot()
    markets = [found for n in range(500) if (found := one.infer_instrument(f"C{n}USDT", 0))]
    sockets = one.sockets(markets)
    assert {socket.path for socket in sockets} == {"/v5/public/spot"}
    assert max(len(json.loads(said)["args"]) for socket in sockets for said in socket.subscribe) == 2
    assert sum(len(socket.subscribe) for socket in sockets) == 500
    assert json.loads(sockets[0].subscribe[0])["args"] == ["orderbook.1000.C0USDT", "publicTrade.C0USDT"]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [("BTCUSDT", "BTC-USDT-SPOT"), ("USDEUSDT", "USDE-USDT-SPOT"), ("STETHUSDT", "STETH-USDT-SPOT"), ("USDT", None)],
)
def test_a_symbol_names_its_pair(symbol: str, name: str | None) -> None:
    """Collateral coins are pairs like others."""
    found = BybitSpot().infer_instrument(symbol, 0)
    assert (found and found.instrument) == name


def test_trades_are_read_and_recognised_by_their_ids() -> None:
    """A perpetual of the same name has ids of another kind."""
    one = BybitSpot()
    instrument = one.infer_instrument("STETHUSDT", 0)
    assert instrument is not None
    one.register([instrument])
    (trade,) = one.parse(TRADES, (T_MS + 5) * 1_000_000)
    assert isinstance(trade, Trade)
    assert (trade.taker, trade.notional_usd, trade.trade_id) == ("sell", 2000.0, "2290000000068683805")
    assert one.symbol_of(TRADES) == "STETHUSDT"
    assert one.symbol_of(TRADES.replace(b"2290000000068683805", b"20f43950-d8dd")) is None


def test_books_are_recognised_by_the_order_of_their_keys() -> None:
    """Documented: spot writes its time before its type."""
    one = BybitSpot()
    assert one.symbol_of(b'{"topic":"orderbook.50.BTCUSDT","ts":1,"type":"delta","data":{}}') == "BTCUSDT"
    assert one.symbol_of(b'{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"data":{}}') is None
    assert one.symbol_of(b'{"topic":"orderbook.1.BTCUSDT","ts":1,"type":"snapshot","data":{}}') is None
    assert one.symbol_of(b'{"topic":"tickers.BTCUSDT","ts":1,"type":"snapshot","data":{}}') is None


def test_the_list_gives_pairs_and_no_contracts() -> None:
    """One answer to a wrong category would fill spot with perpetuals."""
    pair = {"symbol": "BTCUSDT", "status": "Trading", "baseCoin": "BTC", "quoteCoin": "USDT"}
    rows = [pair, pair | {"contractType": "LinearPerpetual"}, pair | {"optionsType": "Call"}]
    (found,) = BybitSpot().parse_instruments(json.dumps({"result": {"list": rows}}).encode(), 0)
    assert (found.instrument, found.contract, found.tick_size) == ("BTC-USDT-SPOT", "spot", None)
    assert [request.path for request in BybitSpot().instruments_requests()] == [
        "/v5/market/instruments-info?category=spot&limit=1000"
    ]
