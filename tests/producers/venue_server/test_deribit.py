from __future__ import annotations

from typing import Any, Literal

import orjson
import pytest

from producers.continuity import BookSyncs
from producers.venue_server.deribit import MOST_CHANNELS, Deribit
from producers.venue_server.deribit_markets import made_up
from producers.venue_server.dialect import Answer
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venues.deribit import Deribit as Reader
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, PriceBand, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 10**9
QUIET = Faults()
INVERSE, LINEAR, SPOT = made_up("BTC")
BOOK = f"book.{INVERSE.symbol}.100ms"


def listing() -> tuple[Deribit, Listener]:
    """A dialect with its markets, and a fresh connection."""
    dialect = Deribit()
    dialect.list_markets([INVERSE, LINEAR, SPOT])
    listener = dialect.listener("ws/api/v2", "")
    assert listener is not None
    return dialect, listener


def call(dialect: Deribit, listener: Listener, method: str, faults: Faults = QUIET, **params: Any) -> dict[str, Any]:
    """The one answer to a call."""
    said = orjson.dumps({"jsonrpc": "2.0", "id": 5, "method": method, "params": params}).decode()
    (answer,) = dialect.hear(listener, said, faults)
    decoded: dict[str, Any] = orjson.loads(answer)
    assert decoded["id"] == 5
    return decoded


def reader(dialect: Deribit) -> Reader:
    """The parser, with the markets of the dialect's list."""
    one = Reader()
    for request in one.instruments_requests():
        path, _, query = request.path.lstrip("/").partition("?")
        answer = dialect.rest("GET", path, dict(pair.split("=") for pair in query.split("&")), b"")
        assert isinstance(answer, Answer)
        one.register(one.parse_instruments(answer.body, RECV_NS))
    return one


def test_a_subscription_is_answered_with_what_was_accepted() -> None:
    """What was refused is only left out."""
    dialect, listener = listing()
    odd = [BOOK, "book.NONE-PERPETUAL.100ms", "weather.BTC-PERPETUAL.100ms", f"book.{INVERSE.symbol}", "platform_state"]
    answer = call(dialect, listener, "public/subscribe", channels=odd)
    assert answer["result"] == [BOOK, "platform_state"]
    assert listener.topics == {f"book.{INVERSE.symbol}": BOOK, "platform_state": "platform_state"}
    rejecting = Faults(rejected=frozenset({f"trades.{INVERSE.symbol}"}))
    trades = [f"trades.{INVERSE.symbol}.100ms"]
    assert call(dialect, listener, "public/subscribe", rejecting, channels=trades)["result"] == []
    assert call(dialect, listener, "public/unsubscribe", channels=[BOOK])["result"] == [BOOK]
    assert listener.topics.keys() == {"platform_state"}


def test_a_swallowed_answer_leaves_the_subscription() -> None:
    """The data flows without a word."""
    dialect, listener = listing()
    said = orjson.dumps({"id": 5, "method": "public/subscribe", "params": {"channels": [BOOK]}}).decode()
    assert dialect.hear(listener, said, Faults(acks=False)) == []
    assert listener.topics


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("public/subscribe", {"channels": [f"book.{INVERSE.symbol}.raw"]}, 13778),
        ("public/subscribe", {"channels": ["platform_state"] * (MOST_CHANNELS + 1)}, -32602),
        ("public/subscribe", {}, -32602),
        ("private/buy", {}, -32601),
    ],
)
def test_what_cannot_be_done_is_an_error(method: str, params: dict[str, Any], code: int) -> None:
    """Raw feeds are for those who are logged in."""
    dialect, listener = listing()
    assert call(dialect, listener, method, **params)["error"]["code"] == code
    assert orjson.loads(dialect.hear(listener, "junk", QUIET)[0])["error"]["code"] == -32700


def test_signs_of_life_are_answered() -> None:
    """The heartbeat that keeps a quiet connection alive."""
    dialect, listener = listing()
    assert "version" in call(dialect, listener, "public/test")["result"]
    assert call(dialect, listener, "public/set_heartbeat", interval=30)["result"] == "ok"
    assert dialect.listener("ws/api/v1", "") is None
    assert dialect.rest("GET", "api/v2/public/weather", {}, b"") is None


def test_what_was_recorded_raw_is_heard_under_the_name_that_was_asked_for() -> None:
    """Recordings of those who were logged in play to those who are not."""
    dialect, listener = listing()
    call(dialect, listener, "public/subscribe", channels=[BOOK])
    (written,) = dialect.write_book(INVERSE, AT_NS, bids=[(9.5, 1.0)], asks=[(10.0, 1.0)])
    recorded = written.replace(b".100ms", b".raw")
    topics = dialect.topics(recorded)
    assert topics == dialect.topics(written) == (f"book.{INVERSE.symbol}",)
    assert dialect.payload(recorded, topics, listener) == dialect.payload(written, topics, listener) == written
    assert dialect.recognise(recorded) == INVERSE.symbol
    assert dialect.topics(b'{"channel":"trades"}') == ()
    assert dialect.recognise(b"{}") is None


def test_books_chain_from_message_to_message_and_for_whoever_joins_late() -> None:
    """A late book that does not meet the next change is a false gap."""
    dialect, listener = listing()
    one = reader(dialect)
    frames = [
        *dialect.write_book(INVERSE, AT_NS, bids=[(9.5, 1.0), (9.0, 2.0)], asks=[(10.0, 1.0)]),
        *dialect.write_delta(INVERSE, AT_NS, bids=[(9.5, 0.0)], asks=[(10.0, 3.0)]),
    ]
    for raw in frames:
        dialect.follow(raw, dialect.topics(raw))
    call(dialect, listener, "public/subscribe", channels=[BOOK])
    (opening,) = dialect.opening(f"book.{INVERSE.symbol}", listener)
    (next_one,) = dialect.write_delta(INVERSE, AT_NS, bids=[(9.25, 4.0)], asks=[])
    for run in ([*frames, next_one], [opening, next_one]):
        said = [event for raw in run for event in one.parse(raw, RECV_NS) if isinstance(event, Event)]
        assert len(BookSyncs(venue="deribit", sequencing=Reader.sequencing).feed(said)) == len(run)
    whole, delta = (one.parse(raw, RECV_NS)[0] for raw in (opening, next_one))
    assert isinstance(whole, BookSnapshot)
    assert isinstance(delta, BookDelta)
    assert orjson.loads(bytes(whole.bids)) == [["9.0", "18.0"]]  # dollars: two coins at 9
    assert orjson.loads(bytes(whole.asks)) == [["10.0", "30.0"]]
    assert delta.prev_id == whole.last_id
    assert dialect.opening(f"trades.{INVERSE.symbol}", listener) == []


def test_a_book_message_left_out_is_a_gap() -> None:
    """The ids jump, as the venue's do, and only the one before tells."""
    dialect, _ = listing()
    one, books = reader(dialect), BookSyncs(venue="deribit", sequencing=Reader.sequencing)
    (whole,) = dialect.write_book(LINEAR, AT_NS, bids=[(9.5, 1.0)], asks=[])
    deltas = [dialect.write_delta(LINEAR, AT_NS, bids=[(9.5, size)], asks=[])[0] for size in (2.0, 3.0)]
    said = [event for raw in (whole, deltas[1]) for event in one.parse(raw, RECV_NS) if isinstance(event, Event)]
    assert [type(event) for event in books.feed(said)] == [BookSnapshot, Gap]


@pytest.mark.parametrize("market", [INVERSE, LINEAR, SPOT], ids=lambda market: market.symbol)
@pytest.mark.parametrize("taker", ["buy", "sell"])
def test_a_trade_goes_round(market: Any, taker: Literal["buy", "sell"]) -> None:
    """Dollars on the wire of inverse contracts, coins on that of the others."""
    dialect, _ = listing()
    first, second = (dialect.write_trade(market, AT_NS, price=50_000.0, qty=0.5, taker=taker)[0] for _ in range(2))
    one = reader(dialect)
    (trade,), (after,) = one.parse(first, RECV_NS), one.parse(second, RECV_NS)
    assert isinstance(trade, Trade)
    assert isinstance(after, Trade)
    assert (trade.taker, trade.notional_usd, trade.ts_event_ns) == (taker, 25_000.0, AT_NS)
    assert (trade.trade_id, after.trade_id) == (1, 2)


@pytest.mark.parametrize("market", [INVERSE, LINEAR], ids=lambda market: market.symbol)
@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_a_liquidation_goes_round(market: Any, liquidated: Literal["long", "short"]) -> None:
    """It is a trade, too."""
    dialect, _ = listing()
    (raw,) = dialect.write_liquidation(market, AT_NS, price=50_000.0, qty=0.5, liquidated=liquidated)
    trade, found = reader(dialect).parse(raw, RECV_NS)
    assert isinstance(trade, Trade)
    assert isinstance(found, Liquidation)
    assert (found.liquidated, found.qty_base, found.notional_usd) == (liquidated, 0.5, 25_000.0)
    assert dialect.write_liquidation(SPOT, AT_NS, price=50_000.0, qty=0.5, liquidated=liquidated) == []


@pytest.mark.parametrize("market", [INVERSE, LINEAR], ids=lambda market: market.symbol)
def test_a_state_goes_round(market: Any) -> None:
    """Mark, index, funding and what is open, in dollars or in coins."""
    dialect, _ = listing()
    (raw,) = dialect.write_state(market, AT_NS, mark=50_000.0, index=50_010.0, funding_rate=0.0001, open_interest=4.0)
    state, held, band = reader(dialect).parse(raw, RECV_NS)
    assert isinstance(state, DerivativeState)
    assert isinstance(held, OpenInterest)
    assert isinstance(band, PriceBand)
    assert (state.mark, state.index, state.funding_rate) == (50_000.0, 50_010.0, 0.0001)
    assert held.notional_usd == 200_000.0
