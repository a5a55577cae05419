from __future__ import annotations

from typing import Any, Literal

import orjson
import pytest

from producers.venue_server.bitmex import MOST_ARGS, Bitmex
from producers.venue_server.bitmex_markets import made_up
from producers.venue_server.dialect import Answer
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venues.bitmex import Bitmex as Reader
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 10**9
QUIET = Faults()
INVERSE, LINEAR, SPOT = made_up("BTC")


def listing() -> tuple[Bitmex, Listener]:
    """A dialect with its markets, and a fresh connection."""
    dialect = Bitmex()
    dialect.list_markets([INVERSE, LINEAR, SPOT])
    listener = dialect.listener("realtime", "")
    assert listener is not None
    return dialect, listener


def say(dialect: Bitmex, listener: Listener, op: str, *topics: str, faults: Faults = QUIET) -> list[dict[str, Any]]:
    """The answers."""
    said = orjson.dumps({"op": op, "args": topics}).decode()
    return [orjson.loads(answer) for answer in dialect.hear(listener, said, faults)]


def reader(dialect: Bitmex) -> Reader:
    """The parser, with the markets of the dialect's list."""
    one = Reader()
    (request,) = one.instruments_requests()
    answer = dialect.rest("GET", request.path, {}, b"")
    assert isinstance(answer, Answer)
    one.register(one.parse_instruments(answer.body, RECV_NS))
    return one


def read(one: Reader, *frames: bytes) -> list[Event]:
    """What the frames say."""
    return [event for raw in frames for event in one.parse(raw, RECV_NS) if isinstance(event, Event)]


def played(dialect: Bitmex, *frames: bytes) -> tuple[bytes, ...]:
    """The frames, noted as played."""
    for raw in frames:
        dialect.follow(raw, dialect.topics(raw))
    return frames


def test_each_topic_has_an_answer_of_its_own() -> None:
    """One that is refused leaves the others alone."""
    dialect, listener = listing()
    answers = say(dialect, listener, "subscribe", "trade:XBTUSD", "trade:NONE", "weather:XBTUSD", "insurance")
    assert [answer.get("subscribe") or answer["error"] for answer in answers] == [
        "trade:XBTUSD",
        "Unknown or expired symbol.",
        "Unknown table: weather",
        "insurance",
    ]
    (again,) = say(dialect, listener, "subscribe", "trade:XBTUSD")
    assert again["error"].startswith("You are already subscribed")
    (rejected,) = say(
        dialect, listener, "subscribe", "trade:XBTUSDT", faults=Faults(rejected=frozenset({"trade:XBTUSDT"}))
    )
    assert rejected["status"] == 400
    (left,) = say(dialect, listener, "unsubscribe", "trade:XBTUSD")
    assert left["unsubscribe"] == "trade:XBTUSD"
    assert listener.topics == {"insurance": "insurance"}


def test_the_mark_of_bitcoin_can_be_had_whatever_is_played() -> None:
    """The funds are valued by it, also in a run of other coins."""
    dialect, listener = listing()
    del dialect.markets["XBTUSD"]
    (answer,) = say(dialect, listener, "subscribe", "instrument:XBTUSD")
    assert answer["success"]


def test_a_swallowed_answer_leaves_the_subscription() -> None:
    """The data flows without a word."""
    dialect, listener = listing()
    assert say(dialect, listener, "subscribe", "trade:XBTUSD", faults=Faults(acks=False)) == []
    assert listener.topics


def test_a_text_ping_is_answered_and_nonsense_is_an_error() -> None:
    """The heartbeat is no JSON."""
    dialect, listener = listing()
    assert orjson.loads(dialect.greeting(listener)[0])["limit"] == {"remaining": 39}
    assert dialect.hear(listener, "ping", QUIET) == [b"pong"]
    for said in ("junk", '{"op":"dance","args":[]}', '{"op":"subscribe"}'):
        assert orjson.loads(dialect.hear(listener, said, QUIET)[0])["status"] == 400
    (many,) = say(dialect, listener, "subscribe", *(f"trade:X{n}" for n in range(MOST_ARGS + 1)))
    assert many["error"] == "Too many args sent. Max length is 20."
    assert dialect.listener("realtimePlatform", "") is None
    assert dialect.rest("GET", "api/v1/trade", {}, b"") is None


def test_books_are_told_by_ids_and_updates_leave_the_price_out() -> None:
    """A client that forgets prices cannot follow."""
    dialect, _ = listing()
    (whole,) = dialect.write_book(INVERSE, AT_NS, bids=[(9.5, 1.0), (9.0, 2.0)], asks=[(10.0, 1.0), (10.5, 2.0)])
    frames = dialect.write_delta(INVERSE, AT_NS, bids=[(9.5, 0.0), (9.25, 4.0), (8.0, 0.0)], asks=[(10.0, 3.0)])
    assert [orjson.loads(raw)["action"] for raw in frames] == ["delete", "update", "insert"]
    assert "price" not in orjson.loads(frames[1])["data"][0]
    first, *changes = read(reader(dialect), whole, *frames)
    assert isinstance(first, BookSnapshot)
    assert orjson.loads(bytes(first.bids)) == [["9.5", "9.5"], ["9.0", "18.0"]]  # dollars
    told = [
        orjson.loads(bytes(one.bids) if one.bids != b"[]" else b"") for one in changes if isinstance(one, BookDelta)
    ]
    assert told == [[["9.5", "0.0"]], [], [["9.25", "37.0"]]]


def test_a_level_may_change_sides() -> None:
    """The price runs through it, and its id stays."""
    dialect, _ = listing()
    frames = [
        *dialect.write_book(LINEAR, AT_NS, bids=[(9.5, 1.0)], asks=[(10.0, 1.0)]),
        *dialect.write_delta(LINEAR, AT_NS, bids=[(10.0, 2.0)], asks=[(10.0, 0.0), (10.5, 1.0)]),
    ]
    *_, flipped, _ = read(reader(dialect), *frames)
    assert isinstance(flipped, BookDelta)
    assert orjson.loads(bytes(flipped.asks)) == [["10.0", "0.0"]]
    assert orjson.loads(bytes(flipped.bids)) == [["10.0", "2000000.0"]]  # millionths of a coin


def test_whoever_joins_late_gets_the_table_as_it_stands() -> None:
    """The book with its changes, and the last trade, which is history to whoever comes."""
    dialect, listener = listing()
    assert dialect.opening("orderBookL2:XBTUSD", listener) == []
    played(
        dialect,
        *dialect.write_book(INVERSE, AT_NS, bids=[(9.5, 1.0)], asks=[(10.0, 1.0)]),
        *dialect.write_delta(INVERSE, AT_NS, bids=[(9.5, 0.0), (9.0, 2.0)], asks=[(10.0, 3.0)]),
        *dialect.write_trade(INVERSE, AT_NS, price=10.0, qty=1.0, taker="buy"),
        *dialect.write_liquidation(INVERSE, AT_NS, price=10.0, qty=1.0, liquidated="long"),
        *dialect.write_delta(LINEAR, AT_NS, bids=[(9.5, 1.0)], asks=[]),
    )
    one = reader(dialect)
    (book,) = read(one, *dialect.opening("orderBookL2:XBTUSD", listener))
    assert isinstance(book, BookSnapshot)
    assert orjson.loads(bytes(book.bids)) == [["9.0", "18.0"]]
    assert orjson.loads(bytes(book.asks)) == [["10.0", "30.0"]]
    (trades,) = dialect.opening("trade:XBTUSD", listener)
    assert len(orjson.loads(trades)["data"]) == 1
    assert read(one, trades) == []
    assert orjson.loads(dialect.opening("liquidation:XBTUSD", listener)[0])["data"] == []
    # Of a book without its beginning nothing can be said.
    assert dialect.opening("orderBookL2:XBTUSDT", listener) == []


def test_the_funds_are_told_to_whoever_asks() -> None:
    """They change once a day."""
    dialect, listener = listing()
    state = dialect.write_state(INVERSE, AT_NS, mark=50_000.0, index=50_000.0, funding_rate=0.0, open_interest=1.0)
    *_, fund = read(reader(dialect), *state, *dialect.opening("insurance", listener))
    assert isinstance(fund, Insurance)
    assert fund.balance_usd == 35_000 * 50_000 + 9_000_000


def test_a_frame_has_the_topics_of_its_rows_and_its_table() -> None:
    """A client may ask for one symbol or for all."""
    dialect, _ = listing()
    (raw,) = dialect.write_trade(LINEAR, AT_NS, price=10.0, qty=1.0, taker="buy")
    assert dialect.topics(raw) == ("trade:XBTUSDT", "trade")
    assert dialect.recognise(raw) == "XBTUSDT"
    assert dialect.topics(b'{"table":"trade"}') == ()
    assert dialect.recognise(b"{}") is None
    assert dialect.recognise(b'{"table":"insurance","action":"insert","data":[]}') is None


@pytest.mark.parametrize("market", [INVERSE, LINEAR, SPOT], ids=lambda market: market.symbol)
@pytest.mark.parametrize("taker", ["buy", "sell"])
def test_a_trade_goes_round(market: Any, taker: Literal["buy", "sell"]) -> None:
    """Dollars, millionths and hundred-millionths of a coin."""
    dialect, _ = listing()
    (trade,) = read(reader(dialect), *dialect.write_trade(market, AT_NS, price=50_000.0, qty=0.5, taker=taker))
    assert isinstance(trade, Trade)
    assert (trade.taker, trade.ts_event_ns) == (taker, AT_NS)
    assert trade.notional_usd == pytest.approx(25_000.0)


@pytest.mark.parametrize("market", [INVERSE, LINEAR], ids=lambda market: market.symbol)
@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_a_liquidation_goes_round(market: Any, liquidated: Literal["long", "short"]) -> None:
    """An order is placed, and goes when it is filled."""
    dialect, _ = listing()
    frames = dialect.write_liquidation(market, AT_NS, price=50_000.0, qty=0.5, liquidated=liquidated)
    assert [orjson.loads(raw)["action"] for raw in frames] == ["insert", "delete"]
    (found,) = read(reader(dialect), *frames)
    assert isinstance(found, Liquidation)
    assert (found.liquidated, found.price) == (liquidated, 50_000.0)
    assert found.qty_base == pytest.approx(0.5)
    assert found.notional_usd == pytest.approx(25_000.0)
    assert dialect.write_liquidation(SPOT, AT_NS, price=50_000.0, qty=0.5, liquidated=liquidated) == []


@pytest.mark.parametrize("market", [INVERSE, LINEAR], ids=lambda market: market.symbol)
def test_a_state_goes_round(market: Any) -> None:
    """Mark, index, funding with its hour, and what is open."""
    dialect, _ = listing()
    frames = dialect.write_state(market, AT_NS, mark=50_000.0, index=50_010.0, funding_rate=0.0001, open_interest=4.0)
    state, held = read(reader(dialect), *frames)
    assert isinstance(state, DerivativeState)
    assert isinstance(held, OpenInterest)
    assert (state.mark, state.index, state.funding_rate) == (50_000.0, 50_010.0, 0.0001)
    assert state.next_funding_ns is not None
    assert 0 < state.next_funding_ns - AT_NS <= 8 * 3600 * 10**9
    assert held.notional_usd == pytest.approx(200_000.0)
