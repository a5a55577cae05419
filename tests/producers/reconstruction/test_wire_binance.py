"""Binance's wire has exactly the fields of today's frames."""

from __future__ import annotations

import numpy as np
import orjson
import pytest

from producers.reconstruction.books import LatticeBook, Update
from producers.reconstruction.markets import MARKETS
from producers.reconstruction.off_book import ADL, Trades
from producers.reconstruction.wire_binance import BinanceWriter, market_list

UPDATE = Update({1_168_500: 1500, 1_168_400: 0}, {1_168_600: 20}, (1_168_500, 1500), (1_168_600, 20))


def _writer(venue: str) -> BinanceWriter:
    return BinanceWriter(next(m for m in MARKETS if m.venue == venue and m.base == "BTC"), 100)


@pytest.mark.parametrize(
    ("venue", "fields"),
    [
        ("binance-usdm", {"e", "E", "T", "s", "ps", "st", "U", "u", "pu", "b", "a"}),
        ("binance-coinm", {"e", "E", "T", "s", "ps", "st", "U", "u", "pu", "b", "a"}),
        ("binance-spot", {"e", "E", "s", "U", "u", "b", "a"}),
    ],
)
def test_book_changes_chain(venue: str, fields: set[str]) -> None:
    """Futures by `pu`, spot by consecutive ids."""
    writer = _writer(venue)
    first, second = (orjson.loads(writer.depth(at, UPDATE))["data"] for at in (1.0, 2.0))
    assert set(first) == fields
    if venue == "binance-spot":
        assert second["U"] == first["u"] + 1
    else:
        assert second["pu"] == first["u"]
        assert second["U"] > first["u"]


def test_the_rest_answer_fits_the_next_change() -> None:
    """A client must be able to join the two by either venue's rule."""
    for venue in ("binance-usdm", "binance-spot"):
        writer = _writer(venue)
        writer.depth(1.0, UPDATE)
        book = LatticeBook(writer.market, 116_850.0, np.random.default_rng(1))
        answer = orjson.loads(writer.rest_book(1.5, book))
        change = orjson.loads(writer.depth(2.0, UPDATE))["data"]
        assert answer["rest"] == "book"
        assert answer["symbol"] == "BTCUSDT"
        last = answer["body"]["lastUpdateId"]
        assert change["U"] <= last < last + 1 <= change["u"]


def test_trades_of_futures_say_what_they_were() -> None:
    """`X` is the only public sign of deleveraging on Binance."""
    row = Trades(*(np.array([value]) for value in (1.25, 1_168_500, 3, True, 77, ADL)))
    futures = orjson.loads(_writer("binance-coinm").trades(row)[0])["data"]
    spot = orjson.loads(_writer("binance-spot").trades(row)[0])["data"]
    assert set(futures) == {"e", "E", "T", "s", "t", "p", "q", "X", "m"}
    assert (futures["X"], futures["p"], futures["q"], futures["m"], futures["t"]) == ("ADL", "116850.0", "3", True, 77)
    assert set(spot) == {"e", "E", "T", "s", "t", "p", "q", "m", "M"}


def test_liquidation_orders_carry_size_and_average_price() -> None:
    """Size is `z`, price is `ap`; the limit lies beyond it."""
    order = orjson.loads(_writer("binance-coinm").force_order(1.0, True, 110_000.0, 12.0))["data"]["o"]
    assert (order["S"], order["z"], order["ap"]) == ("SELL", "12", "110000.0")
    assert float(order["p"]) < float(order["ap"])


def test_market_lists_state_contract_sizes() -> None:
    """COIN-M quantities are contracts of 100 or 10 dollars."""
    rows = {row["symbol"]: row for row in orjson.loads(market_list("binance-coinm"))["body"]}
    assert rows["BTCUSD_PERP"]["contract_value"] == 100
    assert rows["AVAXUSD_PERP"]["contract_value"] == 10
    spot = orjson.loads(market_list("binance-spot"))["body"]
    assert {row["kind"] for row in spot} == {"spot"}
