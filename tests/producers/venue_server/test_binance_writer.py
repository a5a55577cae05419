"""Binance's wire as the server writes it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from producers.recording import rest_answer
from producers.venue_server.binance import Binance, Coinm, Spot, Usdm
from producers.venue_server.binance_writer import BinanceWriter

AT_NS = 1_790_000_000_000_000_000


def said(frame: bytes) -> dict[str, Any]:
    """The event in an envelope."""
    event: dict[str, Any] = orjson.loads(frame)["data"]
    return event


@pytest.mark.parametrize(("dialect", "qty"), [(Usdm(), "2"), (Spot(), "2"), (Coinm(), "20")])
def test_quantities_are_in_the_markets_own_lots(dialect: BinanceWriter, qty: str) -> None:
    """COIN-M counts contracts of ten dollars."""
    (market,) = dialect.made_up(["ETH"])
    (frame,) = dialect.write_trade(market, AT_NS, price=100.0, qty=2.0, taker="sell")
    assert (said(frame)["q"], said(frame)["m"]) == (qty, True)


def test_futures_name_the_update_before_and_spot_counts_on() -> None:
    """Both rules of continuity are exercised."""
    for dialect in (Usdm(), Spot()):
        (market,) = dialect.made_up(["ETH"])
        frames = [said(dialect.write_delta(market, AT_NS, bids=[(1.0, 1.0)], asks=[(2.0, 0.0)])[0]) for _ in range(2)]
        assert frames[1]["U"] == frames[0]["u"] + 1
        assert frames[1].get("pu") == (None if dialect.spot else frames[0]["u"])


def test_a_long_is_liquidated_by_a_sale() -> None:
    """The field is the side of the order."""
    dialect = Usdm()
    (market,) = dialect.made_up(["ETH"])
    (frame,) = dialect.write_liquidation(market, AT_NS, price=100.0, qty=2.0, liquidated="long")
    assert said(frame)["o"]["S"] == "SELL"
    assert Spot().write_liquidation(market, AT_NS, price=100.0, qty=2.0, liquidated="long") == []


@pytest.mark.parametrize("made", [Usdm, Coinm, Spot])
def test_a_whole_book_is_as_new_as_the_last_change(made: type[Binance]) -> None:
    """A client that got an older one would wait for a change that has gone by."""
    dialect = made()
    (market,) = dialect.made_up(["ETH"])
    last = said(dialect.write_delta(market, AT_NS, bids=[(100.0, 2.0)], asks=[])[0])["u"]
    (line,) = dialect.write_book(market, AT_NS, bids=[(100.0, 2.0)], asks=[(101.0, 1.0)])
    answer = rest_answer(line)
    assert answer is not None
    assert (answer.rest, answer.symbol) == ("book", market.symbol)
    assert orjson.loads(bytes(answer.body))["lastUpdateId"] == last


@pytest.mark.parametrize(("made", "lots"), [(Usdm, 5.0), (Coinm, 50.0)])
def test_open_interest_is_kept_for_those_who_ask(made: type[Binance], lots: float) -> None:
    """No socket tells it; in lots of its market, as everything."""
    dialect = made()
    (market,) = dialect.made_up(["ETH"])
    (frame,) = dialect.write_state(market, AT_NS, mark=100.0, index=99.0, funding_rate=0.0001, open_interest=5.0)
    assert (said(frame)["p"], said(frame)["i"], said(frame)["r"]) == ("100", "99", "0.0001")
    assert dialect.open_interests == {market.symbol: pytest.approx(lots)}
