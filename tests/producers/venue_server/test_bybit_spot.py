"""Bybit's spot as it is written and read."""

from __future__ import annotations

import orjson

from producers.venue_server.bybit_spot import BybitSpot
from producers.venue_server.faults import Faults
from producers.venues import bybit_spot
from schemas.market import BookSnapshot, Trade

T0_NS = 1_790_000_000_000_000_000


def test_what_is_written_is_read_as_spot() -> None:
    """A perpetual has the same name: list, ids and the order of keys are what tells them apart."""
    dialect, venue = BybitSpot(), bybit_spot.BybitSpot()
    (market,) = dialect.made_up(["BTC"])
    dialect.list_markets([market])
    answer = dialect.rest("GET", "/v5/market/instruments-info", {"category": "spot"}, b"")
    assert answer is not None
    venue.register(venue.parse_instruments(answer.body, T0_NS))
    (raw,) = dialect.write_trade(market, T0_NS, price=60_000, qty=0.5, taker="sell")
    (trade,) = venue.parse(raw, T0_NS)
    assert isinstance(trade, Trade)
    assert (trade.instrument, trade.taker, trade.notional_usd) == ("BTC-USDT-SPOT", "sell", 30_000)
    assert venue.symbol_of(raw) == "BTCUSDT"
    (raw,) = dialect.write_book(market, T0_NS, bids=[(1.0, 2.0)], asks=[(3.0, 4.0)])
    (book,) = venue.parse(raw, T0_NS)
    assert isinstance(book, BookSnapshot)
    assert venue.symbol_of(raw) == "BTCUSDT"
    assert dialect.write_liquidation(market, T0_NS, price=1, qty=1, liquidated="long") == []
    assert dialect.write_state(market, T0_NS, mark=1, index=1, funding_rate=0, open_interest=1) == []


def test_eleven_topics_in_one_request_are_refused() -> None:
    """Documented for spot alone."""
    dialect = BybitSpot()
    markets = dialect.made_up([f"C{n}" for n in range(11)])
    dialect.list_markets(markets)
    listener = dialect.listener("v5/public/spot", "")
    assert listener is not None
    topics = [f"publicTrade.{market.symbol}" for market in markets]
    (refused,) = dialect.hear(listener, orjson.dumps({"op": "subscribe", "args": topics}).decode(), Faults())
    assert orjson.loads(refused)["ret_msg"] == "args size >10"
    (taken,) = dialect.hear(listener, orjson.dumps({"op": "subscribe", "args": topics[:10]}).decode(), Faults())
    assert orjson.loads(taken)["ret_msg"] == "subscribe"
    (refused,) = dialect.hear(listener, '{"op":"subscribe","args":["tickers.C0USDT"]}', Faults())
    assert not orjson.loads(refused)["success"]
