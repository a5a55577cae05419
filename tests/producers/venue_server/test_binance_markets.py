"""Binance's market lists, and the markets of recordings without one."""

from __future__ import annotations

from typing import Any

import orjson

from producers.venue_server.binance import Binance, Coinm, Spot, Usdm
from producers.venue_server.dialect import Answer
from producers.venue_server.timeline import seen_markets


def listed(dialect: Binance, *frames: bytes) -> list[dict[str, Any]]:
    """The rows of the market list that a recording of these frames gets."""
    dialect.list_markets(seen_markets(dialect, frames))
    answer = dialect.rest("GET", dialect.api + "exchangeInfo", {}, b"")
    assert isinstance(answer, Answer)
    rows: list[dict[str, Any]] = orjson.loads(answer.body)["symbols"]
    return rows


def filters(row: dict[str, Any]) -> dict[str, str]:
    """Tick and step of a row."""
    by_type = {entry["filterType"]: entry for entry in row["filters"]}
    return {"tick": by_type["PRICE_FILTER"]["tickSize"], "step": by_type["LOT_SIZE"]["stepSize"]}


def test_markets_seen_in_frames_have_the_step_of_their_price_strings() -> None:
    """A recording without a market list still gives one with the right tick."""
    depth = b'{"data":{"e":"depthUpdate","s":"BTCUSDT","b":[["61800.20","0.014"]],"a":[["61800.30","1.000"]]}}'
    mark = b'{"data":{"e":"markPriceUpdate","s":"BTCUSDT","p":"61800.12345678"}}'
    (row,) = listed(Usdm(), depth, mark, b"junk", b"[]")
    assert filters(row) == {"tick": "0.1", "step": "0.001"}
    assert (row["baseAsset"], row["quoteAsset"], row["contractType"], row["status"]) == (
        "BTC", "USDT", "PERPETUAL", "TRADING"
    )  # fmt: skip


def test_coin_margined_contracts_have_their_size_and_expiry() -> None:
    """A contract is 100 USD for BTC and 10 USD for others; the wrong size is a factor of ten in every notional."""
    rows = listed(
        Coinm(),
        b'{"e":"trade","s":"BTCUSD_PERP","p":"1.5","q":"1"}',
        b'{"e":"trade","s":"ETHUSD_260925","p":"1","q":"1"}',
    )
    assert [(row["contractSize"], row["contractType"], row["contractStatus"]) for row in rows] == [
        (100, "PERPETUAL", "TRADING"), (10, "CURRENT_QUARTER", "TRADING")
    ]  # fmt: skip


def test_spot_knows_no_contracts() -> None:
    """Its rows have a shape of their own."""
    (row,) = listed(
        Spot(),
        b'{"u":1,"s":"BTCUSDT","b":"1.01","B":"1","a":"1","A":"1"}',
        b'{"e":"trade","s":"BTCUSDT","p":"9.99","q":"1.5"}',
    )
    assert filters(row) == {"tick": "0.01", "step": "0.1"}
    assert "contractType" not in row
