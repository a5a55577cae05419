"""Lighter: what opens a subscription, what closes a position, and how many messages 500 markets need."""

from __future__ import annotations

import json
from typing import Any

import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal, Reply
from producers.venues.lighter import Lighter
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from schemas.market import Adl, BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade

AT_MS = 1_790_000_000_000
RECV_NS = AT_MS * 10**6 + 50_000_000


@pytest.fixture
def venue() -> Lighter:
    """A venue that knows two perpetuals and a spot pair."""
    made = Lighter()
    made.register([market(made, symbol) for symbol in ("ETH:0", "BTC:1", "ETH/USDC:2048")])
    return made


def market(venue: Lighter, symbol: str) -> Instrument:
    """A market by its symbol."""
    found = venue.infer_instrument(symbol, RECV_NS)
    assert found is not None
    return found


def row(number: int, kind: str = "trade", **fields: object) -> dict[str, Any]:
    """A fill of half a coin in which the taker sold."""
    shown = {"trade_id": number, "type": kind, "size": "0.5", "price": "2000.0", "is_maker_ask": False}
    return {**shown, "timestamp": AT_MS, "transaction_time": AT_MS * 1000, **fields}


def trades(*rows: dict[str, Any], kind: str = "update", forced: bool = False) -> bytes:
    """A frame of fills of ETH."""
    lists = {"trades": [] if forced else rows, "liquidation_trades": rows if forced else []}
    return json.dumps({"type": f"{kind}/trade", "channel": "trade:0", "nonce": 1, **lists}).encode()


def book(kind: str, begin: int, nonce: int, **fields: object) -> bytes:
    """A frame of ETH's book."""
    levels = {"bids": [{"price": "1999.9", "size": "3.0"}], "asks": []}
    shown = {"nonce": nonce, "begin_nonce": begin, "last_updated_at": AT_MS * 1000, **levels, **fields}
    return json.dumps(
        {"type": f"{kind}/order_book", "channel": "order_book:0", "order_book": shown, "timestamp": AT_MS}
    ).encode()


def test_books_chain_by_their_nonces(venue: Lighter) -> None:
    """A lost frame must show as a hole between one frame's nonce and the next one's begin."""
    frames = (book("subscribed", 0, 9000), book("update", 9000, 9022), book("update", 9022, 9040))
    whole, first, second = (venue.parse(frame, RECV_NS)[0] for frame in frames)
    assert isinstance(whole, BookSnapshot)
    assert isinstance(first, BookDelta)
    assert isinstance(second, BookDelta)
    assert (whole.last_id, first.prev_id, first.last_id, second.prev_id) == (9000, 9000, 9022, 9022)


def test_a_whole_book_holds_now_however_long_ago_it_changed(venue: Lighter) -> None:
    """A quiet market's book of three minutes ago would arrive as three minutes late."""
    (whole,) = venue.parse(book("subscribed", 0, 1, last_updated_at=(AT_MS - 180_000) * 1000), RECV_NS)
    (delta,) = venue.parse(book("update", 1, 2, last_updated_at=(AT_MS - 10) * 1000 + 7), RECV_NS)
    assert isinstance(whole, BookSnapshot)
    assert whole.ts_event_ns == AT_MS * 10**6
    assert isinstance(delta, BookDelta)
    assert delta.ts_event_ns == (AT_MS - 10) * 10**6 + 7000


def test_fills_that_answer_a_subscription_are_history(venue: Lighter) -> None:
    """Old liquidations after every reconnect would look like a new wave."""
    history = trades(row(1, "liquidation"), kind="subscribed", forced=True)
    assert list(venue.parse(history, RECV_NS)) == [Ack()]


def test_the_taker_of_a_liquidation_was_liquidated(venue: Lighter) -> None:
    """Sides, with and without the position's size, which the venue leaves out when it is zero."""
    rows = (
        row(1, "liquidation", taker_position_size_before="0.5"),
        row(2, "liquidation", taker_position_size_before="-0.5", is_maker_ask=True),
        row(3, "liquidation"),
        row(4, "liquidation", is_maker_ask=True),
    )
    told = venue.parse(trades(*rows, forced=True), RECV_NS)
    assert [type(event) for event in told] == [Trade, Liquidation] * 4
    assert [one.liquidated for one in told if isinstance(one, Liquidation)] == ["long", "short", "long", "short"]
    assert all(one.print == "market" for one in told if isinstance(one, Trade))


def test_a_deleveraging_never_moves_a_price(venue: Lighter) -> None:
    """It happens off the book, at the price at which somebody was bankrupt; the counterparty was in profit."""
    rows = (row(1, "deleverage", maker_position_size_before="-2"), row(2, "deleverage", is_maker_ask=True))
    told = venue.parse(trades(*rows, forced=True), RECV_NS)
    assert [one.print for one in told if isinstance(one, Trade)] == ["adl", "adl"]
    assert [one.deleveraged for one in told if isinstance(one, Adl)] == ["short", "long"]
    (settled,) = venue.parse(trades(row(3, "market-settlement")), RECV_NS)
    assert isinstance(settled, Trade)
    assert settled.print == "other"


def test_fills_come_in_the_order_of_their_ids(venue: Lighter) -> None:
    """The venue lists trades and liquidations apart, and promises no order."""
    frame = json.loads(trades(row(3), row(1)))
    frame["liquidation_trades"] = [row(2, "liquidation")]
    told = venue.parse(json.dumps(frame).encode(), RECV_NS)
    assert [one.trade_id for one in told if isinstance(one, Trade)] == ["1", "2", "3"]


def test_a_fill_in_both_lists_is_one_fill(venue: Lighter) -> None:
    """Which of the two lists a liquidation stands in, and whether in one alone, is not documented."""
    frame = json.loads(trades(row(7), row(8)))
    frame["liquidation_trades"] = [row(8, "liquidation")]
    told = venue.parse(json.dumps(frame).encode(), RECV_NS)
    assert [type(event) for event in told] == [Trade, Trade, Liquidation]
    # Nor whether a second frame may have it, or tell only there that it was forced.
    told = venue.parse(trades(row(7, "liquidation"), row(8, "liquidation"), forced=True), RECV_NS)
    assert [(type(event), event.liquidation_id) for event in told if isinstance(event, Liquidation)] == [
        (Liquidation, "7")
    ]
    assert len(told) == 1


def test_one_odd_row_costs_no_other(venue: Lighter) -> None:
    """One frame tells of all markets, also of those that nobody follows, and one list names them all."""
    good = {"market_id": 0, "mark_price": "2000", "index_price": "2000", "open_interest": None}
    odd = {"market_id": 1, "mark_price": "-1"}
    frame = {"type": "update/market_stats", "channel": "market_stats:all", "timestamp": AT_MS}
    rows: dict[str, Any] = {"0": good, "1": odd, "99": {"market_id": 99, "mark_price": {}}}
    (told,) = venue.parse(json.dumps({**frame, "market_stats": rows}).encode(), RECV_NS)
    assert isinstance(told, DerivativeState)
    with pytest.raises(DecodeError, match="bad_"):
        venue.parse(json.dumps({**frame, "market_stats": {"1": odd}}).encode(), RECV_NS)
    assert not venue.parse(json.dumps({**frame, "market_stats": {"99": {}}}).encode(), RECV_NS)
    fills = [row(1, price="0"), row(2), row(3, transaction_time=1)]
    assert [one.trade_id for one in venue.parse(trades(*fills), RECV_NS) if isinstance(one, Trade)] == ["2"]
    listed = [{"symbol": "X", "market_id": 1, "supported_price_decimals": -1}, {"symbol": "ETH", "market_id": 0}]
    (found,) = venue.parse_instruments(json.dumps({"order_book_details": listed}).encode(), RECV_NS)
    assert found.symbol == "ETH:0"


def test_the_list_tells_spot_from_perpetual_where_the_name_does_not(venue: Lighter) -> None:
    """A spot pair that is named by its coin alone would be a perpetual contract, with liquidations to be waited for."""
    perps = [{"symbol": "EUR/USD", "market_id": 7}, {"symbol": "LIT", "market_id": 2049, "market_type": "spot"}]
    spots = [{"symbol": "LINK", "market_id": 2050}, {"symbol": "USDC", "market_id": 2048}]
    body = json.dumps({"order_book_details": perps, "spot_order_book_details": spots}).encode()
    found = [(one.instrument, one.contract) for one in venue.parse_instruments(body, RECV_NS)]
    # A coin against itself is no market.
    assert found == [("EUR-USD-PERP", "linear"), ("LIT-USDC-SPOT", "spot"), ("LINK-USDC-SPOT", "spot")]


def test_open_interest_in_dollars_becomes_base_coin(venue: Lighter) -> None:
    """Funding comes in percent: 0.0012 is twelve millionths."""
    stats = {"market_id": 0, "mark_price": "2000", "open_interest": "90000000", "current_funding_rate": "-0.0012"}
    frame = {"type": "update/market_stats", "channel": "market_stats:0", "market_stats": stats, "timestamp": AT_MS}
    state, interest = venue.parse(json.dumps(frame).encode(), RECV_NS)
    assert isinstance(state, DerivativeState)
    assert state.funding_rate == pytest.approx(-0.000012)
    assert state.next_funding_ns == -(-AT_MS // 3_600_000) * 3_600_000 * 10**6
    assert isinstance(interest, OpenInterest)
    assert (interest.open_interest, interest.notional_usd) == (45_000.0, 90_000_000.0)


def test_only_all_market_frames_may_hold_unknown_markets(venue: Lighter) -> None:
    """A market that was asked for alone and is unknown is a mistake to be counted."""
    stats = {"market_id": 7, "mark_price": "1"}
    of_all = {"type": "update/market_stats", "channel": "market_stats:all", "market_stats": {"7": stats}}
    of_one = {"type": "update/market_stats", "channel": "market_stats:7", "market_stats": stats}
    assert list(venue.parse(json.dumps({**of_all, "timestamp": AT_MS}).encode(), RECV_NS)) == []
    for frame in ({**of_one, "timestamp": AT_MS}, {"type": "update/trade", "channel": "trade:7"}):
        with pytest.raises(DecodeError, match="unknown_symbol"):
            venue.parse(json.dumps(frame).encode(), RECV_NS)


def test_times_in_the_wrong_unit_are_refused(venue: Lighter) -> None:
    """Seconds in place of microseconds would put a fill into 1970."""
    with pytest.raises(DecodeError, match="bad_time"):
        venue.parse(trades(row(1, transaction_time=AT_MS // 1000)), RECV_NS)


def test_a_halted_market_is_told_once_and_so_is_its_return(venue: Lighter) -> None:
    """A market that stands still is not calm; the poll repeats itself every minute."""

    def told(*statuses: str) -> list[tuple[str, str]]:
        rows = [{"symbol": "ETH", "market_id": n, "status": status} for n, status in enumerate(statuses)]
        answer = venue.parse_poll("status", json.dumps({"order_book_details": rows}).encode(), RECV_NS)
        return [(one.instrument, one.state) for one in answer if isinstance(one, VenueStatus)]

    assert told("active", "active", "inactive") == []
    assert told("inactive", "active") == [("ETH-USDC-PERP", "halted")]
    assert told("inactive", "active") == []
    assert told("active", "active") == [("ETH-USDC-PERP", "up")]


def test_markets_are_named_by_what_they_trade_and_their_number(venue: Lighter) -> None:
    """The same coin is a perpetual and a spot pair, and frames tell the number alone."""
    rows = [{"symbol": "ETH", "market_id": 0, "supported_price_decimals": 2}, {"symbol": "OLD", "market_id": 5}]
    rows[1]["status"] = "inactive"
    spot = [{"symbol": "ETH/USDC", "market_id": 2048, "supported_price_decimals": 4}]
    body = json.dumps({"order_book_details": rows, "spot_order_book_details": spot}).encode()
    perp, pair = venue.parse_instruments(body, RECV_NS)
    assert (perp.symbol, perp.instrument, perp.tick_size) == ("ETH:0", "ETH-USDC-PERP", 0.01)
    assert (pair.symbol, pair.instrument, pair.tick_size) == ("ETH/USDC:2048", "ETH-USDC-SPOT", 0.0001)
    assert [venue.infer_instrument(name, RECV_NS) for name in ("0", "ETH", ":1", "ETH/:1", "ETH:x")] == [None] * 5


def test_five_hundred_markets_keep_within_the_limits(venue: Lighter) -> None:
    """A 501st subscription is refused, and a market's book and trades stay together."""
    many = [market(venue, f"C{number}:{number}") for number in range(500)]
    sockets = venue.sockets(many)
    assert len(sockets) == 3
    assert max(len(socket.subscribe) for socket in sockets) <= 500
    channels = [[json.loads(text)["channel"] for text in socket.subscribe] for socket in sockets]
    assert sorted(one for some in channels for one in some if one.startswith("trade/")) == sorted(
        f"trade/{number}" for number in range(500)
    )
    for some in channels:
        assert {one[6:] for one in some if one.startswith("trade/")} == {
            one[11:] for one in some if one.startswith("order_book/")
        }
    assert sum("market_stats/all" in some for some in channels) == 1
    # The marks are on the first one alone: a lost one's liquidations would be missing unnoticed.
    assert {socket.liquidations for socket in sockets} == {"trades"}
    # Of an address, all sockets together: 200 a minute.
    assert venue.limits.messages_shared
    assert venue.limits.messages_per_s * 60 <= 200
    assert venue.sockets([]) == []
    assert venue.polls([]) == []


def test_a_book_is_asked_for_by_ending_its_subscription_first(venue: Lighter) -> None:
    """A second subscription alone is answered with an error and no book."""
    frames = venue.book_request(market(venue, "ETH:0")).frames
    assert [json.loads(text) for text in frames] == [
        {"type": "unsubscribe", "channel": "order_book/0"},
        {"type": "subscribe", "channel": "order_book/0"},
    ]
    with pytest.raises(DecodeError):
        venue.parse_snapshot(b"{}", market(venue, "ETH:0"), RECV_NS)


def test_signs_of_life_are_answered(venue: Lighter) -> None:
    """A client that does not answer the venue's ping is cut."""
    assert list(venue.parse(b'{"type":"ping"}', RECV_NS)) == [Reply('{"type":"pong"}')]
    assert list(venue.parse(b'{"type":"pong"}', RECV_NS)) == [Pong()]


def test_what_is_subscribed_already_is_no_error(venue: Lighter) -> None:
    """When all is said again, every market but one would count as refused, and the socket as half broken."""
    again = b'{"error":{"code":30003,"message":"Already Subscribed to : trade:0"}}'
    assert list(venue.parse(again, RECV_NS)) == [Ack()]


@pytest.mark.parametrize(("code", "action"), [(30005, "ignore"), (30009, "resubscribe")])
def test_errors_of_one_market_do_not_stop_the_others(venue: Lighter, code: int, action: str) -> None:
    """Only what was said too fast is said again."""
    (refusal,) = venue.parse(json.dumps({"error": {"code": code, "message": "no"}}).encode(), RECV_NS)
    assert isinstance(refusal, Refusal)
    assert (refusal.action, refusal.reason) == (action, f"{code} no")


@pytest.mark.parametrize(
    ("frame", "symbol"),
    [
        (trades(row(1)), "ETH:0"),
        (book("update", 1, 2), "ETH:0"),
        (b'{"type":"update/trade","channel":"trade:77"}', "77"),
        (b'{"type":"update/market_stats","channel":"market_stats:all"}', None),
        (b'{"type":"update/height","channel":"height"}', None),
        (b'{"channel":"trades","data":[{"coin":"BTC"}]}', None),
        (b'{"type":"v4_trades","channel":"v4_trades:0"}', None),
        (b"junk", None),
    ],
)
def test_own_frames_are_recognised(venue: Lighter, frame: bytes, symbol: str | None) -> None:
    """Recordings are told apart by their frames."""
    assert venue.symbol_of(frame) == symbol
