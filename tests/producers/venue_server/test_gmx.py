"""GMX's side of the conversation, and what it writes as its parser reads it."""

from __future__ import annotations

import pytest

from producers.venue import Ack, Pong, Refusal
from producers.venue_server.dialect import Answer, Dialect
from producers.venue_server.faults import Faults
from producers.venue_server.gmx import Gmx
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market
from producers.venues.gmx import Gmx as Parser
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import DerivativeState, Liquidation, OpenInterest, Position

TOKEN, FIRST, SECOND = ("0x" + digits * 20 for digits in ("1a", "2b", "3c"))
ETH = Market(symbol=f"ETH/USD:18:{TOKEN}:{FIRST}+{SECOND}", base="ETH", quote="USD")
PLAIN = Market(symbol="DOGE", base="DOGE", quote="USD")
AT_NS = 1_790_000_000_000_000_000
RECV_NS = AT_NS + 10**9
SIDES: list[Position] = ["long", "short"]


@pytest.fixture
def dialect() -> Gmx:
    """A venue with a market whose symbol names its pools, and one whose symbol does not."""
    made = Gmx()
    made.list_markets([ETH, PLAIN])
    return made


@pytest.fixture
def parser() -> Parser:
    """A parser that knows nothing yet."""
    return Parser()


@pytest.fixture
def listed(dialect: Gmx, parser: Parser) -> list[Instrument]:
    """What the parser reads in the market lists, registered."""
    found = [
        one
        for request in parser.instruments_requests()
        for one in parser.parse_instruments(answer(dialect, request.path), RECV_NS)
    ]
    parser.register(found)
    return found


def answer(dialect: Gmx, path: str) -> bytes:
    """The body of a REST answer."""
    told = dialect.rest("GET", path, {}, b"")
    assert isinstance(told, Answer)
    return told.body


def listening(dialect: Gmx) -> Listener:
    """A fresh connection."""
    listener = dialect.listener("", "")
    assert listener is not None
    return listener


def read(parser: Parser, frames: list[bytes]) -> list[Event]:
    """What the parser makes of them."""
    return [event for raw in frames for event in parser.parse(raw, RECV_NS) if isinstance(event, Event)]


def test_markets_are_listed_as_they_are_named(listed: list[Instrument]) -> None:
    """Pools, decimals and addresses survive two REST lists."""
    assert listed[0].symbol == ETH.symbol
    assert [one.instrument for one in listed] == ["ETH-USD-PERP", "DOGE-USD-PERP"]


def test_the_parser_understands_every_answer(dialect: Gmx, parser: Parser, listed: list[Instrument]) -> None:
    """A subscription, the chain's number, and what a node does not know."""
    (socket,) = parser.sockets(listed)
    listener = listening(dialect)
    meanings = []
    for text in (*socket.subscribe, '{"jsonrpc":"2.0","id":3,"method":"eth_dance"}', "junk"):
        (said,) = dialect.hear(listener, text, Faults())
        meanings += [type(one) for one in parser.parse(said, RECV_NS)]
    assert meanings == [Pong, Ack, Refusal, Refusal]
    assert listener.topics == {"logs": "logs"}


def test_faults_are_heeded(dialect: Gmx, parser: Parser, listed: list[Instrument]) -> None:
    """A test must be able to ask for swallowed acks and for refusals."""
    subscribe = parser.sockets(listed)[0].subscribe[1]
    quiet = listening(dialect)
    assert dialect.hear(quiet, subscribe, Faults(acks=False)) == []
    assert "logs" in quiet.topics
    (refused,) = dialect.hear(listening(dialect), subscribe, Faults(rejected=frozenset({"logs"})))
    assert [type(one) for one in parser.parse(refused, RECV_NS)] == [Refusal]


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("liquidated", SIDES)
@pytest.mark.parametrize("market", [ETH, PLAIN], ids=["pools", "plain"])
def test_a_liquidation_is_read_with_the_same_numbers(
    dialect: Gmx, parser: Parser, market: Market, liquidated: Position
) -> None:
    """Thirty decimals of dollars and eighteen of coins become what was meant."""
    frames = dialect.write_liquidation(market, AT_NS, price=1980.5, qty=2.5, liquidated=liquidated)
    mark, closed = read(parser, frames)
    assert isinstance(mark, DerivativeState)
    assert isinstance(closed, Liquidation)
    assert (closed.liquidated, closed.price, closed.qty_base) == (liquidated, 1980.5, 2.5)
    assert closed.notional_usd == pytest.approx(4951.25)
    assert (closed.ts_event_ns, closed.sampled) == (AT_NS, False)
    assert dialect.topics(frames[0]) == ("logs",)


def test_the_state_is_told_by_logs_and_polls_alike(dialect: Gmx, parser: Parser, listed: list[Instrument]) -> None:
    """The log has the mark, REST all of it, summed over the market's pools."""
    assert answer(dialect, "/prices/tickers") == b"[]"
    frames = dialect.write_state(ETH, AT_NS, mark=2000.5, index=2001.0, funding_rate=0.00001, open_interest=1234.5)
    (mark,) = read(parser, frames)
    assert isinstance(mark, DerivativeState)
    assert mark.mark == 2000.5
    prices, pools = (
        parser.parse_poll(poll.name, answer(dialect, poll.request.path), RECV_NS) for poll in parser.polls(listed)
    )
    (price,) = prices
    assert isinstance(price, DerivativeState)
    assert (price.mark, price.ts_event_ns) == (2000.5, AT_NS)
    funding, interest = pools[:2]
    assert isinstance(funding, DerivativeState)
    assert funding.funding_rate == pytest.approx(0.00001)
    assert isinstance(interest, OpenInterest)
    assert interest.open_interest == pytest.approx(1234.5)


@pytest.mark.usefixtures("listed")
def test_a_liquidation_leaves_the_mark_where_it_was(dialect: Gmx, parser: Parser) -> None:
    """Executions pay an impact on top of the oracle's price, and move nothing."""
    dialect.write_state(ETH, AT_NS, mark=2000.0, index=2000.0, funding_rate=0.0, open_interest=1.0)
    mark, _ = read(parser, dialect.write_liquidation(ETH, AT_NS, price=1990.0, qty=1.0, liquidated="long"))
    assert isinstance(mark, DerivativeState)
    assert mark.mark == 2000.0


def test_it_keeps_the_contract_of_dialects(dialect: Gmx) -> None:
    """There is one path, no tape and no book."""
    kept: Dialect = dialect
    assert kept.listener("ws", "") is None
    assert kept.rest("GET", "nothing", {}, b"") is None
    assert dialect.write_trade(ETH, AT_NS, price=1.0, qty=1.0, taker="buy") == []
    assert dialect.write_book(ETH, AT_NS, bids=[], asks=[]) == []
    assert [dialect.topics(raw) for raw in (b"junk", b'{"id":1,"result":"0x1"}')] == [(), ()]
