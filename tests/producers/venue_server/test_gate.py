import json

import pytest

from producers.venue import Ack, Pong, Refusal
from producers.venue_server.faults import Faults
from producers.venue_server.gate import Gate
from producers.venue_server.markets import Market
from producers.venues.gate import Gate as Reader
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Position, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 50_000_000
BTC = Market(symbol="BTC_USDT", base="BTC", quote="USDT", contract_value=0.0001, tick="0.1", step="1")
INVERSE = Market(symbol="BTC_USD", base="BTC", quote="USD", contract="inverse", contract_value=1.0, tick="0.1")
NO_FAULTS = Faults()


def pair() -> tuple[Gate, Reader]:
    """The venue that speaks and the parser that listens, both knowing what its market lists say."""
    dialect, reader = Gate(), Reader()
    dialect.list_markets([BTC, INVERSE])
    for request in reader.instruments_requests():
        answer = dialect.rest("GET", request.path.strip("/"), {}, b"")
        assert answer is not None
        reader.register(reader.parse_instruments(answer.body, RECV_NS))
    return dialect, reader


def answers(dialect: Gate, path: str, *texts: str, faults: Faults = NO_FAULTS) -> list[bytes]:
    """What is answered to these requests on one connection."""
    listener = dialect.listener(path, "")
    assert listener is not None
    return [frame for text in texts for frame in dialect.hear(listener, text, faults)]


@pytest.mark.parametrize("market", [BTC, INVERSE], ids=lambda market: market.symbol)
def test_what_is_written_is_read_as_the_same_coins_and_dollars(market: Market) -> None:
    """Contracts are neither coins nor dollars: an error of a factor is found here."""
    dialect, reader = pair()
    (raw,) = dialect.write_trade(market, AT_NS, price=60_000.0, qty=0.5, taker="sell")
    (trade,) = reader.parse(raw, RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.price, trade.taker) == (60_000.0, "sell")
    assert trade.notional_usd == pytest.approx(30_000.0)
    assert (trade.ts_event_ns, trade.print) == (AT_NS, "market")
    sides: tuple[Position, ...] = ("long", "short")
    for side in sides:
        (raw,) = dialect.write_liquidation(market, AT_NS, price=50_000.0, qty=0.25, liquidated=side)
        (forced,) = reader.parse(raw, RECV_NS)
        assert isinstance(forced, Liquidation)
        assert (forced.liquidated, forced.sampled, forced.ts_event_ns) == (side, False, AT_NS)
        assert forced.qty_base == pytest.approx(0.25)
        assert forced.notional_usd == pytest.approx(12_500.0)
    state = {"mark": 60_000.0, "index": 60_010.5, "funding_rate": -0.000012, "open_interest": 1_000.0}
    (raw,) = dialect.write_state(market, AT_NS, **state)
    derivative, interest = reader.parse(raw, RECV_NS)
    assert isinstance(derivative, DerivativeState)
    assert isinstance(interest, OpenInterest)
    assert (derivative.mark, derivative.index, derivative.funding_rate) == (60_000.0, 60_010.5, -0.000012)
    assert derivative.next_funding_ns == 1_790_006_400 * 10**9
    assert interest.notional_usd == pytest.approx(60_000_000.0)


def test_books_chain_from_the_whole_one_on() -> None:
    """Ids that do not follow are a resync every second."""
    dialect, reader = pair()
    raws = dialect.write_book(BTC, AT_NS, bids=[(60_000.0, 1.0)], asks=[(60_000.1, 2.0)])
    raws += dialect.write_delta(BTC, AT_NS, bids=[(60_000.0, 0.0)], asks=[])
    raws += dialect.write_delta(BTC, AT_NS, bids=[], asks=[])
    snapshot, first, second = (event for raw in raws for event in reader.parse(raw, RECV_NS))
    assert isinstance(snapshot, BookSnapshot)
    assert isinstance(first, BookDelta)
    assert isinstance(second, BookDelta)
    assert (bytes(snapshot.bids), bytes(snapshot.asks)) == (b'[["60000","10000"]]', b'[["60000.1","20000"]]')
    assert (first.first_id, second.first_id) == ((snapshot.last_id or 0) + 1, (first.last_id or 0) + 1)
    assert (bytes(first.bids), bytes(first.asks), bytes(second.bids)) == (b'[["60000","0"]]', b"[]", b"[]")


def test_who_subscribes_late_gets_the_whole_book_as_it_stands() -> None:
    """Without it every late subscriber waits for a book that never comes."""
    dialect, reader = pair()
    for raw in (
        *dialect.write_book(BTC, AT_NS, bids=[(60_000.0, 1.0), (59_999.0, 1.0)], asks=[(60_000.1, 2.0)]),
        *dialect.write_delta(BTC, AT_NS, bids=[(60_000.0, 0.0)], asks=[]),
    ):
        dialect.follow(raw, dialect.topics(raw))
    listener = dialect.listener("v4/ws/usdt", "")
    assert listener is not None
    (wanted,) = [text for text in reader.sockets(list(reader.parse_instruments(_list(dialect), RECV_NS)))[0].subscribe
                 if "obu" in text]  # fmt: skip
    dialect.hear(listener, wanted, NO_FAULTS)
    (topic,) = listener.topics
    (raw,) = dialect.opening(topic, listener)
    (book,) = reader.parse(raw, RECV_NS)
    assert isinstance(book, BookSnapshot)
    assert (bytes(book.bids), book.last_id) == (b'[["59999","10000"]]', 3)


def _list(dialect: Gate) -> bytes:
    answer = dialect.rest("GET", "api/v4/futures/usdt/contracts", {}, b"")
    assert answer is not None
    return answer.body


def test_every_subscription_of_the_client_is_acknowledged() -> None:
    """A request in another shape than the venue's would be refused live."""
    dialect, reader = pair()
    markets = [reader.infer_instrument(symbol, RECV_NS) for symbol in ("BTC_USDT", "BTC_USD")]
    sockets = reader.sockets([market for market in markets if market is not None])
    assert [socket.path for socket in sockets] == ["/v4/ws/usdt", "/v4/ws/btc"]
    for socket in sockets:
        said = answers(dialect, socket.path, *socket.subscribe)
        assert [list(reader.parse(raw, RECV_NS)) for raw in said] == [[Ack()]] * socket.expect_acks
        assert [list(reader.parse(raw, RECV_NS)) for raw in answers(dialect, socket.path, socket.ping or "")] == [
            [Pong()]
        ]


def test_a_book_is_asked_for_again_by_leaving_its_channel() -> None:
    """Asking twice is refused: the book would stay unknown for good."""
    dialect, reader = pair()
    market = reader.infer_instrument("BTC_USDT", RECV_NS)
    assert market is not None
    leave, enter = reader.book_request(market).frames
    said = answers(dialect, "v4/ws/usdt", enter, leave, enter, enter)
    assert [list(reader.parse(raw, RECV_NS)) for raw in said] == [
        [Ack()], [Ack()], [Ack()], [Refusal("2: Alert sub ob.BTC_USDT.400", "ignore")],
    ]  # fmt: skip


def test_one_unknown_market_is_refused_with_all_that_was_asked_for_with_it() -> None:
    """The venue does so: a client that asks for many at once loses them all."""
    dialect, reader = pair()
    request = {"time": 1, "channel": "futures.trades", "event": "subscribe", "payload": ["BTC_USDT", "NOPE_USDT"]}
    (raw,) = answers(dialect, "v4/ws/usdt", json.dumps(request))
    assert list(reader.parse(raw, RECV_NS)) == [Refusal("2: unknown currency pair: NOPE_USDT", "ignore")]


def test_markets_of_another_settlement_are_acknowledged_and_silent() -> None:
    """So does the venue; a wrong path is a market that never speaks."""
    dialect, _ = pair()
    listener = dialect.listener("v4/ws/btc", "")
    assert listener is not None
    request = {"time": 1, "channel": "futures.trades", "event": "subscribe", "payload": ["BTC_USDT"]}
    assert len(dialect.hear(listener, json.dumps(request), NO_FAULTS)) == 1
    assert listener.topics == {}
    assert dialect.listener("v4/ws/eth", "") is None


def test_faults_swallow_acks_and_reject_topics() -> None:
    """Tests of the session ask for them by name."""
    dialect, reader = pair()
    request = json.dumps({"time": 1, "channel": "futures.trades", "event": "subscribe", "payload": ["BTC_USDT"]})
    assert answers(dialect, "v4/ws/usdt", request, faults=Faults(acks=False)) == []
    (raw,) = answers(dialect, "v4/ws/usdt", request, faults=Faults(rejected=frozenset({"trades:BTC_USDT"})))
    assert isinstance(reader.parse(raw, RECV_NS)[0], Refusal)


def test_liquidations_reach_those_who_want_all_of_a_settlement() -> None:
    """`!all` is how the client asks."""
    dialect, _ = pair()
    (raw,) = dialect.write_liquidation(INVERSE, AT_NS, price=50_000.0, qty=0.25, liquidated="long")
    assert dialect.topics(raw) == ("public_liquidates:BTC_USD", "public_liquidates:!all:btc")
    assert dialect.recognise(raw) == "BTC_USD"
    assert dialect.topics(b'{"channel":"futures.pong","event":""}') == ()


def test_polls_are_answered() -> None:
    """A poll without an answer counts as a failure of the venue."""
    dialect, reader = pair()
    market = reader.infer_instrument("BTC_USDT", RECV_NS)
    assert market is not None
    for poll in reader.polls([market]):
        path, _, _ = poll.request.path.strip("/").partition("?")
        answer = dialect.rest("GET", path, {}, b"")
        assert answer is not None
        assert [type(event).__name__ for event in reader.parse_poll(poll.name, answer.body, RECV_NS)] == (
            ["Insurance"] if poll.name == "insurance" else []
        )
    assert dialect.rest("GET", "api/v4/options", {}, b"") is None
    assert [market.symbol for market in dialect.made_up(["SOL"])] == ["SOL_USDT"]
