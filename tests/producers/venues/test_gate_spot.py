import json

import pytest

from producers.errors import DecodeError
from producers.venues.gate_spot import GateSpot
from schemas.market import BookSnapshot, Trade

RECV_NS = 1_789_456_335_000_000_000
T_MS = 1_789_456_334_981
PAIRS = [
    {"id": "USDE_USDT", "base": "USDE", "quote": "USDT", "precision": 4, "trade_status": "tradable"},
    {"id": "OLD_USDT", "base": "OLD", "quote": "USDT", "precision": 4, "trade_status": "untradable"},
    {"id": "END_USDT", "base": "END", "quote": "USDT", "precision": 4, "trade_status": "sellable"},
]  # fmt: skip


def ready() -> GateSpot:
    """The venue with its market list."""
    venue = GateSpot()
    venue.register(venue.parse_instruments(json.dumps(PAIRS).encode(), RECV_NS))
    return venue


def test_pairs_that_can_be_bought_and_sold_are_markets() -> None:
    """Collateral and reference coins are instruments like others."""
    (market,) = GateSpot().parse_instruments(json.dumps(PAIRS).encode(), RECV_NS)
    assert (market.instrument, market.contract_value, market.tick_size) == ("USDE-USDT-SPOT", 1.0, 0.0001)
    assert GateSpot().infer_instrument("USDE_USDT", RECV_NS) is not None
    assert GateSpot().infer_instrument("USDE-USDT", RECV_NS) is None
    for body in (b"{}", b"", b'[{"id":5}]'):
        with pytest.raises(DecodeError):
            GateSpot().parse_instruments(body, RECV_NS)


def test_a_trade_has_its_side_and_an_id_that_counts_nothing() -> None:
    """Ids run over all markets: a hole between two of one market is no fill that was left out."""
    result = {
        "id": 816995772, "create_time": 1789456334, "create_time_ms": "1789456334981.2642", "side": "sell",
        "currency_pair": "USDE_USDT", "amount": "0.2010000000", "price": "0.9990000000",
    }  # fmt: skip
    frame = json.dumps({"channel": "spot.trades", "event": "update", "result": result}).encode()
    (event,) = ready().parse(frame, RECV_NS)
    assert isinstance(event, Trade)
    assert (event.price, event.qty, event.taker, event.trade_id) == (0.999, 0.201, "sell", "816995772")
    assert event.ts_event_ns == T_MS * 10**6


def test_whole_books_of_the_socket_and_of_rest_are_told_apart() -> None:
    """The one is all that there is, the other leaves what lies beyond it."""
    venue = ready()
    market = venue.infer_instrument("USDE_USDT", RECV_NS)
    assert market is not None
    result = {"t": T_MS, "lastUpdateId": 8, "s": "USDE_USDT", "bids": [["0.99", "5"]], "asks": []}
    frame = json.dumps({"channel": "spot.order_book", "event": "update", "result": result}).encode()
    (top,) = venue.parse(frame, RECV_NS)
    assert isinstance(top, BookSnapshot)
    assert (top.last_id, top.keeps_far_levels, bytes(top.bids)) == (8, False, b'[["0.99", "5"]]')
    body = json.dumps({"id": 7, "current": T_MS, "asks": [["1.01", "2"]], "bids": []}).encode()
    book = venue.parse_snapshot(body, market, RECV_NS)
    assert (book.last_id, book.keeps_far_levels, book.ts_event_ns) == (7, True, T_MS * 10**6)
    assert venue.parse_snapshot(b'{"id":7,"asks":[],"bids":[]}', market, RECV_NS).ts_event_ns == RECV_NS
    with pytest.raises(DecodeError):
        venue.parse_snapshot(b'{"id":7,"asks":[]}', market, RECV_NS)


def test_nothing_is_asked_for_again_and_again() -> None:
    """The socket tells all that spot has."""
    venue = ready()
    market = venue.infer_instrument("USDE_USDT", RECV_NS)
    assert market is not None
    assert venue.polls([market]) == []
    assert venue.parse_poll("anything", b"", RECV_NS) == ()
    assert [socket.path for socket in venue.sockets([market])] == ["/ws/v4/"]


def test_one_strange_pair_does_not_hide_the_others() -> None:
    """A pair without a precision would keep every other away."""
    for strange in ({"precision": None}, {"base": None}, {"trade_status": 5}):
        rows = [{**PAIRS[0], "id": "X_USDT", **strange}, PAIRS[0]]
        assert [one.symbol for one in GateSpot().parse_instruments(json.dumps(rows).encode(), RECV_NS)] == ["USDE_USDT"]
        with pytest.raises(DecodeError):
            GateSpot().parse_instruments(json.dumps(rows[:1]).encode(), RECV_NS)
