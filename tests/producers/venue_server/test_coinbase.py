import json
from typing import Any

import pytest

from producers.venue import Ack, Refusal
from producers.venue_server.coinbase import Coinbase
from producers.venue_server.dialect import Answer
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market
from producers.venues.coinbase import Coinbase as Reader
from schemas.market import BookDelta, BookSnapshot, Trade

AT_NS = 1_790_000_000_123_456_000
RECV_NS = AT_NS + 50_000_000
BTC = Market(symbol="BTC-USD", base="BTC", quote="USD", kind="spot", contract="spot")
ETH = Market(symbol="ETH-USD", base="ETH", quote="USD", kind="spot", contract="spot")
NO_FAULTS = Faults()


def pair() -> tuple[Coinbase, Reader]:
    """The venue that speaks and the parser that listens, both knowing the same products."""
    dialect, reader = Coinbase(), Reader()
    dialect.list_markets([BTC, ETH])
    (request,) = reader.instruments_requests()
    answer = dialect.rest("GET", request.path.strip("/").partition("?")[0], {"product_type": "SPOT"}, b"")
    assert isinstance(answer, Answer)
    reader.register(reader.parse_instruments(answer.body, RECV_NS))
    return dialect, reader


def joined(dialect: Coinbase) -> Listener:
    """A connection."""
    listener = dialect.listener("/", "")
    assert listener is not None
    return listener


def say(kind: str, channel: str, *products: str) -> str:
    """A request about one channel."""
    return json.dumps({"type": kind, "channel": channel, "product_ids": products})


def test_the_list_shows_one_book_under_two_names() -> None:
    """As the venue does, so that a client that follows both is found out."""
    dialect, reader = pair()
    answer = dialect.rest("GET", "api/v3/brokerage/market/products", {}, b"")
    assert isinstance(answer, Answer)
    assert [row["product_id"] for row in json.loads(answer.body)["products"]] == [
        "BTC-USD",
        "ETH-USD",
        "BTC-USDC",
        "ETH-USDC",
    ]
    assert [one.symbol for one in reader.parse_instruments(answer.body, RECV_NS)] == ["BTC-USD", "ETH-USD"]
    assert dialect.rest("GET", "api/v3/brokerage/orders", {}, b"") is None


@pytest.mark.parametrize("taker", ["buy", "sell"])
def test_trades_are_read_as_written(taker: Any) -> None:
    """The maker's side on the wire is the taker's opposite."""
    dialect, reader = pair()
    raws = [*dialect.write_trade(BTC, AT_NS, price=60_000.0, qty=0.5, taker=taker)]
    raws += dialect.write_trade(BTC, AT_NS, price=60_001.0, qty=0.5, taker=taker)
    first, second = (trade for raw in raws for trade in reader.parse(raw, RECV_NS))
    assert isinstance(first, Trade)
    assert isinstance(second, Trade)
    assert (first.price, first.taker, first.notional_usd, first.ts_event_ns) == (60_000.0, taker, 30_000.0, AT_NS)
    assert (first.trade_id, second.trade_id) == (1, 2)


def test_books_are_read_as_written() -> None:
    """A level that is set to zero goes."""
    dialect, reader = pair()
    (whole,) = dialect.write_book(BTC, AT_NS, bids=[(60_000.0, 1.0)], asks=[(60_000.5, 2.0)])
    (change,) = dialect.write_delta(BTC, AT_NS, bids=[(60_000.0, 0.0)], asks=[])
    (snapshot,), (delta,) = (reader.parse(raw, RECV_NS) for raw in (whole, change))
    assert isinstance(snapshot, BookSnapshot)
    assert isinstance(delta, BookDelta)
    assert (bytes(snapshot.bids), bytes(snapshot.asks)) == (b'[["60000","1"]]', b'[["60000.5","2"]]')
    assert (bytes(delta.bids), bytes(delta.asks)) == (b'[["60000","0"]]', b"[]")
    assert snapshot.ts_event_ns == delta.ts_event_ns == AT_NS


def test_all_messages_of_a_connection_are_counted_as_one_row() -> None:
    """A number that is not rewritten for each connection would look like a loss on every other."""
    dialect, reader = pair()
    first, second = joined(dialect), joined(dialect)
    (raw,) = dialect.write_trade(BTC, AT_NS, price=1.0, qty=1.0, taker="buy")
    said = dialect.hear(first, say("subscribe", "level2", "BTC-USD"), NO_FAULTS)
    said += [dialect.payload(raw, dialect.topics(raw), first) for _ in range(2)]
    assert [reader.message_number(one) for one in said] == [0, 1, 2]
    assert reader.message_number(dialect.payload(raw, dialect.topics(raw), second)) == 0
    (state, beat) = dialect.write_state(BTC, AT_NS, mark=1.0, index=1.0, funding_rate=0.0, open_interest=0.0)
    assert (dialect.topics(state), dialect.topics(beat)) == (("status:BTC-USD",), ("heartbeats",))
    assert reader.parse(state, RECV_NS) == reader.parse(beat, RECV_NS) == []


def test_who_subscribes_late_gets_the_whole_book_and_the_last_trades() -> None:
    """The trades are history, and must not count."""
    dialect, reader = pair()
    raws = dialect.write_book(BTC, AT_NS, bids=[(60_000.0, 1.0), (59_999.0, 1.0)], asks=[(60_000.5, 2.0)])
    raws += dialect.write_delta(BTC, AT_NS, bids=[(60_000.0, 0.0)], asks=[])
    raws += dialect.write_trade(BTC, AT_NS, price=60_000.0, qty=0.5, taker="sell")
    for raw in raws:
        dialect.follow(raw, dialect.topics(raw))
    listener = joined(dialect)
    (opening,) = dialect.opening("level2:BTC-USD", listener)
    (snapshot,) = reader.parse(opening, RECV_NS)
    assert isinstance(snapshot, BookSnapshot)
    assert (bytes(snapshot.bids), bytes(snapshot.asks)) == (b'[["59999","1"]]', b'[["60000.5","2"]]')
    (history,) = dialect.opening("market_trades:BTC-USD", listener)
    assert reader.parse(history, RECV_NS) == []
    assert [reader.message_number(one) for one in (opening, history)] == [0, 1]
    assert dialect.opening("level2:ETH-USD", listener) == dialect.opening("status:BTC-USD", listener) == []


def test_recordings_of_the_exchange_feed_are_played_as_they_are() -> None:
    """Its frames have no number of the connection, and its snapshots no time."""
    dialect, reader = pair()
    book = b'{"type":"snapshot","product_id":"BTC-USD","asks":[["101","1"]],"bids":[["100","2"],["99","1"]]}'
    assert dialect.topics(book) == ("level2:BTC-USD",)
    dialect.follow(book, dialect.topics(book))
    listener = joined(dialect)
    assert dialect.payload(book, dialect.topics(book), listener) == book
    (opening,) = dialect.opening("level2:BTC-USD", listener)
    (snapshot,) = reader.parse(opening, RECV_NS)
    assert isinstance(snapshot, BookSnapshot)
    assert bytes(snapshot.bids) == b'[["100","2"],["99","1"]]'
    change = b'{"type":"l2update","product_id":"BTC-USD","changes":[["buy","100","0"]],"time":"2026-09-21T14:13:20.1Z"}'
    dialect.follow(change, dialect.topics(change))
    (opening,) = dialect.opening("level2:BTC-USD", listener)
    (snapshot,) = reader.parse(opening, RECV_NS)
    assert isinstance(snapshot, BookSnapshot)
    assert bytes(snapshot.bids) == b'[["99","1"]]'
    match = b'{"type":"match","product_id":"ETH-USD","trade_id":1}'
    assert dialect.topics(match) == ("market_trades:ETH-USD",)
    for other in (b"x", b"[]", b"{}", b'{"channel":"candles","events":[{}]}', b'{"channel":"l2_data","events":[]}'):
        assert dialect.topics(other) == ()


def test_subscriptions_are_answered_with_all_that_there_are() -> None:
    """One unknown product leaves the others."""
    dialect, reader = pair()
    listener = joined(dialect)
    said = dialect.hear(listener, say("subscribe", "level2", "BTC-USD", "NOPE-USD"), NO_FAULTS)
    refused, accepted = (control for raw in said for control in reader.parse(raw, RECV_NS))
    assert refused == Refusal("NOPE-USD is not a valid product", "ignore")
    assert accepted == Ack()
    (beats,) = dialect.hear(listener, say("subscribe", "heartbeats", "BTC-USD"), NO_FAULTS)
    assert json.loads(beats)["events"][0]["subscriptions"]["level2"] == ["BTC-USD"]
    assert list(listener.topics) == ["level2:BTC-USD", "heartbeats"]
    dialect.hear(listener, say("unsubscribe", "level2", "BTC-USD"), NO_FAULTS)
    assert list(listener.topics) == ["heartbeats"]
    for wrong in ("ping", "[]", "{}", say("subscribe", "level3", "BTC-USD")):
        (error,) = dialect.hear(listener, wrong, NO_FAULTS)
        assert json.loads(error)["type"] == "error"


def test_faults_are_played() -> None:
    """What a client must survive has to happen."""
    dialect, _ = pair()
    listener = joined(dialect)
    rejecting = Faults(rejected=frozenset({"level2:BTC-USD"}))
    error, accepted = dialect.hear(listener, say("subscribe", "level2", "BTC-USD", "ETH-USD"), rejecting)
    assert json.loads(error)["message"] == "BTC-USD is not a valid product"
    assert json.loads(accepted)["channel"] == "subscriptions"
    assert list(listener.topics) == ["level2:ETH-USD"]
    assert dialect.hear(listener, say("subscribe", "level2", "BTC-USD"), Faults(acks=False)) == []
    assert "level2:BTC-USD" in listener.topics


def test_made_up_markets_are_listed_as_the_venue_names_them() -> None:
    """A test over every venue asks each for its own names."""
    assert [market.symbol for market in Coinbase().made_up(["BTC", "ETH"])] == ["BTC-USD", "ETH-USD"]
