"""What to say to Hyperliquid, within what one IP is allowed, and its answers to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.errors import DecodeError
from producers.venue import Ack, Control, Pong, Refusal, Socket
from producers.venues.decoding import FAILURES
from producers.venues.hyperliquid_wire import MARKET_CHANNELS, Probe
from schemas.instrument import Instrument

LIQUIDATORS = (
    "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14",
    "0xb0a55f13d22f66e6d495ac98113841b2326e9540",
    "0x5e177e5e39c0f4e421f5865a6d8beed8d921cb70",
    "0x2ed5c4484ea3ff8b57d5f2fb152a40d9f2b68308",
    "0x63c621a33714ec48660e32f2374895c8026a3a00",
)
"""Vaults that take over at the backstop (October 2026), children of HLP 0xdfc24b077bc1425ad1dea75bcb6f8158e10df303."""
MOST_USERS = 10
"""Distinct addresses that one IP may watch."""
MOST_SUBSCRIPTIONS = 1000
"""Subscriptions that one IP may hold, over all its connections."""
SUBSCRIPTIONS_PER_SOCKET = 250
"""Four sockets at most, of the ten that one IP may open."""
GREETING = b"Websocket connection established."
"""The first frame of some connections; it is not JSON."""

_CHANNELS: tuple[Mapping[str, str | bool], ...] = (
    {"type": "l2Book"},
    {"type": "trades"},
    {"type": "activeAssetCtx"},
    {"type": "bbo"},
    {"type": "l2Book", "fast": True},
)
"""Subscriptions of a coin, the most dispensable last: they are left out where a long list would exceed the cap."""

_probe = msgspec.json.Decoder(Probe).decode


def sockets(instruments: Sequence[Instrument], watched_users: Sequence[str]) -> list[Socket]:
    """Connections for these coins, all channels of a coin on one; the watched addresses go with the first."""
    budget = MOST_SUBSCRIPTIONS - len(watched_users)
    channels = _CHANNELS[: max(1, min(len(_CHANNELS), budget // max(1, len(instruments))))]
    coins = SUBSCRIPTIONS_PER_SOCKET // len(_CHANNELS)
    made = []
    for index, start in enumerate(range(0, len(instruments), coins)):
        wanted: list[Mapping[str, str | bool]] = [
            {**channel, "coin": instrument.symbol}
            for instrument in instruments[start : start + coins]
            for channel in channels
        ]
        if index == 0:
            wanted += [{"type": "userFills", "user": user} for user in watched_users]
        frames = tuple(
            msgspec.json.encode({"method": "subscribe", "subscription": subscription}).decode()
            for subscription in wanted
        )
        made.append(
            Socket(
                name=f"main-{index}",
                path="/ws",
                subscribe=frames,
                expect_acks=len(frames),
                ping='{"method":"ping"}',
                ping_every_s=30.0,
            )
        )
    return made


def control(frame: bytes, failure: DecodeError) -> Sequence[Control]:
    """What a frame that is not the market's says; raises `failure` where it should have been the market's.

    An error names one subscription. The others live on, so one unknown coin or an address too many is only noted; what
    we cannot read may mean a broken session.
    """
    if frame.startswith(GREETING):
        return ()
    try:
        probe = _probe(frame)
        text = msgspec.json.decode(probe.data, type=str) if probe.channel == "error" else ""
    except FAILURES:
        raise failure from None
    if probe.channel in MARKET_CHANNELS:
        raise failure
    if probe.channel == "subscriptionResponse":
        return (Ack(),)
    if probe.channel == "pong":
        return (Pong(),)
    if probe.channel == "error":
        known = text.startswith(("Already ", "Invalid subscription", "Cannot track more than"))
        return (Refusal(text[:200], "ignore" if known else "reconnect"),)
    return ()
