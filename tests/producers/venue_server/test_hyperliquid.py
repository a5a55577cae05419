"""Hyperliquid's side of the conversation."""

from __future__ import annotations

from typing import Literal

import orjson
import pytest

from producers.venue_server.faults import Faults
from producers.venue_server.hyperliquid import MAX_USERS, Hyperliquid
from producers.venue_server.listener import Listener
from producers.venue_server.timeline import seen_markets
from producers.venues.hyperliquid import Hyperliquid as Perpetuals
from schemas.market import BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade

T0 = 1_790_000_000_000_000_000
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


@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_what_is_written_is_read_back(liquidated: Literal["long", "short"]) -> None:
    """The vault's side of a takeover is the opposite of what was closed."""
    one, dialect = Perpetuals(), Hyperliquid()
    (market,) = dialect.made_up(["BTC"])
    one.register([found for found in [one.infer_instrument("BTC", T0)] if found])
    frames = [
        *dialect.write_book(market, T0, bids=[(100.0, 2.0)], asks=[(101.0, 3.0)]),
        *dialect.write_delta(market, T0, bids=[(100.0, 0.0), (99.0, 1.0)], asks=[]),
        *dialect.write_trade(market, T0, price=100.0, qty=2.0, taker="sell"),
        *dialect.write_liquidation(market, T0, price=100.0, qty=2.0, liquidated=liquidated),
        *dialect.write_state(market, T0, mark=100.0, index=99.0, funding_rate=0.0001, open_interest=5.0),
    ]
    first, second, trade, forced, state, held = [event for raw in frames for event in one.parse(raw, T0 + 10**9)]
    assert isinstance(first, BookSnapshot)
    assert isinstance(second, BookSnapshot)
    assert (bytes(first.bids), bytes(second.bids)) == (b'[["100","2"]]', b'[["99","1"]]')
    assert isinstance(trade, Trade)
    assert (trade.taker, trade.notional_usd) == ("sell", 200.0)
    assert isinstance(forced, Liquidation)
    assert (forced.liquidated, forced.notional_usd, forced.sampled) == (liquidated, 200.0, True)
    assert isinstance(state, DerivativeState)
    assert state.mark == 100.0
    assert isinstance(held, OpenInterest)
    assert held.notional_usd == 500.0
