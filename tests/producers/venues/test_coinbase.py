import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard

from producers.errors import DecodeError
from producers.venue import Ack, Refusal
from producers.venues.coinbase import Coinbase
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade

AT = "2026-04-07T14:30:02.900000Z"
AT_NS = 1_775_572_202_900_000_000
RECV_NS = AT_NS + 50_000_000


def named(*symbols: str) -> list[Instrument]:
    """Products by their names."""
    found = [Coinbase().infer_instrument(symbol, RECV_NS) for symbol in symbols]
    return [one for one in found if one is not None]


def venue(*symbols: str) -> Coinbase:
    """A venue that knows these products."""
    one = Coinbase()
    one.register(named(*symbols))
    return one


def frame(channel: str, *parts: dict[str, Any], number: int = 5) -> bytes:
    """A message of the Advanced Trade socket."""
    head = {"channel": channel, "client_id": "", "timestamp": AT, "sequence_num": number}
    return json.dumps(head | {"events": parts}).encode()


def states(**products: str) -> bytes:
    """What the status channel says."""
    rows = [{"id": f"{name}-USD", "status": state, "status_message": ""} for name, state in products.items()]
    return frame("status", {"type": "snapshot", "products": rows})


FILL = {"trade_id": "7", "product_id": "BTC-USD", "price": "60000", "size": "0.5", "side": "BUY", "time": AT}


def test_a_trade_is_read_from_its_makers_side() -> None:
    """The side of the order that rested: taken as the taker's, every sell-off would look like buying."""
    one = venue("BTC-USD")
    (advanced,) = one.parse(frame("market_trades", {"type": "update", "trades": [FILL]}), RECV_NS)
    (exchange,) = one.parse(json.dumps(FILL | {"type": "match", "side": "buy", "trade_id": 7}).encode(), RECV_NS)
    assert isinstance(advanced, Trade)
    assert advanced == exchange
    assert (advanced.taker, advanced.trade_id, advanced.notional_usd) == ("sell", 7, 30_000.0)
    assert advanced.ts_event_ns == AT_NS


def test_a_recording_shows_whose_side_it_is(shared_data: Path) -> None:
    """Sells that print where the bids are: nine in ten of a recording's trades, or the side is the other one's."""
    path = shared_data / "venue-frames" / "cryptofeed-sample" / "COINBASE.ws.28.0.zst"
    books: dict[str, tuple[dict[float, float], dict[float, float]]] = {}
    agree = Counter[bool]()
    for line in zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).readall().splitlines():
        raw = line.partition(b": ")[2]
        message = json.loads(raw) if raw.startswith(b'{"type"') and b"<-" not in line[:80] else {}
        if message.get("type") == "snapshot":
            bids, asks = ({float(price): 1.0 for price, _ in message[side]} for side in ("bids", "asks"))
            books[message["product_id"]] = bids, asks
        elif message.get("type") == "l2update":
            for side, price, qty in message["changes"]:
                levels = books[message["product_id"]][side == "sell"]
                levels[float(price)] = float(qty)
        elif message.get("type") == "match":
            bids, asks = books[message["product_id"]]
            bid = max(price for price, qty in bids.items() if qty)
            ask = min(price for price, qty in asks.items() if qty)
            one = venue(message["product_id"])
            (trade,) = one.parse(raw, 1_618_677_900 * 10**9)
            assert isinstance(trade, Trade)
            if trade.price - bid != ask - trade.price:
                agree[(trade.price - bid < ask - trade.price) == (trade.taker == "sell")] += 1
    assert agree[True] > 9 * agree[False]


def test_history_after_a_subscription_is_no_flow() -> None:
    """Every reconnect would count the last trades again."""
    one = venue("BTC-USD")
    assert one.parse(frame("market_trades", {"type": "snapshot", "trades": [FILL]}), RECV_NS) == []
    assert one.parse(json.dumps(FILL | {"type": "last_match", "side": "buy"}).encode(), RECV_NS) == []


def test_a_snapshot_has_the_messages_time_and_a_change_that_of_its_newest_level() -> None:
    """Levels of a snapshot say 1970, which would be refused."""
    one = venue("BTC-USD")
    level = {"side": "bid", "event_time": "1970-01-01T00:00:00Z", "price_level": "60000.0", "new_quantity": "1.50"}
    part = {"type": "snapshot", "product_id": "BTC-USD", "updates": [level]}
    (snapshot,) = one.parse(frame("l2_data", part), RECV_NS)
    assert isinstance(snapshot, BookSnapshot)
    assert (snapshot.ts_event_ns, bytes(snapshot.bids), bytes(snapshot.asks)) == (AT_NS, b'[["60000.0","1.50"]]', b"[]")
    newest = level | {"side": "offer", "event_time": "2026-04-07T14:30:02.8999995Z"}
    older = level | {"event_time": "2026-04-07T14:30:01Z"}
    part = {"type": "update", "product_id": "BTC-USD", "updates": [newest, older]}
    (delta,) = one.parse(frame("l2_data", part), RECV_NS)
    assert isinstance(delta, BookDelta)
    assert AT_NS - 1000 <= delta.ts_event_ns <= AT_NS
    assert (bytes(delta.bids), bytes(delta.asks)) == (b'[["60000.0","1.50"]]', b'[["60000.0","1.50"]]')
    with pytest.raises(DecodeError, match="bad_time"):
        one.parse(frame("l2_data", part | {"updates": [level]}), RECV_NS)


def test_levels_that_are_no_numbers_are_refused() -> None:
    """A word in a book is no price."""
    level = {"side": "bid", "event_time": AT, "price_level": "1e5", "new_quantity": "1"}
    for wrong in (level, level | {"price_level": "-1"}, level | {"new_quantity": 'x"'}):
        part = {"type": "update", "product_id": "BTC-USD", "updates": [wrong]}
        with pytest.raises(DecodeError, match="bad_number"):
            venue("BTC-USD").parse(frame("l2_data", part), RECV_NS)


def test_messages_are_numbered_over_all_channels() -> None:
    """A number left out is all that shows a loss: books here have no ids."""
    one = Coinbase()
    assert one.message_number(frame("heartbeats", {"heartbeat_counter": "3"}, number=0)) == 0
    assert one.message_number(frame("candles", number=6)) == 6
    assert one.message_number(b'{"type":"match","sequence":7}') is None
    assert one.message_number(b"{") is None


def test_a_product_that_stops_is_told_of_once() -> None:
    """The whole list is repeated every few seconds."""
    one = venue("BTC-USD", "ETH-USD")
    assert one.parse(states(BTC="online", ETH="online"), RECV_NS) == []
    (stopped,) = one.parse(states(BTC="online", ETH="offline", XYZ="offline"), RECV_NS)
    assert one.parse(states(BTC="online", ETH="offline"), RECV_NS) == []
    (began,) = one.parse(states(BTC="online", ETH="online"), RECV_NS)
    assert isinstance(stopped, VenueStatus)
    assert isinstance(began, VenueStatus)
    assert (stopped.instrument, stopped.state, stopped.reason) == ("ETH-USD-SPOT", "halted", "offline")
    assert (began.instrument, began.state) == ("ETH-USD-SPOT", "up")


def test_five_hundred_products_share_a_few_connections() -> None:
    """Eight messages a second are allowed of an address, whatever the number of connections."""
    sockets = Coinbase().sockets(named(*(f"C{n}-USD" for n in range(500))))
    assert len(sockets) == 17
    said: Counter[tuple[str, str]] = Counter()
    for socket in sockets:
        requests = [json.loads(request) for request in socket.subscribe]
        assert [request["channel"] for request in requests] == ["level2", "market_trades", "status", "heartbeats"]
        assert socket.expect_acks == 4
        said.update((request["channel"], product) for request in requests for product in request["product_ids"])
    assert set(said.values()) == {1}
    assert len(said) == 2000
    limits = Coinbase.limits
    assert limits.messages_shared
    assert limits.messages_per_s <= 8
    assert limits.connects_at_once is not None
    assert limits.connects_at_once + limits.connects_per_min / 60 <= 8
    # The first word is due within five seconds, though every connection waits for the others'.
    assert len(sockets) / limits.messages_per_s < 5


def test_a_book_is_asked_for_again_by_leaving_and_joining() -> None:
    """Whoever only joins twice gets no snapshot."""
    frames = [json.loads(request) for request in Coinbase().book_request(named("BTC-USD")[0]).frames]
    assert [(one["type"], one["channel"], one["product_ids"]) for one in frames] == [
        ("unsubscribe", "level2", ["BTC-USD"]),
        ("subscribe", "level2", ["BTC-USD"]),
    ]
    assert Coinbase().polls(named("BTC-USD")) == []
    assert Coinbase().parse_poll("none", b"", RECV_NS) == ()


def test_one_book_under_two_names_is_listed_once() -> None:
    """`BTC-USDC` is `BTC-USD`: both would count every trade twice."""
    row = {
        "product_id": "BTC-USD", "product_type": "SPOT", "base_currency_id": "BTC", "quote_currency_id": "USD",
        "status": "online", "alias": "", "price_increment": "0.01",
    }  # fmt: skip
    rows = [
        row,
        row | {"product_id": "BTC-USDC", "quote_currency_id": "USDC", "alias": "BTC-USD"},
        row | {"product_id": "A-USD", "base_currency_id": "A", "status": "delisted"},
        row | {"product_id": "B-USD", "base_currency_id": "B", "is_disabled": True},
        row | {"product_id": "BIT-28NOV25-CDE", "product_type": "FUTURE"},
    ]
    found = Coinbase().parse_instruments(json.dumps({"products": rows}).encode(), RECV_NS)
    assert [(one.symbol, one.instrument, one.tick_size) for one in found] == [("BTC-USD", "BTC-USD-SPOT", 0.01)]


def test_one_odd_product_costs_no_other() -> None:
    """All that was ever listed stands in the list, and in the states of every few seconds."""
    good = {"product_id": "BTC-USD", "product_type": "SPOT", "base_currency_id": "BTC", "quote_currency_id": "USD"}
    good |= {"status": "online"}
    odd = good | {"product_id": "X", "product_type": "UNKNOWN", "base_currency_id": None}
    found = Coinbase().parse_instruments(json.dumps({"products": [odd, good]}).encode(), RECV_NS)
    assert [one.symbol for one in found] == ["BTC-USD"]
    with pytest.raises(DecodeError, match="bad_shape"):
        Coinbase().parse_instruments(json.dumps({"products": [odd]}).encode(), RECV_NS)
    rows = [{"id": "X-USD", "status": None}, {"id": "BTC-USD", "status": "offline"}]
    (told,) = venue("BTC-USD").parse(frame("status", {"type": "snapshot", "products": rows}), RECV_NS)
    assert isinstance(told, VenueStatus)


def test_only_its_own_frames_are_recognised() -> None:
    """A recording is taken for Coinbase's only where no other venue writes so."""
    one = Coinbase()
    assert one.symbol_of(frame("market_trades", {"type": "update", "trades": [FILL]})) == "BTC-USD"
    assert (
        one.symbol_of(b'{"type":"l2update","product_id":"ETH-USD","changes":[],"time":"%s"}' % AT.encode()) == "ETH-USD"
    )
    for other in (
        b'{"channel":"trades","data":[{"coin":"BTC"}]}',
        b'{"feed":"book_snapshot","product_id":"PI_XBTUSD","bids":[],"asks":[]}',
        b'{"type":"channel_data","channel":"v4_trades","id":"BTC-USD"}',
        b'{"topic":"orderbook.50.BTCUSDT","type":"snapshot","data":{}}',
        frame("heartbeats", {"heartbeat_counter": "1"}),
        b"[",
    ):
        assert one.symbol_of(other) is None
    assert [market.symbol for market in named("BTC-USD", "BIT-28NOV25-CDE", "BTCUSD", "-USD", "BTC-")] == ["BTC-USD"]


def test_answers_are_told_from_errors() -> None:
    """One unknown product must not take the others with it; what we do not understand may be a broken session."""
    one = venue("BTC-USD")
    assert one.parse(frame("subscriptions", {"subscriptions": {"level2": ["BTC-USD"]}}), RECV_NS) == (Ack(),)
    assert one.parse(b'{"type":"subscriptions","channels":[]}', RECV_NS) == (Ack(),)
    (unknown,) = one.parse(b'{"type":"error","message":"NOPE-USD is not a valid product"}', RECV_NS)
    assert unknown == Refusal("NOPE-USD is not a valid product", "ignore")
    (other,) = one.parse(b'{"type":"error","message":"rate limit exceeded"}', RECV_NS)
    assert other == Refusal("rate limit exceeded", "reconnect")
    for silent in (b'{"type":"received","product_id":"BTC-USD"}', frame("candles"), b"{}"):
        assert one.parse(silent, RECV_NS) == []
    with pytest.raises(DecodeError, match="unknown_symbol"):
        one.parse(frame("market_trades", {"type": "update", "trades": [FILL | {"product_id": "ETH-USD"}]}), RECV_NS)


def test_a_ticker_in_a_recording_is_the_best_of_the_book() -> None:
    """A side without orders is none, not a price of zero."""
    row = {"product_id": "BTC-USD", "best_bid": "60000", "best_bid_quantity": "1.5"}
    row |= {"best_ask": "0", "best_ask_quantity": "0"}
    (top,) = venue("BTC-USD").parse(frame("ticker", {"type": "update", "tickers": [row]}), RECV_NS)
    assert isinstance(top, BookTop)
    assert (top.bid, top.bid_qty, top.ask, top.ask_qty) == (60_000.0, 1.5, None, None)


def test_a_book_fetched_by_hand_keeps_what_lies_beyond() -> None:
    """REST shows a few levels of many."""
    book = {"bids": [{"price": "60000", "size": "1"}], "asks": [], "time": AT}
    body = json.dumps({"pricebook": book}).encode()
    said = Coinbase().parse_snapshot(body, named("BTC-USD")[0], RECV_NS)
    assert (bytes(said.bids), said.keeps_far_levels, said.ts_event_ns) == (b'[["60000","1"]]', True, AT_NS)
    with pytest.raises(DecodeError, match="bad_shape"):
        Coinbase().parse_snapshot(b"{}", named("BTC-USD")[0], RECV_NS)
