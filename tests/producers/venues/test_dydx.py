import json
from typing import Any

import pytest

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal, Resubscribe
from producers.venues import uncrossing
from producers.venues.dydx import Dydx
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import Adl, BookDelta, BookSnapshot, DerivativeState, OpenInterest, Trade

ISO = "2026-09-26T11:38:57.272Z"
AT_NS = 1_790_422_737_272_000_000
RECV_NS = AT_NS + 10**9


def dydx(*symbols: str) -> Dydx:
    """The venue with these markets."""
    venue = Dydx()
    venue.register([market(symbol) for symbol in symbols or ("BTC-USD",)])
    return venue


def market(symbol: str = "BTC-USD") -> Instrument:
    """A market by its symbol."""
    found = Dydx().infer_instrument(symbol, RECV_NS)
    assert found is not None
    return found


def frame(channel: str, contents: Any, kind: str = "channel_data", symbol: str | None = "BTC-USD") -> bytes:
    """A message about one market."""
    head = {"type": kind, "connection_id": "c", "message_id": 7, "channel": channel, "version": "1.0.0"}
    return json.dumps(head | ({} if symbol is None else {"id": symbol}) | {"contents": contents}).encode()


def row(kind: str, side: str = "SELL", **said: Any) -> dict[str, Any]:
    """A trade of half a bitcoin."""
    trade = {"id": "014f495a0000000200000005", "side": side, "size": "0.5", "price": "60000", "createdAt": ISO}
    return trade | {"type": kind} | said


def sides(event: object) -> tuple[list[list[str]], list[list[str]]]:
    """The levels of a book message."""
    assert isinstance(event, BookDelta | BookSnapshot)
    return json.loads(bytes(event.bids)), json.loads(bytes(event.asks))


@pytest.mark.parametrize("symbol", ["BONK,raydium,So1111-USD", "BTC-USDC", "BTCUSD", "-USD", ""])
def test_markets_without_a_coins_name_are_not_followed(symbol: str) -> None:
    """A name that holds a pool's address is no asset that other venues know."""
    assert Dydx().infer_instrument(symbol, RECV_NS) is None


def test_only_active_markets_are_listed() -> None:
    """A subscription to one in final settlement is silent for ever."""
    rows = {
        "BTC-USD": {"ticker": "BTC-USD", "status": "ACTIVE", "oraclePrice": "89919.2", "tickSize": "1"},
        "LUNA-USD": {"ticker": "LUNA-USD", "status": "FINAL_SETTLEMENT", "oraclePrice": None},
        "A,b,c-USD": {"ticker": "A,b,c-USD", "status": "ACTIVE"},
    }
    (found,) = Dydx().parse_instruments(json.dumps({"markets": rows}).encode(), RECV_NS)
    assert (found.instrument, found.contract_value, found.tick_size) == ("BTC-USD-PERP", 1.0, 1.0)


def test_the_third_version_is_dead() -> None:
    """Its recordings exist, and its sizes and books look alike."""
    venue = dydx()
    for raw in (frame("v3_trades", {"trades": []}), frame("v3_orderbook", {}, "subscribed")):
        with pytest.raises(DecodeError, match="dead_protocol"):
            venue.parse(raw, RECV_NS)
    listed = {"BTC-USD": {"market": "BTC-USD", "status": "ONLINE", "baseAsset": "BTC", "quoteAsset": "USD"}}
    with pytest.raises(DecodeError, match="dead_protocol"):
        venue.parse_instruments(json.dumps({"markets": listed}).encode(), RECV_NS)


def test_five_hundred_markets_keep_to_the_venues_limits() -> None:
    """The thirty-third subscription of a channel is refused, and a market would be silent."""
    venue = Dydx()
    sockets = venue.sockets([market(f"C{n}-USD") for n in range(500)])
    assert len(sockets) == 16
    for socket in sockets:
        said = [json.loads(text) for text in socket.subscribe]
        channels = [message["channel"] for message in said]
        assert max(channels.count("v4_trades"), channels.count("v4_orderbook")) <= 32
        assert channels.count("v4_block_height") == 1
        assert socket.expect_acks == len(said)
        assert all(message.get("batched", False) == (message["channel"] == "v4_orderbook") for message in said)
    # The marks are on the first one alone: a lost one's liquidations would be missing unnoticed.
    assert {socket.liquidations for socket in sockets} == {"trades"}
    asked = [json.loads(text)["channel"] for socket in sockets for text in socket.subscribe]
    assert asked.count("v4_markets") == 1
    assert asked.count("v4_trades") == asked.count("v4_orderbook") == 500


def test_what_a_subscription_begins_with_is_a_whole_book_and_no_trades() -> None:
    """Old liquidations would be counted as new ones after each reconnect."""
    venue = dydx()
    book = {"bids": [{"price": "60000", "size": "1"}], "asks": [{"price": "60001", "size": "2"}]}
    ack, snapshot = venue.parse(frame("v4_orderbook", book, "subscribed"), RECV_NS)
    assert ack == Ack()
    assert sides(snapshot) == ([["60000.0", "1.0"]], [["60001.0", "2.0"]])
    assert venue.parse(frame("v4_trades", {"trades": [row("LIQUIDATED")]}, "subscribed"), RECV_NS) == (Ack(),)


def test_crossed_levels_are_taken_out_of_what_is_published() -> None:
    """A crossed book has a negative spread and depth that cannot be traded against."""
    venue = dydx()
    book = {"bids": [{"price": "26854", "size": "0.556"}], "asks": [{"price": "26900", "size": "1"}]}
    venue.parse(frame("v4_orderbook", book, "subscribed"), RECV_NS)
    (delta,) = venue.parse(frame("v4_orderbook", {"asks": [["26826", "0.0027"]]}), RECV_NS)
    assert sides(delta) == ([["26854.0", "0.0"]], [["26826.0", "0.0027"]])


def test_a_new_subscription_forgets_the_old_book() -> None:
    """Levels from before a reconnect would cross with those after it."""
    venue = dydx()
    venue.parse(frame("v4_orderbook", {"bids": [{"price": "5", "size": "1"}]}, "subscribed"), RECV_NS)
    venue.parse(frame("v4_orderbook", {"asks": [{"price": "4", "size": "1"}]}, "subscribed"), RECV_NS)
    (delta,) = venue.parse(frame("v4_orderbook", {"asks": [["6", "1"]]}), RECV_NS)
    assert sides(delta) == ([], [["6.0", "1.0"]])


def test_a_book_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded against a venue that never removes a level; a whole book is asked for instead."""
    monkeypatch.setattr(uncrossing, "MOST_LEVELS", 2)
    venue = dydx()
    venue.parse(frame("v4_orderbook", {}, "subscribed"), RECV_NS)
    change = frame("v4_orderbook", {"bids": [["1", "1"], ["2", "1"], ["3", "1"]]})
    (lost,) = venue.parse(change, RECV_NS)
    assert isinstance(lost, Gap)
    assert venue.parse(change, RECV_NS) == ()
    request = venue.book_request(market())
    assert isinstance(request, Resubscribe)
    assert [json.loads(said)["type"] for said in request.frames] == ["unsubscribe", "subscribe"]


def test_changes_of_a_book_that_was_never_whole_say_once_that_it_is_lost() -> None:
    """A stream that begins at a keyframe would show that book for good: what crosses it is not known here."""
    venue, change = dydx(), frame("v4_orderbook", [{"asks": [["99", "1"]]}], "channel_batch_data")
    (lost,) = venue.parse(change, RECV_NS)
    assert isinstance(lost, Gap)
    assert venue.parse(change, RECV_NS) == ()
    venue.parse(frame("v4_orderbook", {"bids": [{"price": "100", "size": "1"}]}, "subscribed"), RECV_NS)
    (delta,) = venue.parse(change, RECV_NS)
    assert sides(delta) == ([["100.0", "0.0"]], [["99.0", "1.0"]])


def test_nothing_is_lost_with_changes_between_two_subscriptions() -> None:
    """The whole book was asked for, and is under way."""
    venue, change = dydx(), frame("v4_orderbook", {"bids": [["1", "1"]]})
    venue.parse(frame("v4_orderbook", {}, "subscribed"), RECV_NS)
    assert venue.parse(frame("v4_orderbook", {}, "unsubscribed"), RECV_NS) == ()
    assert venue.parse(change, RECV_NS) == ()
    venue.parse(frame("v4_orderbook", {}, "subscribed"), RECV_NS)
    (delta,) = venue.parse(change, RECV_NS)
    assert sides(delta) == ([["1.0", "1.0"]], [])


def test_a_change_that_cannot_be_read_is_a_loss_of_the_book() -> None:
    """Its message is counted like the others: no hole would show what the book lacks."""
    venue = dydx()
    venue.parse(frame("v4_orderbook", {}, "subscribed"), RECV_NS)
    with pytest.raises(DecodeError, match="bad_number"):
        venue.parse(frame("v4_orderbook", {"bids": [["1", "-1"]]}), RECV_NS)
    (lost,) = venue.parse(frame("v4_orderbook", {"bids": [["1", "1"]]}), RECV_NS)
    assert isinstance(lost, Gap)


def test_books_flow_from_the_first_whole_one_on() -> None:
    """They have no numbers: the connection's are what proves that none was lost."""
    venue = dydx()
    books = BookSyncs(venue=venue.id, sequencing=venue.sequencing)
    change = frame("v4_orderbook", {"bids": [["1", "1"]]})
    whole = frame("v4_orderbook", {"bids": [], "asks": []}, "subscribed")
    said = [
        books.feed(one for one in venue.parse(raw, RECV_NS) if isinstance(one, Event))
        for raw in (change, whole, change)
    ]
    assert [[type(event) for event in events] for events in said] == [[], [BookSnapshot], [BookDelta]]
    # One that is begun in the middle, from a book that was kept, ends there until a whole one comes.
    later = dydx()
    (lost,) = books.feed(one for one in later.parse(change, RECV_NS) if isinstance(one, Event))
    assert isinstance(lost, Gap)
    assert books.wanting() == ["BTC-USD-PERP"]


def test_each_message_of_a_connection_has_the_next_number() -> None:
    """A number left out is a lost message, of whatever market."""
    venue = dydx()
    assert venue.message_number(b'{"type":"connected","connection_id":"c","message_id":0}') == 0
    assert venue.message_number(frame("v4_orderbook", {})) == 7
    assert venue.message_number(b'{"type":"pong"}') is None
    assert venue.message_number(b"[") is None


def test_a_deleveraging_moves_no_price_and_closes_the_winner() -> None:
    """Its price is that of a bankruptcy, far from the market; the taker is the account that went under."""
    trade, adl = dydx().parse(frame("v4_trades", {"trades": [row("DELEVERAGED", "SELL")]}), RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.print, trade.taker, trade.ts_event_ns) == ("adl", "sell", AT_NS)
    assert isinstance(adl, Adl)
    assert (adl.deleveraged, adl.notional_usd) == ("short", 30_000.0)


def test_a_market_that_is_wound_up_deleverages_nobody() -> None:
    """A delisting closes every position at the oracle's price: it would look like the worst moment of a crash."""
    venue, prints = dydx("XYZ-USD"), []
    for status in ("ACTIVE", "FINAL_SETTLEMENT", "ACTIVE"):
        venue.parse(frame("v4_markets", {"trading": {"XYZ-USD": {"status": status}}}, symbol=None), RECV_NS)
        told = venue.parse(frame("v4_trades", {"trades": [row("DELEVERAGED")]}, symbol="XYZ-USD"), RECV_NS)
        prints.append([event.print if isinstance(event, Trade) else type(event) for event in told])
    assert prints == [["adl", Adl], ["other"], ["adl", Adl]]


def test_one_odd_row_costs_no_other() -> None:
    """One frame tells of all markets, also of those that nobody follows."""
    venue = dydx("BTC-USD", "ETH-USD")
    rows = {"X-USD": {"oraclePrice": "-1"}, "ETH-USD": {"oraclePrice": "x"}, "BTC-USD": {"oraclePrice": "60000"}}
    (told,) = venue.parse(frame("v4_markets", {"trading": rows}, symbol=None), RECV_NS)
    assert isinstance(told, DerivativeState)
    del rows["BTC-USD"]
    with pytest.raises(DecodeError, match="bad_shape"):
        venue.parse(frame("v4_markets", {"trading": rows}, symbol=None), RECV_NS)
    trades = [row("LIMIT", price="0"), row("LIMIT"), row("LIMIT", createdAt="0001-01-01T00:00:00Z")]
    assert len(venue.parse(frame("v4_trades", {"trades": trades}), RECV_NS)) == 1
    listed = {"X-USD": {"status": "ACTIVE", "tickSize": None, "oraclePrice": "-"}, "BTC-USD": {"status": "ACTIVE"}}
    assert len(venue.parse_instruments(json.dumps({"markets": listed}).encode(), RECV_NS)) == 1


def test_a_channel_that_could_not_be_opened_leaves_the_others_alone() -> None:
    """All others, said again, would be errors: of three within a second the venue closes the connection."""
    text = "Internal error, could not fetch data for subscription: v4_orderbook."
    (refused,) = dydx().parse(json.dumps({"type": "error", "message": text}).encode(), RECV_NS)
    assert refused == Refusal(text, "ignore")


def test_open_interest_has_dollars_once_a_price_is_known() -> None:
    """Updates tell the one without the other."""
    venue = dydx()
    alone = frame("v4_markets", {"trading": {"BTC-USD": {"openInterest": "2"}}}, symbol=None)
    (before,) = venue.parse(alone, RECV_NS)
    price = {"BTC-USD": {"oraclePrice": "60000", "effectiveAt": ISO}}
    (state,) = venue.parse(frame("v4_markets", [{"oraclePrices": price}], "channel_batch_data", None), RECV_NS)
    (after,) = venue.parse(alone, RECV_NS)
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index, state.ts_event_ns) == (60_000.0, 60_000.0, AT_NS)
    assert isinstance(before, OpenInterest)
    assert isinstance(after, OpenInterest)
    assert (before.notional_usd, after.notional_usd) == (None, 120_000.0)


def test_a_halt_is_told_when_it_begins_and_when_it_ends() -> None:
    """A market that only takes cancellations has no price."""
    venue, states = dydx(), []
    for status in ("ACTIVE", "PAUSED", "CANCEL_ONLY", "ACTIVE"):
        told = venue.parse(frame("v4_markets", {"trading": {"BTC-USD": {"status": status}}}, symbol=None), RECV_NS)
        states.append([(event.state, event.reason) for event in told if isinstance(event, VenueStatus)])
    assert states == [[], [("halted", "paused")], [], [("up", "active")]]


def test_blocks_are_a_sign_of_life_until_they_are_late() -> None:
    """The socket stays open while the chain stands still or the indexer falls behind."""
    venue, block = dydx(), frame("v4_block_height", {"blockHeight": "1", "time": ISO}, symbol="v4_block_height")
    assert venue.parse(block, RECV_NS) == (Pong(),)
    (late,) = venue.parse(block, AT_NS + 61 * 10**9)
    assert isinstance(late, VenueStatus)
    assert (late.state, late.instrument) == ("halted", "*")
    assert venue.parse(block, AT_NS + 62 * 10**9) == (Pong(),)
    (again,) = venue.parse(block, RECV_NS)
    assert isinstance(again, VenueStatus)
    assert again.state == "up"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (frame("v4_trades", {"trades": [row("LIMIT", "BOTH")]}), "bad_shape"),
        (frame("v4_trades", {"trades": [row("LIMIT", size="-1")]}), "bad_number"),
        (frame("v4_trades", {"trades": [row("LIMIT", createdAt="0001-01-01T00:00:00Z")]}), "bad_time"),
        (frame("v4_trades", {"trades": []}, symbol="ZZZ-USD"), "unknown_symbol"),
        (frame("v4_orderbook", {"bids": 5}), "bad_shape"),
        (b"{", "bad_json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    """The counters by reason are how a change of the wire is noticed."""
    with pytest.raises(DecodeError) as caught:
        dydx().parse(raw, RECV_NS)
    assert caught.value.reason == reason


def test_nothing_is_fetched_beside_the_list_of_markets() -> None:
    """REST reads from a replica that lags."""
    venue = dydx()
    assert not venue.polls([market()])
    for read in (lambda: venue.parse_poll("x", b"{}", 0), lambda: venue.parse_snapshot(b"{}", market(), 0)):
        with pytest.raises(DecodeError):
            read()


def test_recordings_are_recognised_by_their_channels() -> None:
    """Coinbase writes the same symbols."""
    assert Dydx().symbol_of(frame("v4_trades", {})) == "BTC-USD"
    assert Dydx().symbol_of(b'{"type":"match","product_id":"BTC-USD"}') is None
    assert Dydx().symbol_of(b"[]") is None
