"""What Bybit's two venues share: books that chain, books of several depths, answers, and the API that is dead."""

from __future__ import annotations

import json

import pytest

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal, Venue
from producers.venues.bybit import Bybit
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot

T_MS = 1_760_130_964_831
RECV_NS = (T_MS + 1000) * 1_000_000


def ready() -> Bybit:
    """A venue that knows one market."""
    one = Bybit()
    instrument = one.infer_instrument("BTCUSDT", 0)
    assert instrument is not None
    one.register([instrument])
    return one


def book(kind: str, number: int, *, depth: int = 1000, at_ms: int = T_MS) -> bytes:
    """A frame of the book."""
    data = {"s": "BTCUSDT", "b": [["60000", "1"]], "a": [["60001", "2"]], "u": number, "seq": number * 7}
    topic = f"orderbook.{depth}.BTCUSDT"
    return json.dumps({"topic": topic, "type": kind, "ts": at_ms + 2, "data": data, "cts": at_ms}).encode()


def kinds(frames: list[bytes]) -> list[str]:
    """What comes out of the book's chain."""
    one, syncs = ready(), BookSyncs(venue="bybit", sequencing=Bybit.sequencing)
    out = [
        found
        for frame in frames
        for found in syncs.feed([event for event in one.parse(frame, RECV_NS) if isinstance(event, Event)])
    ]
    assert all(isinstance(event, Gap | BookDelta | BookSnapshot) for event in out)
    return [type(event).__name__ for event in out]


def test_a_lost_change_is_one_gap_and_a_new_book_mends_it() -> None:
    """Ids count one by one for each topic; `seq` jumps, and is not to be believed."""
    frames = [book("snapshot", 5), book("delta", 6), book("delta", 8), book("delta", 9), book("snapshot", 12)]
    assert kinds(frames) == ["BookSnapshot", "BookDelta", "Gap", "BookSnapshot"]


def test_a_restart_of_the_service_is_a_whole_book() -> None:
    """Its id is 1, far below the last one, and no gap."""
    frames = [book("snapshot", 900), book("delta", 901), book("delta", 1, at_ms=T_MS + 5), book("delta", 2)]
    assert kinds(frames) == ["BookSnapshot", "BookDelta", "BookSnapshot", "BookDelta"]


def test_of_several_depths_only_the_deepest_counts() -> None:
    """Each has its own ids: mixed, a recording of two would be one gap after the other."""
    frames = [book("snapshot", 5, depth=1), book("snapshot", 50, depth=200), book("snapshot", 6, depth=1)]
    assert kinds([*frames, book("delta", 51, depth=200)]) == ["BookSnapshot", "BookSnapshot", "BookDelta"]


@pytest.mark.parametrize("topic", ["orderbook.rpi.BTCUSDT", "orderbook.full.BTCUSDT", "orderbook.BTCUSDT"])
def test_books_of_another_kind_are_not_read(topic: str) -> None:
    """Their levels have another shape, or their ids another meaning."""
    frame = book("delta", 7).replace(b"orderbook.1000.BTCUSDT", topic.encode())
    assert list(ready().parse(frame, RECV_NS)) == []


def test_a_book_of_no_known_type_is_refused() -> None:
    """Changes taken for a whole book would empty it."""
    with pytest.raises(DecodeError) as refused:
        ready().parse(book("other", 7), RECV_NS)
    assert refused.value.reason == "bad_shape"


def test_the_rest_book_is_read() -> None:
    """Recordings may hold one."""
    one = ready()
    instrument = one.infer_instrument("BTCUSDT", 0)
    assert instrument is not None
    result = {"s": "BTCUSDT", "b": [["1", "2"]], "a": [], "ts": T_MS, "u": 9, "seq": 3}
    found = one.parse_snapshot(json.dumps({"retCode": 0, "result": result}).encode(), instrument, RECV_NS)
    assert (found.last_id, found.ts_event_ns, found.keeps_far_levels) == (9, T_MS * 1_000_000, False)
    with pytest.raises(DecodeError):
        one.parse_snapshot(b'{"retCode":10001,"result":{}}', instrument, RECV_NS)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"success":true,"ret_msg":"pong","conn_id":"4","req_id":"","op":"ping"}', [Pong()]),
        (b'{"args":["1672916271846"],"op":"pong"}', [Pong()]),
        (b'{"success":true,"ret_msg":"","conn_id":"3","req_id":"test","op":"subscribe"}', [Ack()]),
        (b'{"success":false,"ret_msg":"error:handler not found,topic:x","op":"subscribe"}',
         [Refusal("error:handler not found,topic:x", "ignore")]),
        (b'{"success":false,"op":"subscribe"}', [Refusal("refused without a word", "ignore")]),
        (b"{}", []),
        (b'{"topic":"kline.5.BTCUSDT","data":[]}', []),
    ],
)  # fmt: skip
def test_answers_are_told_apart(raw: bytes, said: list[object]) -> None:
    """A refused topic must not take the connection of eighty markets with it."""
    assert list(ready().parse(raw, RECV_NS)) == said


@pytest.mark.parametrize(
    "raw",
    [
        b'{"topic":"trade.BTCUSD","data":[{"trade_time_ms":1616304710061,"trade_id":"f6198d62"}]}',
        b'{"topic":"orderBookL2_25.BTCUSD","type":"snapshot","data":[]}',
        b'{"topic":"liquidation.BTCUSD","data":{"symbol":"BTCUSD","side":"Sell","price":"1","qty":"2","time":3}}',
        b'{"success":true,"ret_msg":"","request":{"op":"subscribe","args":["trade.EOSUSD"]}}',
        b'{"ret_code":0,"ret_msg":"OK","result":[]}',
    ],
)
def test_the_api_before_v5_is_refused_by_name(raw: bytes) -> None:
    """Whoever feeds an old recording is told why nothing comes of it."""
    with pytest.raises(DecodeError) as refused:
        ready().parse(raw, RECV_NS)
    assert refused.value.reason == "dead_protocol"


def test_an_old_market_list_is_refused_by_name() -> None:
    """Its shape alone would only say that it is broken."""
    with pytest.raises(DecodeError) as refused:
        ready().parse_instruments(b'{"ret_code":0,"result":[{"name":"BTCUSD"}]}', 0)
    assert refused.value.reason == "dead_protocol"


def test_nothing_is_polled_and_nothing_counted() -> None:
    """The sockets tell all, and no message has a number."""
    venue: Venue = ready()
    assert venue.polls([]) == []
    assert venue.message_number(b"{}") is None
    with pytest.raises(DecodeError):
        venue.parse_poll("x", b"{}", 0)


def test_an_error_in_the_place_of_a_list_is_no_empty_venue() -> None:
    """A rate limit, answered with an empty list, would look like a venue without markets."""
    with pytest.raises(DecodeError, match="10006"):
        ready().parse_instruments(b'{"retCode":10006,"retMsg":"Too many visits!","result":{"list":[]}}', 0)
    with pytest.raises(DecodeError):
        ready().parse_instruments(b'{"retCode":0,"result":{"list":[{"symbol":5}]}}', 0)
    assert ready().parse_instruments(b'{"retCode":0,"result":{"list":[]}}', 0) == []
