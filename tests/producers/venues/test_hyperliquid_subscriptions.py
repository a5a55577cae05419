import json
from typing import Any

import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal, Socket
from producers.venues.hyperliquid import Hyperliquid
from producers.venues.hyperliquid_subscriptions import LIQUIDATORS, MOST_SUBSCRIPTIONS, MOST_USERS, control, sockets
from schemas.instrument import Instrument

FAILURE = DecodeError("bad_shape")


def coins(count: int) -> list[Instrument]:
    """So many perpetuals."""
    return [found for n in range(count) if (found := Hyperliquid().infer_instrument(f"C{n}", 0))]


def said(made: list[Socket]) -> list[dict[str, Any]]:
    """All subscriptions on all sockets."""
    return [json.loads(frame)["subscription"] for socket in made for frame in socket.subscribe]


def test_a_coin_has_both_books_trades_and_context_and_the_vaults_are_watched() -> None:
    """Each is the only source of something: depth, best prices, flow, open interest, forced fills."""
    (socket,) = sockets(coins(1), LIQUIDATORS)
    subscriptions = said([socket])
    assert subscriptions[:5] == [
        {"type": "l2Book", "coin": "C0"},
        {"type": "trades", "coin": "C0"},
        {"type": "activeAssetCtx", "coin": "C0"},
        {"type": "bbo", "coin": "C0"},
        {"type": "l2Book", "fast": True, "coin": "C0"},
    ]
    assert [one["user"] for one in subscriptions[5:]] == list(LIQUIDATORS)
    assert len(LIQUIDATORS) <= MOST_USERS
    assert socket.expect_acks == len(subscriptions)
    assert socket.ping == '{"method":"ping"}'
    # The server closes a connection on which it said nothing for a minute.
    assert socket.ping_every_s < 60


@pytest.mark.parametrize("count", [0, 1, 50, 51, 198, 199, 247, 330])
def test_the_caps_of_one_address_are_kept(count: int) -> None:
    """What exceeds them is refused, at random; better to leave out what can be spared."""
    made = sockets(coins(count), LIQUIDATORS)
    assert len(said(made)) <= MOST_SUBSCRIPTIONS
    assert len(made) <= 10
    assert {one["coin"] for one in said(made) if one["type"] == "trades"} == {one.symbol for one in coins(count)}


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (b'{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{}}}', [Ack()]),
        (b'{"channel":"pong"}', [Pong()]),
        (b"Websocket connection established.", []),
        (b'{"channel":"allMids","data":{"mids":{"BTC":"80868.5"}}}', []),
        (
            b'{"channel":"error","data":"Already subscribed: {}"}',
            [Refusal("Already subscribed: {}", "ignore")],
        ),
        (
            b'{"channel":"error","data":"Cannot track more than 10 total users."}',
            [Refusal("Cannot track more than 10 total users.", "ignore")],
        ),
        (b'{"channel":"error","data":"Invalid subscription {}"}', [Refusal("Invalid subscription {}", "ignore")]),
        (b'{"channel":"error","data":"Something new"}', [Refusal("Something new", "reconnect")]),
    ],
)
def test_answers_become_decisions(frame: bytes, answer: list[Ack | Pong | Refusal]) -> None:
    """The session follows them without knowing the venue."""
    assert list(control(frame, FAILURE)) == answer


@pytest.mark.parametrize("frame", [b"", b"[]", b'{"channel":"error","data":5}', b'{"channel":"trades","data":5}'])
def test_what_should_have_been_readable_is_an_error(frame: bytes) -> None:
    """A broken market frame taken for an unknown channel would be silence."""
    with pytest.raises(DecodeError):
        control(frame, FAILURE)
