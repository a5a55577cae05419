"""Hyperliquid's side of the conversation."""

from __future__ import annotations

import orjson
import pytest

from producers.venue_server.faults import Faults
from producers.venue_server.hyperliquid import MAX_USERS, Hyperliquid
from producers.venue_server.listener import Listener
from producers.venue_server.timeline import seen_markets

VENUE = Hyperliquid()
QUIET = Faults()
TRADES = {"type": "trades", "coin": "BTC"}


def say(listener: Listener, method: str, subscription: object, faults: Faults = QUIET) -> dict[str, object]:
    """Say one thing and hear the one answer."""
    request = orjson.dumps({"method": method, "subscription": subscription}).decode()
    (answer,) = VENUE.hear(listener, request, faults)
    decoded: dict[str, object] = orjson.loads(answer)
    return decoded


def listening() -> Listener:
    """A fresh connection."""
    listener = VENUE.listener("ws", "")
    assert listener is not None
    return listener


def test_a_subscription_is_echoed_once_and_refused_the_second_time() -> None:
    """The client matches acks by type and coin, and must not subscribe twice."""
    listener = listening()
    ack = say(listener, "subscribe", TRADES)
    assert ack == {"channel": "subscriptionResponse", "data": {"method": "subscribe", "subscription": TRADES}}
    assert say(listener, "subscribe", TRADES)["channel"] == "error"
    assert say(listener, "unsubscribe", TRADES)["channel"] == "subscriptionResponse"
    assert listener.topics == {}
    assert str(say(listener, "unsubscribe", TRADES)["data"]).startswith("Already unsubscribed")


def test_ping_is_answered_with_pong() -> None:
    """The heartbeat that keeps a quiet connection alive."""
    assert VENUE.hear(listening(), '{"method":"ping"}', QUIET) == [b'{"channel":"pong"}']


@pytest.mark.parametrize("said", ["junk", "[1]", '{"method":"subscribe"}'])
def test_what_is_no_request_is_an_error_frame(said: str) -> None:
    """A client sees its own mistake."""
    (answer,) = VENUE.hear(listening(), said, QUIET)
    assert orjson.loads(answer)["channel"] == "error"


def test_unknown_and_rejected_subscriptions_are_errors() -> None:
    """The texts of the venue, by which a client decides what to do."""
    unknown = say(listening(), "subscribe", {"type": "weather", "coin": "BTC"})
    assert str(unknown["data"]).startswith("Invalid subscription")
    rejected = say(listening(), "subscribe", TRADES, Faults(rejected=frozenset({"trades:BTC"})))
    assert str(rejected["data"]).startswith("Invalid subscription")
    assert (
        VENUE.hear(
            listening(), orjson.dumps({"method": "subscribe", "subscription": TRADES}).decode(), Faults(acks=False)
        )
        == []
    )


def test_an_eleventh_user_is_refused() -> None:
    """Ten addresses for one IP."""
    listener = listening()
    answers = [say(listener, "subscribe", {"type": "userFills", "user": f"0x{n}"}) for n in range(MAX_USERS + 1)]
    assert [answer["channel"] for answer in answers].count("subscriptionResponse") == MAX_USERS
    assert answers[-1]["data"] == "Cannot track more than 10 total users."


@pytest.mark.parametrize(
    ("raw", "topic"),
    [
        (b'{"channel":"trades","data":[{"coin":"BTC","px":"1"}]}', "trades:BTC"),
        (b'{"channel":"l2Book","data":{"coin":"BTC","levels":[[],[]]}}', "l2Book:BTC"),
        (b'{"channel":"l2Book","data":{"coin":"BTC","fast":true,"levels":[[],[]]}}', "l2Book:BTC:fast"),
        (b'{"channel": "bbo", "data": {"coin": "BTC"}}', "bbo:BTC"),
        (b'{"channel":"userFills","data":{"user":"0xAB","fills":[{"coin":"BTC"}]}}', "userFills:0xab"),
        (b'{"channel":"pong"}', None),
        (b"Websocket connection established.", None),
    ],
)
def test_frames_belong_to_their_channel_and_coin_user_or_speed(raw: bytes, topic: str | None) -> None:
    """The fast and the slow book are two subscriptions, and a user's fills belong to the user."""
    assert VENUE.topics(raw) == (() if topic is None else (topic,))
    assert topic is None or VENUE.book_symbol(topic) is None
    assert VENUE.payload(raw, (), listening()) is raw


def test_there_is_one_path() -> None:
    """Anything else is not found."""
    assert VENUE.listener("stream", "") is None
    assert VENUE.listener("ws", "btc") is None


def test_a_recording_without_market_list_lists_the_coins_that_it_holds() -> None:
    """Sizes have as many decimals as the recorded ones."""
    book = b'{"channel":"l2Book","data":{"coin":"BTC","levels":[[{"px":"105055.0","sz":"3.03622"}],[]]}}'
    dialect = Hyperliquid()
    dialect.list_markets(seen_markets(dialect, [book]))
    answer = dialect.rest("POST", "info", {}, b'{"type":"meta"}')
    assert answer is not None
    assert [(row["name"], row["szDecimals"]) for row in orjson.loads(answer.body)["universe"]] == [("BTC", 5)]
