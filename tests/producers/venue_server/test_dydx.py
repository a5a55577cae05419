import json
from typing import Any

from producers.continuity import BookSyncs
from producers.venue import Ack, Pong, Refusal
from producers.venue_server.dydx import Dydx
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market
from producers.venues.dydx import Dydx as Reader
from schemas.base import Event
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 50_000_000
BTC = Market(symbol="BTC-USD", base="BTC", quote="USD", tick="1", step="0.0001")
BOOK = "v4_orderbook:BTC-USD"
NO_FAULTS = Faults()


def pair() -> tuple[Dydx, Reader]:
    """The venue that speaks and the parser that listens, both knowing what its market list says."""
    dialect, reader = Dydx(), Reader()
    dialect.list_markets([BTC])
    (request,) = reader.instruments_requests()
    answer = dialect.rest("GET", request.path, {}, b"")
    assert answer is not None
    reader.register(reader.parse_instruments(answer.body, RECV_NS))
    return dialect, reader


def connect(dialect: Dydx) -> Listener:
    """A connection."""
    listener = dialect.listener("/v4/ws", "")
    assert listener is not None
    return listener


def say(kind: str, channel: str, symbol: str | None = "BTC-USD", *, batched: bool = False) -> str:
    """A request."""
    return json.dumps({"type": kind, "channel": channel, "batched": batched} | ({"id": symbol} if symbol else {}))


def test_what_is_written_is_read_as_the_same_coins_and_dollars() -> None:
    """An error of a factor or of a side is found here."""
    dialect, reader = pair()
    (raw,) = dialect.write_trade(BTC, AT_NS, price=60_000.5, qty=0.5, taker="sell")
    (trade,) = reader.parse(raw, RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.price, trade.taker, trade.notional_usd) == (60_000.5, "sell", 30_000.25)
    assert (trade.ts_event_ns, trade.print) == (AT_NS, "market")
    for side in ("long", "short"):
        (raw,) = dialect.write_liquidation(BTC, AT_NS, price=50_000.0, qty=0.25, liquidated=side)
        _, forced = reader.parse(raw, RECV_NS)
        assert isinstance(forced, Liquidation)
        assert (forced.liquidated, forced.sampled, forced.ts_event_ns) == (side, False, AT_NS)
        assert (forced.qty_base, forced.notional_usd) == (0.25, 12_500.0)


def test_the_oracle_is_mark_and_index() -> None:
    """The chain liquidates by it."""
    dialect, reader = pair()
    frames = dialect.write_state(BTC, AT_NS, mark=60_000.0, index=60_010.0, funding_rate=-0.000012, open_interest=1e3)
    told = [one for raw in frames for one in reader.parse(raw, RECV_NS)]
    price, funding, interest, block = told
    assert isinstance(price, DerivativeState)
    assert isinstance(funding, DerivativeState)
    assert isinstance(interest, OpenInterest)
    assert (price.mark, price.index, price.ts_event_ns) == (60_000.0, 60_000.0, AT_NS)
    assert (funding.mark, funding.funding_rate, interest.notional_usd) == (None, -0.000012, 60_000_000.0)
    assert block == Pong()


def test_books_flow_and_who_joins_late_gets_the_book_as_it_stands() -> None:
    """Objects at the start, pairs later."""
    dialect, reader = pair()
    frames = dialect.write_book(BTC, AT_NS, bids=[(99.0, 1.0), (98.0, 2.0)], asks=[(101.0, 1.0)])
    frames += dialect.write_delta(BTC, AT_NS, bids=[(99.0, 0.0)], asks=[(100.0, 3.0)])
    for raw in frames:
        assert dialect.topics(raw) == (BOOK,)
        dialect.follow(raw, dialect.topics(raw))
    books = BookSyncs(venue=reader.id, sequencing=reader.sequencing)
    told = [one for raw in frames for one in reader.parse(raw, RECV_NS) if isinstance(one, Event)]
    assert [type(event) for event in books.feed(told)] == [BookSnapshot, BookDelta]
    listener = connect(dialect)
    assert dialect.hear(listener, say("subscribe", "v4_orderbook", batched=True), NO_FAULTS) == []
    (opening,) = dialect.opening(BOOK, listener)
    ack, whole = reader.parse(opening, RECV_NS)
    assert ack == Ack()
    assert isinstance(whole, BookSnapshot)
    assert json.loads(bytes(whole.bids)) == [["98.0", "2.0"]]
    assert json.loads(bytes(whole.asks)) == [["100.0", "3.0"], ["101.0", "1.0"]]
    assert dialect.write_delta(BTC, AT_NS, bids=[], asks=[]) == []


def test_every_message_of_a_connection_is_numbered_and_batches_are_for_who_asked() -> None:
    """A hole is how a client knows of a loss; each connection counts for itself."""
    dialect, reader = pair()
    (raw,) = dialect.write_delta(BTC, AT_NS, bids=[(99.0, 1.0)], asks=[])
    for batched in (True, False):
        listener = connect(dialect)
        said = dialect.greeting(listener)
        said += dialect.hear(listener, say("subscribe", "v4_orderbook", batched=batched), NO_FAULTS)
        said += [dialect.payload(raw, (BOOK,), listener) for _ in range(2)]
        assert [reader.message_number(one) for one in said] == [0, 1, 2, 3]
        kind = "channel_batch_data" if batched else "channel_data"
        assert json.loads(said[-1])["type"] == kind
        _, (ack, _), (delta,), _ = [reader.parse(one, RECV_NS) for one in said]
        assert ack == Ack()
        assert isinstance(delta, BookDelta)
        assert json.loads(bytes(delta.bids)) == [["99.0", "1.0"]]


def test_the_thirty_third_subscription_of_a_channel_is_refused() -> None:
    """Who asks for more loses markets and is not told twice."""
    dialect, reader = pair()
    listener = connect(dialect)
    said: list[Any] = []
    for n in range(33):
        for channel in ("v4_trades", "v4_orderbook"):
            said += dialect.hear(listener, say("subscribe", channel, f"C{n}-USD"), NO_FAULTS)
    assert [json.loads(raw)["type"] for raw in said] == ["subscribed"] * 64 + ["error"] * 2
    assert len(listener.topics) == 64
    (refusal,) = reader.parse(said[-1], RECV_NS)
    assert isinstance(refusal, Refusal)
    assert "limit=32" in refusal.reason


def test_what_is_wrong_is_answered_in_the_venues_words() -> None:
    """The parser's decisions hang on them."""
    dialect, reader = pair()
    listener = connect(dialect)
    rejected = Faults(rejected=frozenset({"v4_trades:BTC-USD"}))
    for text in (
        "nonsense",
        '{"type":"ping"}',
        say("subscribe", "v4_trades"),
        say("subscribe", "v4_trades", None),
        say("subscribe", "v9_trades"),
    ):
        (raw,) = dialect.hear(listener, text, rejected)
        (refusal,) = reader.parse(raw, RECV_NS)
        assert isinstance(refusal, Refusal)
        assert refusal.action == "ignore"
    texts = [say("subscribe", "v4_trades"), say("subscribe", "v4_trades"), say("unsubscribe", "v4_trades")]
    kinds = [json.loads(raw)["type"] for text in texts for raw in dialect.hear(listener, text, NO_FAULTS)]
    assert kinds == ["subscribed", "error", "unsubscribed"]
    assert dialect.hear(listener, say("subscribe", "v4_trades"), Faults(acks=False)) == []


def test_what_all_markets_share_is_told_to_who_joins_late() -> None:
    """The state of every market is what the subscription begins with."""
    dialect, reader = pair()
    for raw in dialect.write_state(BTC, AT_NS, mark=60_000.0, index=0.0, funding_rate=1e-5, open_interest=2.0):
        dialect.follow(raw, dialect.topics(raw))
    listener = connect(dialect)
    assert dialect.hear(listener, say("subscribe", "v4_markets", None), NO_FAULTS) == []
    (opening,) = dialect.opening("v4_markets", listener)
    _, state, interest = reader.parse(opening, RECV_NS)
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.funding_rate) == (60_000.0, 1e-5)
    assert isinstance(interest, OpenInterest)
    assert interest.notional_usd == 120_000.0
    (ack,) = (
        reader.parse(raw, RECV_NS)
        for raw in dialect.hear(listener, say("subscribe", "v4_block_height", None), NO_FAULTS)
    )
    assert ack == (Ack(),)


def test_frames_of_others_have_no_topic() -> None:
    """Coinbase writes the same symbols."""
    dialect = Dydx()
    assert dialect.topics(b'{"type":"match","product_id":"BTC-USD"}') == ()
    assert dialect.topics(b'{"type":"channel_data","channel":"v4_candles","id":"BTC-USD/1MIN","contents":{}}') == ()
    assert dialect.topics(b"[]") == ()
    assert dialect.listener("ws", "") is None
    assert dialect.rest("GET", "v4/height", {}, b"") is None
