"""Hyperliquid's wire has exactly the fields of its frames."""

from __future__ import annotations

import numpy as np
import orjson

from producers.reconstruction import wire_hyperliquid as wire
from producers.reconstruction.adl import Fills
from producers.reconstruction.markets import MARKETS
from producers.reconstruction.off_book import Trades

BTC = next(market for market in MARKETS if market.venue == "hyperliquid" and market.base == "BTC")


def test_books_are_whole_sorted_and_never_crossed() -> None:
    """Each frame replaces the book."""
    writer = wire.BookWriter(BTC, np.random.default_rng(1))
    for fast, count in ((False, 20), (True, 5)):
        data = orjson.loads(writer.book(1.0, 110_000.0, 1e-5, 0.01, fast=fast))["data"]
        bids, asks = ([float(level["px"]) for level in side] for side in data["levels"])
        assert (len(bids), len(asks)) == (count, count)
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < asks[0]
        assert data.get("fast", False) is fast


def test_trades_of_one_block_are_one_frame() -> None:
    """A block is what the venue sends."""
    columns = ([1.00, 1.05, 1.40], [100, 101, 102], [1, 2, 3], [True, False, True], [7, 8, 9], [0, 0, 0])
    frames = [orjson.loads(frame) for _, frame in wire.trades(BTC, Trades(*(np.array(column) for column in columns)))]
    assert [len(frame["data"]) for frame in frames] == [2, 1]
    assert [row["side"] for row in frames[0]["data"]] == ["A", "B"]
    assert set(frames[0]["data"][0]) == {"coin", "side", "px", "sz", "time", "hash", "tid", "users"}


def test_deleveraging_is_told_by_its_direction_and_liquidations_by_their_object() -> None:
    """Filtering on the direction alone would lose the liquidations."""
    rows = [("AVAX", 22.075, 28.53, "0x2e")]
    adl = orjson.loads(wire.user_fills(Fills(1.0, "0xb0", True, 5, rows)))["data"]["fills"][0]
    liquidation = orjson.loads(wire.user_fills(Fills(1.0, "0xb0", False, 5, rows)))["data"]["fills"][0]
    assert (adl["dir"], adl["liquidation"]["method"]) == ("Auto-Deleveraging", "backstop")
    assert (liquidation["dir"], liquidation["liquidation"]["method"]) == ("Open Long", "market")
    assert adl["liquidation"]["liquidatedUser"] == "0x2e"
    assert adl["tid"] == 5
