"""Bybit's side of the conversation, and its wire as the venue's own parser reads it."""

from __future__ import annotations

from typing import Any, Literal

import orjson
import pytest

from producers.venue_server.bybit import Bybit
from producers.venue_server.dialect import Answer
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market
from producers.venues import bybit
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade

T0_NS = 1_790_000_000_000_000_000
QUIET = Faults()
FUTURE = Market(symbol="BTC-25DEC26", base="BTC", quote="USDC", kind="future", expiry="20261225")


def talking() -> tuple[Bybit, bybit.Bybit]:
    """A dialect with a linear, an inverse and a dated market, and a venue that has read its lists."""
    dialect, venue = Bybit(), bybit.Bybit()
    dialect.list_markets([*dialect.made_up(["BTC"]), FUTURE])
    for request in venue.instruments_requests():
        path, _, query = request.path.partition("?")
        answer = dialect.rest("GET", path, dict(pair.split("=") for pair in query.split("&")), b"")
        assert isinstance(answer, Answer)
        venue.register(venue.parse_instruments(answer.body, T0_NS))
    return dialect, venue


def listening(dialect: Bybit, path: str) -> Listener:
    """A connection on a path that exists."""
    listener = dialect.listener(path, "")
    assert listener is not None
    return listener


def say(dialect: Bybit, listener: Listener, said: object, faults: Faults = QUIET) -> dict[str, Any]:
    """The one answer."""
    (answer,) = dialect.hear(listener, orjson.dumps(said).decode(), faults)
    found: dict[str, Any] = orjson.loads(answer)
    return found


def read(venue: bybit.Bybit, frames: list[bytes]) -> list[Event]:
    """The events in these frames."""
    said = [one for raw in frames for one in venue.parse(raw, T0_NS + 10**9)]
    return [one for one in said if isinstance(one, Event)]


def test_the_market_lists_are_read_with_names_steps_and_dates() -> None:
    """A list that is read wrongly names every later event wrongly."""
    dialect, venue = talking()
    found = {one.symbol: one for one in map(venue.infer_instrument, dialect.markets, [0] * 3) if one}
    listed = {one.symbol: one for one in venue._by_symbol.values()}
    assert {symbol: one.instrument for symbol, one in listed.items()} == {
        "BTCUSDT": "BTC-USDT-PERP",
        "BTCUSD": "BTC-USD-PERP",
        "BTC-25DEC26": "BTC-USDC-20261225",
    }
    assert {symbol: one.instrument for symbol, one in found.items()} == {
        symbol: one.instrument for symbol, one in listed.items()
    }
    assert listed["BTCUSDT"].tick_size == 0.01


def test_a_long_list_comes_in_pages() -> None:
    """Without its cursor a client would miss what comes after the first page."""
    dialect = Bybit()
    dialect.list_markets([Market(symbol=f"C{n}USDT", base=f"C{n}", quote="USDT") for n in range(5)])
    seen, cursor = [], ""
    while True:
        answer = dialect.rest("GET", "v5/market/instruments-info", {"category": "linear", "limit": "2"} | (
            {"cursor": cursor} if cursor else {}), b"")  # fmt: skip
        assert answer is not None
        result = orjson.loads(answer.body)["result"]
        seen += [row["symbol"] for row in result["list"]]
        if not (cursor := result["nextPageCursor"]):
            break
    assert seen == [f"C{n}USDT" for n in range(5)]
    assert dialect.rest("GET", "v5/market/nothing", {}, b"") is None


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTCUSD", "BTC-25DEC26"])
@pytest.mark.parametrize("taker", ["buy", "sell"])
def test_a_trade_comes_back_as_it_was(symbol: str, taker: Literal["buy", "sell"]) -> None:
    """Coins on one market are dollars on the next."""
    dialect, venue = talking()
    (trade,) = read(venue, dialect.write_trade(dialect.markets[symbol], T0_NS, price=60_000, qty=0.5, taker=taker))
    assert isinstance(trade, Trade)
    assert (trade.price, trade.taker, trade.notional_usd, trade.ts_event_ns) == (60_000, taker, 30_000, T0_NS)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTCUSD"])
@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_a_liquidation_comes_back_as_it_was(symbol: str, liquidated: Literal["long", "short"]) -> None:
    """Written as a position, read as a position."""
    dialect, venue = talking()
    frames = dialect.write_liquidation(dialect.markets[symbol], T0_NS, price=60_000, qty=0.5, liquidated=liquidated)
    (row,) = read(venue, frames)
    assert isinstance(row, Liquidation)
    assert (row.liquidated, row.qty_base, row.notional_usd, row.sampled) == (liquidated, 0.5, 30_000, False)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTCUSD"])
def test_a_state_comes_whole_first_and_then_as_what_changed(symbol: str) -> None:
    """A client that forgets what it was told would lose the funding."""
    dialect, venue = talking()
    market = dialect.markets[symbol]
    first = dialect.write_state(market, T0_NS, mark=60_000, index=60_001, funding_rate=1e-4, open_interest=1000)
    state, held = read(venue, first)
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index, state.funding_rate) == (60_000, 60_001, 1e-4)
    assert state.next_funding_ns == 1_790_006_400_000_000_000
    assert isinstance(held, OpenInterest)
    assert held.notional_usd == 60e6
    later = dialect.write_state(market, T0_NS, mark=60_000, index=60_002, funding_rate=1e-4, open_interest=1000)
    (change,) = read(venue, later)
    assert isinstance(change, DerivativeState)
    assert (change.mark, change.index) == (None, 60_002)
    assert b'"type":"delta"' in later[0]


def test_books_chain_and_whoever_comes_late_gets_what_stands() -> None:
    """Joined in the middle, the next change must follow the book that was sent."""
    dialect, venue = talking()
    market = dialect.markets["BTCUSD"]
    frames = dialect.write_book(market, T0_NS, bids=[(100.0, 1.0), (99.0, 2.0)], asks=[(101.0, 3.0)])
    frames += dialect.write_delta(market, T0_NS, bids=[(99.0, 0.0)], asks=[(101.0, 1.0)])
    for raw in frames:
        dialect.follow(raw, dialect.topics(raw))
    (late,) = read(venue, dialect.opening("orderbook.1000.BTCUSD", Listener("")))
    whole, change = read(venue, frames)
    (coming,) = read(venue, dialect.write_delta(market, T0_NS, bids=[], asks=[(102.0, 1.0)]))
    assert isinstance(whole, BookSnapshot)
    assert isinstance(change, BookDelta)
    assert isinstance(coming, BookDelta)
    assert isinstance(late, BookSnapshot)
    assert (whole.last_id, change.last_id, late.last_id, coming.last_id) == (2, 3, 3, 4)
    assert orjson.loads(bytes(whole.bids)) == [["100", "100"], ["99", "198"]]
    assert orjson.loads(bytes(late.bids)) == [["100", "100"]]
    answer = dialect.rest("GET", "v5/market/orderbook", {"symbol": "BTCUSD", "limit": "1"}, b"")
    assert answer is not None
    assert orjson.loads(answer.body)["result"]["u"] == 3
    assert dialect.opening("orderbook.1000.BTCUSDT", Listener("")) == []


def test_a_late_ticker_is_whole() -> None:
    """A change alone would leave the mark unknown."""
    dialect, venue = talking()
    for index in (60_001, 60_002):
        (raw,) = dialect.write_state(
            dialect.markets["BTCUSDT"], T0_NS, mark=60_000, index=index, funding_rate=1e-4, open_interest=1
        )
        dialect.follow(raw, dialect.topics(raw))
    state, _ = read(venue, dialect.opening("tickers.BTCUSDT", Listener("")))
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index) == (60_000, 60_002)


def test_a_ping_is_answered_in_the_venues_own_way() -> None:
    """The pong says `ping`."""
    dialect, _ = talking()
    answer = say(dialect, listening(dialect, "v5/public/linear"), {"op": "ping", "req_id": "1"})
    assert (answer["ret_msg"], answer["op"], answer["req_id"]) == ("pong", "ping", "1")


def test_a_path_serves_its_own_category() -> None:
    """An inverse topic on the linear path is refused."""
    dialect, venue = talking()
    for socket in venue.sockets(list(venue._by_symbol.values())):
        listener = listening(dialect, socket.path)
        assert all(say(dialect, listener, orjson.loads(said))["success"] for said in socket.subscribe)
    assert dialect.listener("v5/public/spot", "") is None
    wrong = say(dialect, listening(dialect, "v5/public/linear"), {"op": "subscribe", "args": ["tickers.BTCUSD"]})
    assert (wrong["success"], wrong["ret_msg"]) == (False, "error:handler not found,topic:tickers.BTCUSD")


@pytest.mark.parametrize(
    "args",
    [
        ["tickers.BTCUSDT", "liquidation.BTCUSDT"],
        ["orderbook.500.BTCUSDT"],
        ["tickers.50.BTCUSDT"],
        ["tickers.NOUSDT"],
        ["insurance.inverse"],
        "tickers.BTCUSDT",
        [5],
    ],
)
def test_one_bad_topic_fails_its_whole_request(args: object) -> None:
    """Whoever asks for many at once loses all of them."""
    dialect, _ = talking()
    listener = listening(dialect, "v5/public/linear")
    assert not say(dialect, listener, {"op": "subscribe", "args": args})["success"]
    assert not listener.topics


def test_a_topic_is_subscribed_once_and_left_again() -> None:
    """A book is had again by leaving it first."""
    dialect, _ = talking()
    listener = listening(dialect, "v5/public/linear")
    book = {"op": "subscribe", "args": ["orderbook.1000.BTCUSDT"]}
    assert say(dialect, listener, book)["success"]
    assert "already subscribed" in say(dialect, listener, book)["ret_msg"]
    assert say(dialect, listener, book | {"op": "unsubscribe"})["success"]
    assert not listener.topics
    assert say(dialect, listener, book)["success"]
    assert not say(dialect, listener, {"op": "dance", "args": []})["success"]
    assert dialect.hear(listener, "junk", QUIET) != []


def test_too_many_characters_of_topics_are_refused() -> None:
    """The one limit that a connection has."""
    dialect = Bybit()
    dialect.list_markets([Market(symbol=f"{'A' * 80}{n:03}USDT", base="A", quote="USDT") for n in range(250)])
    listener = listening(dialect, "v5/public/linear")
    answers = [
        say(dialect, listener, {"op": "subscribe", "args": [f"publicTrade.{symbol}"]}) for symbol in dialect.markets
    ]
    assert not answers[-1]["success"]
    assert sum(map(len, listener.names)) <= 21_000


def test_acks_can_be_withheld_and_topics_rejected() -> None:
    """Faults that a session must survive."""
    dialect, _ = talking()
    listener = listening(dialect, "v5/public/linear")
    asked = orjson.dumps({"op": "subscribe", "args": ["tickers.BTCUSDT"]}).decode()
    assert dialect.hear(listener, asked, Faults(acks=False)) == []
    assert "tickers.BTCUSDT" in listener.topics
    refused = say(dialect, listener, {"op": "subscribe", "args": ["publicTrade.BTCUSDT"]},
                  Faults(rejected=frozenset({"publicTrade.BTCUSDT"})))  # fmt: skip
    assert not refused["success"]


def test_frames_of_others_have_no_topic() -> None:
    """They would be delivered to somebody who did not ask."""
    assert Bybit().topics(b'{"e":"trade"}') == ()
    assert Bybit().topics(b"junk") == ()
    assert Bybit().topics(b'{"topic":"system.status"}') == ("system.status",)


@pytest.mark.parametrize(
    "withdrawn", ["priceLimit.BTCUSDT", "adlAlert.USDT", "insurance.USDC", "allLiquidation.BTCUSDT"]
)
def test_a_topic_that_is_withdrawn_costs_no_book(withdrawn: str) -> None:
    """The venue withdrew topics before, and fails the whole request that names one."""
    dialect, venue = talking()
    (socket,) = (one for one in venue.sockets(list(venue._by_symbol.values())) if one.name == "linear-0")
    listener = listening(dialect, socket.path)
    faults = Faults(rejected=frozenset({withdrawn}))
    answers = [say(dialect, listener, orjson.loads(said), faults) for said in socket.subscribe]
    assert [answer["success"] for answer in answers].count(False) == 1
    for topic in ("orderbook.1000.BTCUSDT", "publicTrade.BTCUSDT", "tickers.BTCUSDT", "allLiquidation.BTCUSDT"):
        assert (topic in listener.topics) == (topic != withdrawn)
