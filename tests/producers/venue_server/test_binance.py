"""Binance's side of the conversation: routes, acks that prove nothing, whose frame is whose."""

from __future__ import annotations

import orjson
import pytest

from producers.venue_server.binance import MAX_STREAMS, Binance, Spot, Usdm
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, ViolationError

USDM = Usdm()
SPOT = Spot()
QUIET = Faults()
LIQUIDATION = b'{"e":"forceOrder","E":1,"o":{"s":"BTCUSDT","S":"SELL"}}'


def listening(venue: Binance, path: str, streams: str = "") -> Listener:
    """A connection on a path that exists."""
    listener = venue.listener(path, streams)
    assert listener is not None
    return listener


def subscribe(*names: str) -> str:
    """A subscription request."""
    return orjson.dumps({"method": "SUBSCRIBE", "params": names, "id": 7}).decode()


@pytest.mark.parametrize(
    ("path", "delivered"),
    [
        ("public/stream", {"btcusdt@depth", "btcusdt@trade"}),
        ("market/stream", {"btcusdt@forceOrder", "btcusdt@markPrice", "!forceOrder@arr", "!contractInfo@"}),
        ("stream", {"btcusdt@depth", "btcusdt@trade"}),
    ],
)
def test_usdm_acknowledges_every_stream_and_delivers_those_of_the_route(path: str, delivered: set[str]) -> None:
    """The trap of 2026: a liquidation stream on the wrong URL looks subscribed and never speaks."""
    listener = listening(USDM, path)
    names = ["btcusdt@depth@100ms", "btcusdt@trade", "btcusdt@forceOrder", "btcusdt@markPrice@1s"]
    names += ["!forceOrder@arr", "!contractInfo"]
    assert USDM.hear(listener, subscribe(*names), QUIET) == [b'{"result":null,"id":7}']
    assert set(listener.topics) == delivered
    assert list(listener.names) == names


@pytest.mark.parametrize(("venue", "path"), [(SPOT, "public/stream"), (USDM, "other"), (USDM, "public"), (SPOT, "")])
def test_paths_that_the_venue_does_not_have_are_refused(venue: Binance, path: str) -> None:
    """A client with a wrong base URL should see it fail, as it would live."""
    assert venue.listener(path, "") is None


def test_streams_may_be_named_in_the_url() -> None:
    """Both ways of the documentation."""
    assert set(listening(SPOT, "ws/btcusdt@trade/btcusdt@depth").topics) == {"btcusdt@trade", "btcusdt@depth"}
    combined = listening(SPOT, "stream", "btcusdt@trade/ethusdt@trade")
    assert set(combined.topics) == {"btcusdt@trade", "ethusdt@trade"}
    assert combined.combined


def test_names_that_do_not_exist_are_acknowledged_and_silent() -> None:
    """Upper case and the numbered default speed are accepted and never deliver."""
    listener = listening(USDM, "public/stream")
    assert USDM.hear(listener, subscribe("BTCUSDT@depth", "btcusdt@depth@250ms"), QUIET) == [b'{"result":null,"id":7}']
    assert USDM.topics(b'{"stream":"btcusdt@depth@0ms","data":{}}')[0] not in listener.topics


@pytest.mark.parametrize(
    ("raw", "topics"),
    [
        (b'{"stream":"btcusdt@depth@0ms","data":{}}', {"btcusdt@depth"}),
        (b'{"stream":"btcusdt@depth20@100ms","data":{}}', {"btcusdt@depth20"}),
        (b'{"stream":"btcusdt@bookTicker","data":{}}', {"btcusdt@bookTicker", "!bookTicker@"}),
        (b'{"stream":"!forceOrder@arr","data":' + LIQUIDATION + b"}", {"btcusdt@forceOrder", "!forceOrder@arr"}),
        (b'{"stream":"!markPrice@arr@1s","data":[{}]}', {"!markPrice@arr"}),
        (LIQUIDATION, {"btcusdt@forceOrder", "!forceOrder@arr"}),
        (b'{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"2"}', {"btcusdt@bookTicker", "!bookTicker@"}),
        (b'{"e":"depthUpdate","s":"BTCUSDT"}', {"btcusdt@depth"}),
        (b'{"stream":"!contractInfo","data":{"e":"contractInfo","s":"BTCUSDT","cs":"TRADING"}}', {"!contractInfo@"}),
        (b'{"e":"contractInfo","s":"BTCUSDT","cs":"TRADING"}', {"!contractInfo@"}),
        (b'{"result":null,"id":1}', set()),
        (b"junk", set()),
        (b'{"stream":"!forceOrder@arr","da', {"!forceOrder@arr"}),
    ],
)
def test_frames_belong_to_every_subscription_that_could_have_brought_them(raw: bytes, topics: set[str]) -> None:
    """A recording of one stream serves clients of every speed of it, and of the all-market stream."""
    assert set(USDM.topics(raw)) == topics


def test_the_envelope_is_cut_off_or_put_on_where_recording_and_connection_differ() -> None:
    """Raw and combined connections get what the venue would send them."""
    bare = b'{"e":"trade","s":"BTCUSDT"}'
    enveloped = b'{"stream":"btcusdt@trade","data":' + bare + b"}"
    combined = listening(USDM, "public/stream", "btcusdt@trade")
    raw = listening(USDM, "public/ws/btcusdt@trade")
    topics = USDM.topics(bare)
    assert USDM.payload(enveloped, topics, combined) is enveloped
    assert USDM.payload(bare, topics, raw) is bare
    assert USDM.payload(enveloped, topics, raw) == bare
    assert USDM.payload(bare, topics, combined) == enveloped


@pytest.mark.parametrize(
    ("said", "code"),
    [("nonsense", 3), ("[]", 2), ('{"method":"DANCE","id":1}', 2), ('{"method":"SUBSCRIBE","params":"x"}', 2)],
)
def test_wrong_requests_are_answered_in_the_venues_own_shape(said: str, code: int) -> None:
    """Futures wrap their errors, spot does not; a client must read both."""
    (futures,) = USDM.hear(listening(USDM, "public/ws"), said, QUIET)
    (spot,) = SPOT.hear(listening(SPOT, "ws"), said, QUIET)
    assert orjson.loads(futures)["error"]["code"] == code
    assert orjson.loads(spot)["code"] == code


def test_subscriptions_can_be_listed_left_and_rewrapped() -> None:
    """The rest of the control protocol."""
    listener = listening(SPOT, "ws")
    SPOT.hear(listener, subscribe("btcusdt@trade", "btcusdt@depth"), QUIET)
    SPOT.hear(listener, '{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":2}', QUIET)
    assert SPOT.hear(listener, '{"method":"LIST_SUBSCRIPTIONS","id":3}', QUIET) == [
        b'{"result":["btcusdt@depth"],"id":3}'
    ]
    SPOT.hear(listener, '{"method":"SET_PROPERTY","params":["combined",true],"id":4}', QUIET)
    assert listener.combined
    assert set(listener.topics) == {"btcusdt@depth"}


def test_one_stream_too_many_loses_the_connection() -> None:
    """The venue closes with all streams lost; a client has to count."""
    names = [f"coin{number}usdt@trade" for number in range(MAX_STREAMS + 1)]
    with pytest.raises(ViolationError, match="Too many subscriptions") as raised:
        USDM.hear(listening(USDM, "public/stream"), subscribe(*names), QUIET)
    assert orjson.loads(raised.value.answer)["error"]["code"] == 4


def test_acks_can_be_withheld_and_streams_rejected() -> None:
    """Faults that a session must survive."""
    listener = listening(USDM, "public/stream")
    assert USDM.hear(listener, subscribe("btcusdt@trade"), Faults(acks=False)) == []
    assert "btcusdt@trade" in listener.topics
    (refused,) = USDM.hear(listener, subscribe("x@trade"), Faults(rejected=frozenset({"x@trade"})))
    assert orjson.loads(refused)["error"]["code"] == 2
