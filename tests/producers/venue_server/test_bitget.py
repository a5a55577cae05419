import json
from collections.abc import Sequence
from typing import Any

import pytest

from producers.continuity import BookSyncs
from producers.venue import Ack, Control, Pong, Refusal
from producers.venue_server.bitget import Bitget
from producers.venue_server.dialect import Answer
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, ViolationError
from producers.venue_server.markets import Market
from producers.venues.bitget import Bitget as Reader
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 50_000_000
BTC = Market(symbol="BTCUSDT", base="BTC", quote="USDT", tick="0.1")
USDC = Market(symbol="BTCPERP", base="BTC", quote="USDC", tick="0.1")
INVERSE = Market(symbol="BTCUSD_CM", base="BTC", quote="USD", contract="inverse", tick="0.1")
DATED_COIN = Market(
    symbol="BTCUSD_CM_1225", base="BTC", quote="USD", kind="future", contract="inverse", tick="0.1", expiry="20261225"
)
DATED = Market(symbol="BTCUSDT261225", base="BTC", quote="USDT", kind="future", tick="0.1", expiry="20261225")
SPOT = Market(symbol="BTCUSDT_SPBL", base="BTC", quote="USDT", kind="spot", contract="spot")
MARKETS = [BTC, USDC, INVERSE, DATED, DATED_COIN, SPOT]
NO_FAULTS = Faults()


def call(dialect: Bitget, path: str) -> bytes:
    """The answer to a REST call."""
    bare, _, query = path.strip("/").partition("?")
    answer = dialect.rest("GET", bare, dict(pair.split("=", 1) for pair in query.split("&") if pair), b"")
    assert isinstance(answer, Answer)
    return answer.body


def pair() -> tuple[Bitget, Reader]:
    """The venue that speaks and the parser that listens, both knowing the same markets."""
    dialect, reader = Bitget(), Reader()
    dialect.list_markets(MARKETS)
    for request in reader.instruments_requests():
        reader.register(reader.parse_instruments(call(dialect, request.path), RECV_NS))
    return dialect, reader


def joined(dialect: Bitget) -> Listener:
    """A connection."""
    listener = dialect.listener("/v3/ws/public", "")
    assert listener is not None
    return listener


def read(reader: Reader, raws: Sequence[bytes]) -> list[Event | Control]:
    """All that these frames say."""
    return [one for raw in raws for one in reader.parse(raw, RECV_NS)]


def say(operation: str, *topics: tuple[str, str, str]) -> str:
    """A request about topics: product, name and symbol."""
    args = [{"instType": product, "topic": topic, "symbol": symbol} for product, topic, symbol in topics]
    return json.dumps({"op": operation, "args": args})


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.symbol)
def test_what_is_written_is_read_as_the_same_coins_and_dollars(market: Market) -> None:
    """Dollars, coins and the amount of a liquidation look alike: an error of a factor is found here."""
    dialect, reader = pair()
    (trade,) = read(reader, dialect.write_trade(market, AT_NS, price=60_000.0, qty=0.5, taker="sell"))
    assert isinstance(trade, Trade)
    assert (trade.price, trade.taker) == (60_000.0, "sell")
    assert trade.notional_usd == pytest.approx(30_000.0)
    assert (trade.ts_event_ns, trade.print) == (AT_NS, "market")
    (whole,) = read(reader, dialect.write_book(market, AT_NS, bids=[(60_000.0, 2.0)], asks=[]))
    assert isinstance(whole, BookSnapshot)
    ((price, qty),) = json.loads(bytes(whole.bids))
    assert float(price) * float(qty) == pytest.approx(7_200_000_000.0 if market.contract == "inverse" else 120_000.0)


@pytest.mark.parametrize("market", [BTC, USDC, INVERSE, DATED, DATED_COIN], ids=lambda market: market.symbol)
@pytest.mark.parametrize("side", ["long", "short"])
def test_forced_closes_are_read_as_written(market: Market, side: Any) -> None:
    """The side is that of the position, and the amount is quote currency."""
    dialect, reader = pair()
    (raw,) = dialect.write_liquidation(market, AT_NS, price=50_000.0, qty=0.25, liquidated=side)
    assert dialect.topics(raw)[0].endswith("-futures:liquidation")
    (forced,) = reader.parse(raw, RECV_NS)
    assert isinstance(forced, Liquidation)
    assert (forced.liquidated, forced.sampled, forced.ts_event_ns) == (side, True, AT_NS)
    assert forced.qty_base == pytest.approx(0.25)
    assert forced.notional_usd == pytest.approx(12_500.0)


@pytest.mark.parametrize("market", [BTC, INVERSE], ids=lambda market: market.symbol)
def test_marks_and_open_interest_are_read_as_written(market: Market) -> None:
    """Open interest in dollars compares venues."""
    dialect, reader = pair()
    state = {"mark": 60_000.0, "index": 60_010.5, "funding_rate": -0.000012, "open_interest": 1_000.0}
    derivative, interest = read(reader, dialect.write_state(market, AT_NS, **state))
    assert isinstance(derivative, DerivativeState)
    assert isinstance(interest, OpenInterest)
    assert (derivative.mark, derivative.index, derivative.funding_rate) == (60_000.0, 60_010.5, -0.000012)
    assert derivative.next_funding_ns == 1_790_006_400 * 10**9
    assert interest.notional_usd == pytest.approx(60_000_000.0)
    assert read(reader, dialect.write_state(SPOT, AT_NS, **state)) == []


def test_spot_shows_no_liquidation() -> None:
    """There is nothing to liquidate."""
    assert Bitget().write_liquidation(SPOT, AT_NS, price=1.0, qty=1.0, liquidated="long") == []


def test_the_list_tells_dated_futures_from_perpetuals() -> None:
    """A delivery is no cascade."""
    dialect, reader = pair()
    requests = reader.instruments_requests()
    found = [one for request in requests for one in reader.parse_instruments(call(dialect, request.path), RECV_NS)]
    assert {one.symbol: one.instrument for one in found} == {
        "BTCUSDT": "BTC-USDT-PERP",
        "BTCPERP": "BTC-USDC-PERP",
        "BTCUSD_CM": "BTC-USD-PERP",
        "BTCUSDT261225": "BTC-USDT-20261225",
        "BTCUSD_CM_1225": "BTC-USD-20261225",
        "BTCUSDT_SPBL": "BTC-USDT-SPOT",
    }
    assert dialect.rest("GET", "api/v3/market/tickers", {"category": "SPOT"}, b"") is None


def test_the_funds_are_answered_for_each_product() -> None:
    """A fund that runs dry is the last step before auto-deleveraging."""
    dialect, reader = pair()
    polls = reader.polls(list(filter(None, (reader.infer_instrument(one.symbol, RECV_NS) for one in MARKETS))))
    said = [
        event for poll in polls for event in reader.parse_poll(poll.name, call(dialect, poll.request.path), RECV_NS)
    ]
    assert all(isinstance(event, Insurance) and event.balance_usd == 500_000_000.25 for event in said)
    assert {event.instrument for event in said} == {"BTC-USDC-PERP", "BTC-USDT-PERP", "BTC-USDT-20261225"}


def chained(events: list[Event]) -> list[Event]:
    """What book continuity lets through."""
    return list(BookSyncs(venue=Reader.id, sequencing=Reader.sequencing).feed(events))


def test_books_chain_and_one_left_out_is_one_gap() -> None:
    """Ids that do not follow are a resync every second; ids that are not checked are a wrong depth."""
    dialect, reader = pair()
    raws = dialect.write_book(BTC, AT_NS, bids=[(60_000.0, 1.0)], asks=[(60_000.1, 2.0)])
    for _ in range(3):
        raws += dialect.write_delta(BTC, AT_NS, bids=[(60_000.0, 0.0)], asks=[])
    said = [event for raw in raws for event in reader.parse(raw, RECV_NS) if isinstance(event, Event)]
    assert [type(event) for event in said] == [BookSnapshot, BookDelta, BookDelta, BookDelta]
    assert not any(isinstance(event, Gap) for event in chained(said))
    assert sum(isinstance(event, Gap) for event in chained(said[:1] + said[2:])) == 1


def test_who_subscribes_late_gets_the_whole_book_and_the_last_trades() -> None:
    """The book must go on from there, and the trades must not count."""
    dialect, reader = pair()
    raws = dialect.write_book(BTC, AT_NS, bids=[(60_000.0, 1.0), (59_999.0, 1.0)], asks=[(60_000.1, 2.0)])
    raws += dialect.write_delta(BTC, AT_NS, bids=[(60_000.0, 0.0)], asks=[])
    raws += dialect.write_trade(BTC, AT_NS, price=60_000.0, qty=0.5, taker="sell")
    for raw in raws:
        dialect.follow(raw, dialect.topics(raw))
    listener = joined(dialect)
    (opening,) = dialect.opening("usdt-futures:books:BTCUSDT", listener)
    (next_one,) = dialect.write_delta(BTC, AT_NS, bids=[], asks=[(60_000.2, 1.0)])
    said = [event for raw in (opening, next_one) for event in reader.parse(raw, RECV_NS) if isinstance(event, Event)]
    assert isinstance(said[0], BookSnapshot)
    assert (bytes(said[0].bids), bytes(said[0].asks)) == (b'[["59999","1"]]', b'[["60000.1","2"]]')
    assert not any(isinstance(event, Gap) for event in chained(said))
    (history,) = dialect.opening("usdt-futures:publicTrade:BTCUSDT", listener)
    assert reader.parse(history, RECV_NS) == ()
    assert json.loads(history)["data"][0]["p"] == "60000"
    assert dialect.opening("usdt-futures:ticker:BTCUSDT", listener) == []
    assert dialect.opening("usdt-futures:liquidation", listener) == []
    (forced,) = dialect.write_liquidation(BTC, AT_NS, price=60_000.0, qty=0.5, liquidated="long")
    dialect.follow(forced, dialect.topics(forced))
    (history,) = dialect.opening("usdt-futures:liquidation", listener)
    assert json.loads(history)["data"] == json.loads(forced)["data"]
    assert reader.parse(history, RECV_NS) == ()
    assert len(reader.parse(forced, RECV_NS)) == 1


def test_recordings_of_the_older_wires_are_played_to_todays_subscriptions() -> None:
    """Whoever replays 2022 asks as one asks today."""
    dialect, reader = pair()
    trade = b'{"action":"update","arg":{"instType":"sp","channel":"trade","instId":"BTCUSDT"},"data":[]}'
    coin = b'{"action":"update","arg":{"instType":"mc","channel":"ticker","instId":"BTCUSD"},"data":[]}'
    assert dialect.topics(trade) == ("spot:publicTrade:BTCUSDT",)
    assert dialect.topics(coin) == ("coin-futures:ticker:BTCUSD",)
    book = b'{"action":"snapshot","arg":{"instType":"mc","channel":"books","instId":"BTCUSDT"},"data":[%s]}'
    raw = book % b'{"asks":[["100","1"]],"bids":[["99.5","2"]],"checksum":0,"ts":"1790000000123"}'
    dialect.follow(raw, dialect.topics(raw))
    (opening,) = dialect.opening("usdt-futures:books:BTCUSDT", joined(dialect))
    (snapshot,) = reader.parse(opening, RECV_NS)
    assert isinstance(snapshot, BookSnapshot)
    assert (snapshot.last_id, bytes(snapshot.asks)) == (None, b'[["100","1"]]')
    for other in (b"{}", b"[]", b"x", b'{"event":"subscribe","arg":{"instType":"sp"}}', b'{"data":[],"arg":5}'):
        assert dialect.topics(other) == ()


def test_subscriptions_are_answered_each_on_its_own() -> None:
    """One unknown symbol among ten leaves the nine."""
    dialect, reader = pair()
    listener = joined(dialect)
    topics = ("usdt-futures", "books", "BTCUSDT"), ("usdt-futures", "books", "NOPEUSDT"), ("spot", "books", "BTCUSDT")
    said = [
        control
        for raw in dialect.hear(listener, say("subscribe", *topics), NO_FAULTS)
        for control in reader.parse(raw, RECV_NS)
    ]
    assert [type(one) for one in said] == [Ack, Refusal, Ack]
    assert isinstance(said[1], Refusal)
    assert said[1].action == "ignore"
    assert list(listener.topics) == ["usdt-futures:books:BTCUSDT", "spot:books:BTCUSDT"]
    assert read(reader, dialect.hear(listener, say("unsubscribe", topics[0]), NO_FAULTS)) == [Ack()]
    assert list(listener.topics) == ["spot:books:BTCUSDT"]
    (forced,) = dialect.hear(
        listener,
        json.dumps({"op": "subscribe", "args": [{"instType": "usdt-futures", "topic": "liquidation"}]}),
        NO_FAULTS,
    )
    assert reader.parse(forced, RECV_NS) == (Ack(),)
    assert "usdt-futures:liquidation" in listener.topics
    assert read(reader, dialect.hear(listener, "ping", NO_FAULTS)) == [Pong()]
    for wrong in ("hello", "[]", '{"op":"login","args":[]}', '{"op":"subscribe","args":[{"topic":"books"}]}'):
        (error,) = read(reader, dialect.hear(listener, wrong, NO_FAULTS))
        assert isinstance(error, Refusal)


def test_faults_are_played() -> None:
    """What a client must survive has to happen."""
    dialect, _ = pair()
    listener = joined(dialect)
    topic = ("usdt-futures", "books", "BTCUSDT")
    rejecting = Faults(rejected=frozenset({"usdt-futures:books:BTCUSDT"}))
    (refused,) = dialect.hear(listener, say("subscribe", topic), rejecting)
    assert json.loads(refused)["code"] == 30001
    assert not listener.topics
    assert dialect.hear(listener, say("subscribe", topic), Faults(acks=False)) == []
    assert listener.topics
    with pytest.raises(ViolationError):
        dialect.hear(
            listener, say("subscribe", *(("usdt-futures", "books", f"C{n}USDT") for n in range(25))), NO_FAULTS
        )
    assert dialect.listener("/v2/ws/public", "") is None


def test_made_up_markets_are_listed_as_the_venue_names_them() -> None:
    """A test over every venue asks each for its own names."""
    dialect = Bitget()
    assert [market.symbol for market in dialect.made_up(["BTC", "ETH"])] == [
        "BTCUSDT",
        "ETHUSDT",
        "BTCUSDT_SPBL",
        "ETHUSDT_SPBL",
    ]
