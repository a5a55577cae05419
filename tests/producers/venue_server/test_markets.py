"""Market lists in the venues' own shapes."""

from __future__ import annotations

from typing import Any

import orjson

from producers.venue_server.markets import Market, market_list, market_of, seen_markets
from schemas.instrument import Instrument


def filters(row: dict[str, Any]) -> dict[str, str]:
    """Tick and step of a Binance row."""
    by_type = {entry["filterType"]: entry for entry in row["filters"]}
    return {"tick": by_type["PRICE_FILTER"]["tickSize"], "step": by_type["LOT_SIZE"]["stepSize"]}


def test_markets_seen_in_frames_have_the_step_of_their_price_strings() -> None:
    """A recording without a market list still gives one with the right tick."""
    depth = b'{"data":{"e":"depthUpdate","s":"BTCUSDT","b":[["61800.20","0.014"]],"a":[["61800.30","1.000"]]}}'
    mark = b'{"data":{"e":"markPriceUpdate","s":"BTCUSDT","p":"61800.12345678"}}'
    (row,) = orjson.loads(market_list("binance-usdm", seen_markets("binance-usdm", [depth, mark, b"junk", b"[]"])))[
        "symbols"
    ]
    assert filters(row) == {"tick": "0.1", "step": "0.001"}
    assert (row["baseAsset"], row["quoteAsset"], row["contractType"], row["status"]) == (
        "BTC", "USDT", "PERPETUAL", "TRADING"
    )  # fmt: skip


def test_coin_margined_contracts_have_their_size_and_expiry() -> None:
    """A contract is 100 USD for BTC and 10 USD for others; the wrong size is a factor of ten in every notional."""
    frames = [
        b'{"e":"trade","s":"BTCUSD_PERP","p":"1.5","q":"1"}',
        b'{"e":"trade","s":"ETHUSD_260925","p":"1","q":"1"}',
    ]
    rows = orjson.loads(market_list("binance-coinm", seen_markets("binance-coinm", frames)))["symbols"]
    assert [(row["contractSize"], row["contractType"], row["contractStatus"]) for row in rows] == [
        (100, "PERPETUAL", "TRADING"), (10, "CURRENT_QUARTER", "TRADING")
    ]  # fmt: skip


def test_spot_and_hyperliquid_have_shapes_of_their_own() -> None:
    """Neither knows contracts."""
    spot = [
        b'{"u":1,"s":"BTCUSDT","b":"1.01","B":"1","a":"1","A":"1"}',
        b'{"e":"trade","s":"BTCUSDT","p":"9.99","q":"1.5"}',
    ]
    (row,) = orjson.loads(market_list("binance-spot", seen_markets("binance-spot", spot)))["symbols"]
    assert filters(row) == {"tick": "0.01", "step": "0.1"}
    book = b'{"channel":"l2Book","data":{"coin":"BTC","levels":[[{"px":"105055.0","sz":"3.03622"}],[]]}}'
    universe = orjson.loads(market_list("hyperliquid", seen_markets("hyperliquid", [book])))["universe"]
    assert [(row["name"], row["szDecimals"]) for row in universe] == [("BTC", 5)]


def test_a_recordings_header_is_listed_as_it_is() -> None:
    """What the recorder knew is what the client is told."""
    instrument = Instrument(
        venue="binance-coinm",
        instrument="BTC-USD-20260925",
        ts_event_ns=0,
        ts_recv_ns=0,
        symbol="BTCUSD_260925",
        base="BTC",
        quote="USD",
        market="future",
        contract="inverse",
        contract_value=100.0,
        tick_size=1e-05,
    )
    market = market_of(instrument)
    assert market == Market(
        symbol="BTCUSD_260925", base="BTC", quote="USD", contract_value=100.0, tick="0.00001", expiry="260925"
    )
