"""OKX's side of the conversation, and what it writes read back by the parser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from producers.continuity import BookSyncs
from producers.venue import Ack, Refusal
from producers.venue_server.dialect import Answer
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market
from producers.venue_server.okx import Okx as Dialect
from producers.venues.okx import Okx
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, PriceBand, Trade

AT_NS = 1_789_669_898_955_000_000
QUIET = Faults()
LINEAR = Market(symbol="BTC-USDT-SWAP", base="BTC", quote="USDT", contract_value=0.01)
INVERSE = Market(symbol="BTC-USD-SWAP", base="BTC", quote="USD", contract="inverse", contract_value=100.0)
DATED = Market(
    symbol="ETH-USD_UM-261225", base="ETH", quote="USD", kind="future", contract_value=0.1, expiry="20261225"
)
SPOT = Market(symbol="ETH-USDT", base="ETH", quote="USDT", kind="spot", contract="spot")
MARKETS = (LINEAR, INVERSE, DATED, SPOT)
BOOK = {"channel": "books", "instId": "BTC-USDT-SWAP"}


def both_sides(dialect: Dialect) -> Okx:
    """The venue as it learns the markets from the dialect's list."""
    dialect.list_markets(MARKETS)
    venue = Okx()
    for request in venue.instruments_requests():
        path, _, query = request.path.partition("?")
        answer = dialect.rest("GET", path.strip("/"), dict(pair.split("=") for pair in query.split("&")), b"")
        assert isinstance(answer, Answer)
        venue.register(venue.parse_instruments(answer.body, AT_NS))
    return venue


def read(venue: Okx, frames: Sequence[bytes]) -> list[Event]:
    """What the parser makes of written frames."""
    return [event for raw in frames for event in venue.parse(raw, AT_NS) if isinstance(event, Event)]


def listening(dialect: Dialect, path: str = "ws/v5/public") -> Listener:
    """A fresh connection."""
    listener = dialect.listener(path, "")
    assert listener is not None
    return listener


def say(dialect: Dialect, listener: Listener, *args: object, operation: str = "subscribe") -> list[Any]:
    """A request, with a healthy venue."""
    request = orjson.dumps({"op": operation, "args": args}).decode()
    return [orjson.loads(answer) for answer in dialect.hear(listener, request, QUIET)]


@pytest.mark.parametrize("market", MARKETS)
def test_trades_come_back_in_base_coin_and_dollars(market: Market) -> None:
    """Half an ether must be half an ether, whatever a contract is."""
    dialect = Dialect()
    venue = both_sides(dialect)
    (trade,) = read(venue, dialect.write_trade(market, AT_NS, price=2000.0, qty=0.5, taker="sell"))
    instrument = venue.infer_instrument(market.symbol, AT_NS)
    assert isinstance(trade, Trade)
    assert instrument is not None
    assert (trade.instrument, trade.taker, trade.price) == (instrument.instrument, "sell", 2000.0)
    assert trade.notional_usd == pytest.approx(1000.0)
    assert trade.ts_event_ns == AT_NS


@pytest.mark.parametrize("market", [LINEAR, INVERSE, DATED])
@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_liquidations_come_back_on_their_side(market: Market, liquidated: Any) -> None:
    """A long written is a long read, in base coin and dollars."""
    dialect = Dialect()
    venue = both_sides(dialect)
    (event,) = read(venue, dialect.write_liquidation(market, AT_NS, price=2000.0, qty=0.5, liquidated=liquidated))
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.sampled) == (liquidated, True)
    assert event.qty_base == pytest.approx(0.5)
    assert event.notional_usd == pytest.approx(1000.0)


def test_books_chain_from_the_first_to_the_last() -> None:
    """Ids that do not chain would make every change a gap."""
    dialect = Dialect()
    venue = both_sides(dialect)
    frames = dialect.write_book(LINEAR, AT_NS, bids=[(2000.0, 0.5)], asks=[(2001.0, 0.25)])
    frames += dialect.write_delta(LINEAR, AT_NS, bids=[(2000.0, 0.0)], asks=[])
    frames += dialect.write_delta(LINEAR, AT_NS, bids=[], asks=[(2001.0, 1.0)])
    whole, *changes = events = read(venue, frames)
    assert isinstance(whole, BookSnapshot)
    assert all(isinstance(change, BookDelta) for change in changes)
    assert orjson.loads(bytes(whole.bids)) == [["2000", "50", "0", "1"]]
    assert len(BookSyncs(venue="okx", sequencing=venue.sequencing).feed(events)) == 3


def test_the_state_of_a_market_comes_back() -> None:
    """Marks, funding, open interest and limits, each over its own channel."""
    dialect = Dialect()
    venue = both_sides(dialect)
    state = {"mark": 2000.0, "index": 1999.0, "funding_rate": 0.0001, "open_interest": 30.0}
    events = read(venue, dialect.write_state(INVERSE, AT_NS, **state))
    mine = [event for event in events if event.instrument == "BTC-USD-PERP"]
    derivative = [event for event in mine if isinstance(event, DerivativeState)]
    assert [(one.mark, one.index, one.funding_rate) for one in derivative] == [
        (2000.0, None, None),
        (None, 1999.0, None),
        (None, None, 0.0001),
    ]
    (interest,) = (event for event in mine if isinstance(event, OpenInterest))
    assert (interest.open_interest, interest.notional_usd) == (600.0, 60_000.0)
    (band,) = (event for event in mine if isinstance(event, PriceBand))
    assert (band.highest_buy, band.lowest_sell) == (2100.0, 1900.0)


def test_spot_pairs_have_neither_marks_nor_liquidations() -> None:
    """A server that sent them would teach a client what the venue never does."""
    dialect = Dialect()
    assert dialect.write_liquidation(SPOT, AT_NS, price=1.0, qty=1.0, liquidated="long") == []
    assert dialect.write_state(SPOT, AT_NS, mark=1.0, index=1.0, funding_rate=0.0, open_interest=1.0) == []


def test_each_argument_is_answered() -> None:
    """A client waits for one answer a topic."""
    dialect = Dialect()
    listener = listening(dialect)
    trades = {"channel": "trades", "instId": "BTC-USDT-SWAP"}
    answers = say(dialect, listener, BOOK, trades, {"channel": "liquidation-orders", "instType": "SWAP"})
    assert [answer["event"] for answer in answers] == ["subscribe"] * 3
    assert answers[0]["arg"] == BOOK
    assert sorted(listener.topics) == ["books:BTC-USDT-SWAP", "liquidation-orders:SWAP", "trades:BTC-USDT-SWAP"]
    say(dialect, listener, trades, operation="unsubscribe")
    assert "trades:BTC-USDT-SWAP" not in listener.topics


@pytest.mark.parametrize(
    ("path", "arg"),
    [
        ("ws/v5/public", {"channel": "weather", "instId": "BTC-USDT"}),
        ("ws/v5/public", {"channel": "trades-all", "instId": "BTC-USDT"}),
        ("ws/v5/business", BOOK),
        ("ws/v5/public", {"channel": "liquidation-orders", "instType": "SWAP", "instId": "BTC-USDT-SWAP"}),
        ("ws/v5/public", {"channel": "liquidation-orders", "instType": "SPOT"}),
        ("ws/v5/public", "books"),
    ],
)
def test_a_wrong_channel_or_path_is_refused_alone(path: str, arg: object) -> None:
    """The venue's own words and code, by which the client lets the others live."""
    dialect = Dialect()
    (answer,) = say(dialect, listening(dialect, path), arg)
    assert answer["code"] == "60018"
    assert both_sides(dialect).parse(orjson.dumps(answer), AT_NS) == (
        Refusal(f"60018: {answer['msg']}"[:200], "ignore"),
    )


def test_faults_swallow_acks_and_reject_topics() -> None:
    """What tests ask a misbehaving venue for."""
    dialect = Dialect()
    listener = listening(dialect)
    request = orjson.dumps({"op": "subscribe", "args": [BOOK]}).decode()
    assert dialect.hear(listener, request, Faults(acks=False)) == []
    assert list(listener.topics) == ["books:BTC-USDT-SWAP"]
    (answer,) = dialect.hear(listening(dialect), request, Faults(rejected=frozenset({"books:BTC-USDT-SWAP"})))
    assert orjson.loads(answer)["code"] == "60018"


def test_a_ping_is_text_and_nonsense_an_error() -> None:
    """Neither ping nor pong is JSON."""
    dialect = Dialect()
    assert dialect.hear(listening(dialect), "ping", QUIET) == [b"pong"]
    for said in ("junk", "[1]", '{"op":"subscribe"}', '{"op":"login","args":[{}]}'):
        (answer,) = dialect.hear(listening(dialect), said, QUIET)
        assert orjson.loads(answer)["code"] == "60012"


def test_what_the_client_says_is_understood() -> None:
    """Every subscription of the venue file is one that the venue has, and is acknowledged as often as expected."""
    dialect = Dialect()
    venue = both_sides(dialect)
    instruments = [one for market in MARKETS if (one := venue.infer_instrument(market.symbol, AT_NS)) is not None]
    (socket,) = venue.sockets(instruments)
    listener = listening(dialect, socket.path)
    answers = [raw for said in socket.subscribe for raw in dialect.hear(listener, said, QUIET)]
    assert [control for raw in answers for control in venue.parse(raw, AT_NS)] == [Ack()] * socket.expect_acks


def test_topics_are_read_from_the_argument() -> None:
    """Frames reach those who asked for them, and answers are no frames."""
    dialect = Dialect()
    (frame,) = dialect.write_trade(LINEAR, AT_NS, price=1.0, qty=1.0, taker="buy")
    assert dialect.topics(frame) == ("trades:BTC-USDT-SWAP",)
    (frame,) = dialect.write_liquidation(LINEAR, AT_NS, price=1.0, qty=1.0, liquidated="long")
    assert dialect.topics(frame) == ("liquidation-orders:SWAP",)
    for raw in (b'{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}', b"pong", b"[]"):
        assert dialect.topics(raw) == ()


def test_who_subscribes_late_gets_the_book_as_it_stands() -> None:
    """A book that began before the subscription is whole, and the next change follows on it."""
    dialect = Dialect()
    venue = both_sides(dialect)
    topic = "books:BTC-USDT-SWAP"
    listener = listening(dialect)
    assert dialect.opening(topic, listener) == []
    frames = dialect.write_book(LINEAR, AT_NS, bids=[(2000.0, 0.5)], asks=[(2001.0, 0.25)])
    frames += dialect.write_delta(LINEAR, AT_NS, bids=[(2000.0, 0.0), (1999.0, 1.0)], asks=[])
    for frame in frames:
        dialect.follow(frame, dialect.topics(frame))
    later = dialect.write_delta(LINEAR, AT_NS, bids=[], asks=[(2001.0, 0.0)])
    whole, change = events = read(venue, [*dialect.opening(topic, listener), *later])
    assert isinstance(whole, BookSnapshot)
    assert isinstance(change, BookDelta)
    assert orjson.loads(bytes(whole.bids)) == [["1999", "100", "0", "1"]]
    assert len(BookSyncs(venue="okx", sequencing=venue.sequencing).feed(events)) == 2
    assert dialect.opening("trades:BTC-USDT-SWAP", listener) == []


def test_a_late_book_of_an_old_recording_has_its_checksum() -> None:
    """Without ids the sum must hold over the opening and the recorded change after it."""
    dialect = Dialect()
    venue = both_sides(dialect)
    push = {"arg": BOOK, "action": "snapshot"}
    row = {"asks": [["2001", "25", "0", "1"]], "bids": [["2000", "50", "0", "1"]], "ts": "1789669898955"}
    dialect.follow(orjson.dumps(push | {"data": [row | {"checksum": 1}]}), ("books:BTC-USDT-SWAP",))
    (opening,) = dialect.opening("books:BTC-USDT-SWAP", listening(dialect))
    assert "seqId" not in orjson.loads(opening)["data"][0]
    assert isinstance(read(venue, [opening])[0], BookSnapshot)


def test_rest_answers_the_polls_and_refuses_the_rest() -> None:
    """The fund in the venue's shape; an unknown path is its 404."""
    dialect = Dialect()
    venue = both_sides(dialect)
    instruments = [one for market in MARKETS if (one := venue.infer_instrument(market.symbol, AT_NS)) is not None]
    polls = venue.polls(instruments)
    assert [poll.name for poll in polls] == [
        "insurance:SWAP:BTC-USDT",
        "insurance:SWAP:BTC-USD",
        "insurance:FUTURES:ETH-USD_UM",
        "states:FUTURES",
        "states:SPOT",
        "states:SWAP",
    ]
    for poll in polls[3:]:
        path, _, query = poll.request.path.partition("?")
        answer = dialect.rest("GET", path.strip("/"), dict([query.split("=")]), b"")
        assert isinstance(answer, Answer)
        assert venue.parse_poll(poll.name, answer.body, AT_NS) == []
    path, _, query = polls[0].request.path.partition("?")
    answer = dialect.rest("GET", path.strip("/"), dict(pair.split("=") for pair in query.split("&")), b"")
    assert isinstance(answer, Answer)
    assert [event.instrument for event in venue.parse_poll(polls[0].name, answer.body, AT_NS)] == ["*", "BTC-USDT-PERP"]
    for unknown, status in (("api/v5/public/insurance-fund", 400), ("api/v5/public/weather", 404)):
        answer = dialect.rest("GET", unknown, {}, b"")
        assert isinstance(answer, Answer)
        assert answer.status == status


def test_made_up_markets_are_listed_like_others() -> None:
    """Coins at will, for runs without a recording."""
    dialect = Dialect()
    (market,) = dialect.made_up(["BTC"])
    dialect.list_markets([market])
    answer = dialect.rest("GET", "api/v5/public/instruments", {"instType": "SWAP"}, b"")
    assert isinstance(answer, Answer)
    (listed,) = Okx().parse_instruments(answer.body, AT_NS)
    assert (listed.symbol, listed.contract_value, listed.tick_size) == ("BTC-USDT-SWAP", 0.01, 0.01)
