import json
from typing import Any

import pytest

from producers.continuity import BookSyncs
from producers.venue import Ack, Refusal
from producers.venue_server.faults import Faults
from producers.venue_server.kraken_futures import KrakenFutures
from producers.venue_server.markets import Market
from producers.venues.kraken_futures import KrakenFutures as Reader
from schemas.base import Event
from schemas.market import Adl, BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 50_000_000
LINEAR = Market(symbol="PF_XBTUSD", base="BTC", quote="USD")
INVERSE = Market(symbol="PI_XBTUSD", base="BTC", quote="USD", contract="inverse", tick="0.5")
DATED = Market(symbol="FI_ETHUSD_261225", base="ETH", quote="USD", kind="future", contract="inverse", expiry="20261225")
MARKETS = [LINEAR, INVERSE, DATED]
NO_FAULTS = Faults()


def pair() -> tuple[KrakenFutures, Reader]:
    """The venue that speaks and the parser that listens, both knowing what its market list says."""
    dialect, reader = KrakenFutures(), Reader()
    dialect.list_markets(MARKETS)
    (request,) = reader.instruments_requests()
    answer = dialect.rest("GET", request.path, {}, b"")
    assert answer is not None
    reader.register(reader.parse_instruments(answer.body, RECV_NS))
    return dialect, reader


def answers(dialect: KrakenFutures, *texts: str, faults: Faults = NO_FAULTS) -> list[Any]:
    """What is answered to these requests on one connection."""
    listener = dialect.listener("/ws/v1", "")
    assert listener is not None
    return [json.loads(frame) for text in texts for frame in dialect.hear(listener, text, faults)]


def play(dialect: KrakenFutures, *frames: bytes) -> None:
    """Let frames be played."""
    for raw in frames:
        dialect.follow(raw, dialect.topics(raw))


def say(event: str, feed: str, *products: str) -> str:
    """A request."""
    return json.dumps({"event": event, "feed": feed, "product_ids": products})


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.symbol)
def test_what_is_written_is_read_as_the_same_coins_and_dollars(market: Market) -> None:
    """Contracts of a dollar are no coins: an error of a factor is found here."""
    dialect, reader = pair()
    (raw,) = dialect.write_trade(market, AT_NS, price=60_000.0, qty=0.5, taker="sell")
    (trade,) = reader.parse(raw, RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.price, trade.taker, trade.notional_usd) == (60_000.0, "sell", 30_000.0)
    for side in ("long", "short"):
        (raw,) = dialect.write_liquidation(market, AT_NS, price=50_000.0, qty=0.25, liquidated=side)
        fill, forced = reader.parse(raw, RECV_NS)
        assert isinstance(fill, Trade)
        assert isinstance(forced, Liquidation)
        assert (forced.liquidated, forced.sampled, forced.ts_event_ns) == (side, False, AT_NS)
        assert (forced.qty_base, forced.notional_usd) == (0.25, 12_500.0)
    state = {"mark": 60_000.0, "index": 60_010.5, "funding_rate": -0.000012, "open_interest": 1_000.0}
    (raw,) = dialect.write_state(market, AT_NS, **state)
    derivative, interest = reader.parse(raw, RECV_NS)
    assert isinstance(derivative, DerivativeState)
    assert isinstance(interest, OpenInterest)
    is_perp = market.kind == "perp"
    assert (derivative.mark, derivative.index) == (60_000.0, 60_010.5)
    assert (derivative.funding_rate, derivative.next_funding_ns) == (
        (-0.000012, 1_790_002_800 * 10**9) if is_perp else (None, None)
    )
    assert interest.notional_usd == pytest.approx(60_000_000.0)


def test_books_chain_from_the_whole_one_on_also_for_who_joins_late() -> None:
    """A hole in the numbers would be a gap that the venue did not have."""
    dialect, reader = pair()
    frames = dialect.write_book(LINEAR, AT_NS, bids=[(99.0, 1.0), (98.0, 2.0)], asks=[(101.0, 1.0)])
    frames += dialect.write_delta(LINEAR, AT_NS, bids=[(99.0, 0.0)], asks=[(100.0, 3.0), (101.0, 0.5)])
    play(dialect, *frames)
    listener = dialect.listener("ws/v1", "")
    assert listener is not None
    late = dialect.opening("book:PF_XBTUSD", listener)
    more = dialect.write_delta(LINEAR, AT_NS, bids=[(97.0, 1.0)], asks=[])
    for said in ([*frames, *more], [*late, *more]):
        books = BookSyncs(venue=reader.id, sequencing=reader.sequencing)
        told = [one for raw in said for one in reader.parse(raw, RECV_NS) if isinstance(one, Event)]
        assert len(books.feed(told)) == len(said)
    (whole,) = reader.parse(late[0], RECV_NS)
    assert isinstance(whole, BookSnapshot)
    assert json.loads(bytes(whole.asks)) == [["100.0", "3.0"], ["101.0", "0.5"]]
    (delta,) = reader.parse(more[0], RECV_NS)
    assert isinstance(delta, BookDelta)
    assert delta.first_id == (whole.last_id or 0) + 1
    assert dialect.opening("book:PI_XBTUSD", listener) == []


def test_products_are_acknowledged_one_by_one() -> None:
    """As the venue does."""
    dialect, reader = pair()
    said = answers(dialect, say("subscribe", "book", "PF_XBTUSD", "pi_xbtusd"))
    assert [one["product_ids"] for one in said] == [["PF_XBTUSD"], ["PI_XBTUSD"]]
    assert [reader.parse(json.dumps(one).encode(), RECV_NS) for one in said] == [(Ack(),), (Ack(),)]
    assert answers(dialect, say("subscribe", "book", "PF_XBTUSD"), faults=Faults(acks=False)) == []


def test_what_is_wrong_is_answered_in_the_venues_words() -> None:
    """The parser's decisions hang on them."""
    dialect, reader = pair()
    rejected = Faults(rejected=frozenset({"trade:PF_XBTUSD"}))
    for text, action in (
        (say("subscribe", "trade", "PF_XBTUSD"), "ignore"),
        (say("subscribe", "candles", "PF_XBTUSD"), "fatal"),
        ("nonsense", "ignore"),
        ('{"event":"hello"}', "ignore"),
    ):
        (said,) = answers(dialect, text, faults=rejected)
        (refusal,) = reader.parse(json.dumps(said).encode(), RECV_NS)
        assert isinstance(refusal, Refusal)
        assert refusal.action == action
    twice = [say("subscribe", "trade", "PF_XBTUSD")] * 2
    assert [one["event"] for one in answers(dialect, *twice)] == ["subscribed", "alert"]
    ends = [say("subscribe", "trade", "PF_XBTUSD"), *[say("unsubscribe", "trade", "PF_XBTUSD")] * 2]
    assert [one["event"] for one in answers(dialect, *ends)] == ["subscribed", "unsubscribed", "alert"]


def test_a_subscription_to_trades_begins_with_the_last_ones() -> None:
    """They must not count as live flow."""
    dialect, reader = pair()
    play(dialect, *dialect.write_liquidation(LINEAR, AT_NS, price=5.0, qty=1.0, liquidated="long"))
    listener = dialect.listener("ws/v1", "")
    assert listener is not None
    (history,) = dialect.opening("trade:PF_XBTUSD", listener)
    assert json.loads(history)["trades"][0]["type"] == "liquidation"
    assert reader.parse(history, RECV_NS) == ()


def test_the_history_names_the_orders_of_the_trades_that_were_played() -> None:
    """It is where an unwound position can be told from a trade."""
    dialect, reader = pair()
    (raw,) = dialect.write_trade(LINEAR, AT_NS, price=60_000.0, qty=0.5, taker="sell")
    unwound = json.loads(raw) | {"type": "termination", "uid": "u"}
    play(dialect, raw, json.dumps(unwound).encode())
    (poll,) = reader.polls([one for one in reader._by_symbol.values() if one.symbol == "PF_XBTUSD"])
    path, _, query = poll.request.path.partition("?")
    answer = dialect.rest("GET", path, dict(pair.split("=") for pair in query.split("&")), b"")
    assert answer is not None
    trade, adl = reader.parse_poll(poll.name, answer.body, RECV_NS)
    assert isinstance(trade, Trade)
    assert isinstance(adl, Adl)
    assert (trade.print, adl.deleveraged, adl.notional_usd) == ("adl", "short", 30_000.0)
    assert dialect.rest("GET", "/api/history/v3/market/PF_ZZZUSD/executions", {}, b"") is None


def test_frames_of_others_have_no_topic() -> None:
    """A recording of several venues is told apart by them."""
    dialect = KrakenFutures()
    assert dialect.topics(b'{"event":"subscribed","feed":"book","product_ids":["PF_XBTUSD"]}') == ()
    assert dialect.topics(b'{"channel":"book"}') == ()
    assert dialect.topics(b"[]") == ()
    assert dialect.listener("ws/v2", "") is None
    greeting = dialect.greeting(dialect.listener("ws/v1", "") or pytest.fail("no such path"))
    assert greeting == [b'{"event":"info","version":1}']
