"""Lighter's side of the conversation, and what it writes as its parser reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from producers.venue import Ack, Pong, Refusal, Reply
from producers.venue_server.dialect import Answer, Dialect
from producers.venue_server.faults import Faults
from producers.venue_server.lighter import Lighter
from producers.venue_server.listener import Listener, ViolationError
from producers.venue_server.markets import Market
from producers.venues.lighter import Lighter as Parser
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

PERP = Market(symbol="ETH:0", base="ETH", quote="USDC", tick="0.01", step="0.0001")
SPOT = Market(symbol="ETH/USDC:2048", base="ETH", quote="USDC", kind="spot", contract="spot", tick="0.0001")
AT_NS = 1_790_000_000_123_456_000
RECV_NS = AT_NS + 10**9
QUIET = Faults()


@pytest.fixture
def dialect() -> Lighter:
    """A venue that lists a perpetual and a spot pair."""
    made = Lighter()
    made.list_markets([PERP, SPOT])
    return made


@pytest.fixture
def parser(dialect: Lighter) -> Parser:
    """A parser that has read the market list."""
    made = Parser()
    answer = dialect.rest("GET", "api/v1/orderBookDetails", {}, b"")
    assert isinstance(answer, Answer)
    listed = made.parse_instruments(answer.body, RECV_NS)
    assert [one.symbol for one in listed] == [PERP.symbol, SPOT.symbol]
    made.register(listed)
    return made


def listening(dialect: Lighter) -> Listener:
    """A fresh connection."""
    listener = dialect.listener("stream", "")
    assert listener is not None
    return listener


def say(dialect: Lighter, listener: Listener, faults: Faults = QUIET, **message: str) -> list[Any]:
    """Say one thing and hear the answers."""
    return [json.loads(raw) for raw in dialect.hear(listener, json.dumps(message), faults)]


def read(parser: Parser, frames: list[bytes]) -> list[Event]:
    """What the parser makes of them."""
    return [event for raw in frames for event in parser.parse(raw, RECV_NS) if isinstance(event, Event)]


def test_a_trade_subscription_is_answered_with_history_and_only_once(dialect: Lighter) -> None:
    """The history is what a client counts as the ack; a second subscription is an error."""
    listener = listening(dialect)
    (answer,) = say(dialect, listener, type="subscribe", channel="trade/0")
    assert (answer["type"], answer["channel"]) == ("subscribed/trade", "trade:0")
    assert say(dialect, listener, type="subscribe", channel="trade/0")[0]["error"]["code"] == 30003
    assert say(dialect, listener, type="unsubscribe", channel="trade/0") == [
        {"type": "unsubscribed", "channel": "trade:0"}
    ]
    assert listener.topics == {}


def test_the_parser_understands_every_answer(dialect: Lighter, parser: Parser) -> None:
    """Acks, errors and heartbeats mean the same on both sides."""
    listener = listening(dialect)
    said = [
        ('{"type":"subscribe","channel":"trade/0"}', Ack),
        ('{"type":"subscribe","channel":"trade/9"}', Refusal),
        ('{"type":"ping"}', Pong),
        ("junk", Refusal),
        ('{"type":"dance"}', Refusal),
    ]
    for text, meaning in said:
        (answer,) = dialect.hear(listener, text, QUIET)
        assert [type(one) for one in parser.parse(answer, RECV_NS)] == [meaning]
    assert dialect.hear(listener, '{"type":"pong"}', QUIET) == []
    hello, ping = dialect.greeting(listener)
    assert list(parser.parse(hello, RECV_NS)) == []
    (reply,) = parser.parse(ping, RECV_NS)
    assert isinstance(reply, Reply)


def test_faults_are_heeded(dialect: Lighter) -> None:
    """A test must be able to ask for swallowed acks and for refusals."""
    listener = listening(dialect)
    assert say(dialect, listener, Faults(acks=False), type="subscribe", channel="trade/0") == []
    assert "trade:0" in listener.topics
    (refused,) = say(
        dialect, listener, Faults(rejected=frozenset({"order_book:0"})), type="subscribe", channel="order_book/0"
    )
    assert refused["error"]["code"] == 30005


def test_a_501st_subscription_breaks_the_rules() -> None:
    """The limit of a connection."""
    dialect = Lighter()
    dialect.list_markets([Market(symbol=f"C{n}:{n}", base=f"C{n}", quote="USDC") for n in range(300)])
    listener = listening(dialect)
    channels = [f"{what}/{n}" for n in range(300) for what in ("trade", "order_book")]
    for channel in channels[:500]:
        say(dialect, listener, type="subscribe", channel=channel)
    with pytest.raises(ViolationError):
        say(dialect, listener, type="subscribe", channel=channels[500])


def test_what_is_written_is_read_with_the_same_numbers(dialect: Lighter, parser: Parser) -> None:
    """Base coin, dollars and sides survive the wire."""
    frames = dialect.write_trade(PERP, AT_NS, price=2000.25, qty=0.5, taker="buy")
    frames += dialect.write_liquidation(PERP, AT_NS, price=1990.0, qty=1.5, liquidated="long")
    frames += dialect.write_liquidation(PERP, AT_NS, price=2010.0, qty=0.25, liquidated="short")
    trade, sold, long, bought, short = read(parser, frames)
    assert isinstance(trade, Trade)
    assert (trade.price, trade.qty, trade.taker, trade.ts_event_ns) == (2000.25, 0.5, "buy", AT_NS)
    assert isinstance(sold, Trade)
    assert isinstance(bought, Trade)
    assert (sold.taker, bought.taker) == ("sell", "buy")
    assert isinstance(long, Liquidation)
    assert (long.liquidated, long.qty_base, long.notional_usd) == ("long", 1.5, 2985.0)
    assert isinstance(short, Liquidation)
    assert (short.liquidated, short.price, short.qty_base) == ("short", 2010.0, 0.25)


def test_states_are_read_with_the_same_numbers(dialect: Lighter, parser: Parser) -> None:
    """Percent and dollars on the wire, fractions and base coin behind it; spot has an index alone."""
    told = {"mark": 2000.0, "index": 2001.5, "funding_rate": 0.0000125, "open_interest": 45_000.0}
    state, interest = read(parser, dialect.write_state(PERP, AT_NS, **told))
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index) == (2000.0, 2001.5)
    assert state.funding_rate == pytest.approx(0.0000125)
    assert isinstance(interest, OpenInterest)
    assert interest.open_interest == pytest.approx(45_000.0)
    (spot,) = read(parser, dialect.write_state(SPOT, AT_NS, **told))
    assert isinstance(spot, DerivativeState)
    assert (spot.mark, spot.index, spot.funding_rate) == (None, 2001.5, None)


def test_books_chain_and_a_late_subscriber_gets_the_book_as_it_stands(dialect: Lighter, parser: Parser) -> None:
    """The next change must follow on the whole book that was made up for whoever came late."""
    frames = dialect.write_book(PERP, AT_NS, bids=[(1999.5, 2.0), (1999.0, 1.0)], asks=[(2000.5, 3.0)])
    frames += dialect.write_delta(PERP, AT_NS, bids=[(1999.5, 0.0)], asks=[(2000.25, 1.0)])
    assert dialect.opening("order_book:0", listening(dialect)) == []
    for raw in frames:
        dialect.follow(raw, dialect.topics(raw))
    (late,) = read(parser, dialect.opening("order_book:0", listening(dialect)))
    whole, delta = read(parser, frames)
    (following,) = read(parser, dialect.write_delta(PERP, AT_NS, bids=[(1998.0, 1.0)], asks=[]))
    assert isinstance(whole, BookSnapshot)
    assert isinstance(delta, BookDelta)
    assert isinstance(late, BookSnapshot)
    assert isinstance(following, BookDelta)
    assert delta.prev_id == whole.last_id
    assert following.prev_id == delta.last_id == late.last_id
    assert json.loads(bytes(late.bids)) == [["1999", "1"]]
    assert json.loads(bytes(late.asks)) == [["2000.25", "1"], ["2000.5", "3"]]


def test_two_markets_chain_apart(dialect: Lighter, parser: Parser) -> None:
    """A frame of one market in between is no hole in the other."""
    dialect.write_book(PERP, AT_NS, bids=[], asks=[])
    dialect.write_book(SPOT, AT_NS, bids=[], asks=[])
    spot_book = dialect.write_delta(SPOT, AT_NS, bids=[(1.0, 1.0)], asks=[])
    (first,) = read(parser, dialect.write_delta(PERP, AT_NS, bids=[(1.0, 1.0)], asks=[]))
    (spot,) = read(parser, spot_book)
    assert isinstance(first, BookDelta)
    assert isinstance(spot, BookDelta)
    assert first.prev_id == spot.prev_id
    assert (first.instrument, spot.instrument) == ("ETH-USDC-PERP", "ETH-USDC-SPOT")


def test_polls_are_answered(dialect: Lighter, parser: Parser) -> None:
    """Every path that the venue file asks for."""
    for poll in parser.polls(list(parser._by_number.values())):
        path, _, query = poll.request.path.partition("?")
        answer = dialect.rest("GET", path, dict(part.split("=") for part in query.split("&") if part), b"")
        assert isinstance(answer, Answer)
        told = parser.parse_poll(poll.name, answer.body, RECV_NS)
        assert [type(one) for one in told] == ([Insurance] if poll.name == "insurance" else [])
    assert dialect.rest("GET", "api/v1/nothing", {}, b"") is None
    other = dialect.rest("GET", "api/v1/account", {"value": "1"}, b"")
    assert isinstance(other, Answer)
    assert other.status == 400


@pytest.mark.parametrize(
    ("raw", "topics"),
    [
        (b'{"type":"update/trade","channel":"trade:0"}', ("trade:0",)),
        (b'{"type":"update/market_stats","channel":"market_stats:0"}', ("market_stats:0", "market_stats:all")),
        (b'{"type":"update/market_stats","channel":"market_stats:all"}', ("market_stats:all",)),
        (b'{"type":"pong"}', ()),
        (b'{"channel":"trades","data":[]}', ()),
        (b"junk", ()),
    ],
)
def test_frames_belong_to_their_channel(dialect: Lighter, raw: bytes, topics: tuple[str, ...]) -> None:
    """Whoever follows all markets hears of each."""
    assert dialect.topics(raw) == topics


def test_it_keeps_the_contract_of_dialects(dialect: Lighter) -> None:
    """There is one path, and a market without a number in its symbol is numbered by its place."""
    kept: Dialect = dialect
    assert kept.listener("ws", "") is None
    dialect.list_markets([Market(symbol="SOL", base="SOL", quote="USDC")])
    (frame,) = dialect.write_trade(dialect.markets["SOL"], AT_NS, price=1.0, qty=1.0, taker="buy")
    assert dialect.topics(frame) == ("trade:2",)
