"""The wire of Hyperliquid: Structs beside captured frames (of userFills, rows), and what its answers mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from producers.errors import DecodeError
from producers.venue import Ack, Control, Pong, Refusal
from producers.venues.decoding import FAILURES, WireAmount, WireId, WirePrice, WireRate, WireTime

DecimalText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}(?:\.[0-9]{1,18})?\Z")]
"""A number that stays text: levels travel on as the venue wrote them."""
Side = Literal["A", "B"]
"""The aggressor of a trade, the direction of a fill: `B` bought, `A` sold."""


class Frame(msgspec.Struct, frozen=True, gc=False, tag_field="channel"):
    """Base of all frames: `{"channel": …, "data": …}`."""


class Level(msgspec.Struct, frozen=True, gc=False):
    """A price level."""

    px: DecimalText
    sz: DecimalText


class Book(msgspec.Struct, frozen=True, gc=False):
    """A whole book, as the socket and REST send it."""

    coin: str
    time: WireTime
    levels: tuple[tuple[Level, ...], tuple[Level, ...]]
    fast: bool = False


class BookFrame(Frame, frozen=True, tag="l2Book"):
    """20 levels a side every 5 s, or with `"fast":true` 5 levels every 0.5 s.

    {"channel":"l2Book","data":{"coin":"BANANA","time":1730160007687,"levels":[[{"px":"59.8","sz":"3.4","n":1}],[{"px":"59.811","sz":"2.9","n":1}]]}}
    """

    data: Book


NO_LEVEL = Level(px="0", sz="0")
Best = tuple[Level | None, Level | None]
"""Best bid and ask; null on an empty side."""


class Bbo(msgspec.Struct, frozen=True, gc=False):
    """Best bid and ask."""

    coin: str
    time: WireTime
    bbo: Best


class BboFrame(Frame, frozen=True, tag="bbo"):
    """In every block that changes it; an empty side is null.

    {"channel":"bbo","data":{"coin":"@162","time":1750948919838,"bbo":[{"px":"0.97925","sz":"4144.6","n":1},{"px":"0.97934","sz":"50.0","n":1}]}}
    """

    data: Bbo


class WsTrade(msgspec.Struct, frozen=True, gc=False):
    """One match."""

    coin: str
    side: Side
    px: WirePrice
    sz: WireAmount
    time: WireTime
    tid: WireId


class TradesFrame(Frame, frozen=True, tag="trades"):
    """The matches of a block; the first frame after subscribing holds old ones.

    {"channel":"trades","data":[{"coin":"BTC","hash":"0x0000000000000000000000000000000000000000000000000000000000000000","px":"105056.0","side":"B","sz":"0.02222","tid":917211710228416,"time":1737918847000,"users":["0x8a43b5424eb06a3e79bc6036c8cae55417fada0e","0x6802b4267f7f2bf7003dcf993c51542245b38329"]}]}
    """

    data: tuple[WsTrade, ...]


class AssetContext(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={"mark": "markPx", "oracle": "oraclePx", "open_interest": "openInterest"},
):
    """Mark, oracle, hourly funding, open interest in coin; null where a market is delisted."""

    mark: WirePrice | None = None
    oracle: WirePrice | None = None
    funding: WireRate | None = None
    open_interest: WireAmount | None = None


class ActiveContext(msgspec.Struct, frozen=True, gc=False):
    """The context of one coin; it has no time."""

    coin: str
    ctx: AssetContext


class ContextFrame(Frame, frozen=True, tag="activeAssetCtx"):
    """About once a second.

    {"channel":"activeAssetCtx","data":{"coin":"MOODENG","ctx":{"funding":"0.00004863","openInterest":"18617460.0","prevDayPx":"0.20296","dayNtlVlm":"7665220.55613","premium":"0.00008521","oraclePx":"0.1995","markPx":"0.19963","midPx":"0.19957","impactPxs":["0.199517","0.199725"]}}}
    """

    data: ActiveContext


class FillLiquidation(msgspec.Struct, frozen=True, gc=False, rename={"liquidated_user": "liquidatedUser"}):
    """What marks a fill as part of a liquidation; both sides of the match carry it."""

    liquidated_user: str | None = None
    method: str = "market"
    """`market`: through the book. `backstop`: a transfer to a liquidator vault, or auto-deleveraging."""


class Fill(msgspec.Struct, frozen=True, gc=False, rename={"direction": "dir"}):
    """One address's side of a match. This one is a winner's, auto-deleveraged on 2025-10-10.

    {"coin":"AVAX","px":"22.075","sz":"28.53","side":"B","time":1760130964831,"startPosition":"-28.53","dir":"Auto-Deleveraging","closedPnl":"194.275035","hash":"0x922ada15","oid":194018286846,"crossed":true,"fee":"0.0","tid":771334864158847,"liquidation":{"liquidatedUser":"0x2e3d94f0562703b25c83308a05046ddaf9a8dd14","markPx":"22.025","method":"backstop"},"feeToken":"USDC"}
    """

    coin: str
    side: Side
    px: WireAmount  # zero where something was settled and nothing sold
    sz: WireAmount
    time: WireTime
    tid: WireId
    direction: str = ""
    crossed: bool = False
    liquidation: FillLiquidation | None = None


OwnedFill = tuple[str, Fill]
"""A fill and whose it is: a line of a node's `node_fills`, and an element of a block.

["0xe92d2041199b18f611b137457f3acee8bedb22d3",{"coin":"AVAX","px":"22.075","sz":"28.53","side":"B","time":1760130964831,"startPosition":"-28.53","dir":"Auto-Deleveraging","closedPnl":"194.275035","hash":"0x922ada15","oid":194018286846,"crossed":true,"fee":"0.0","tid":771334864158847,"liquidation":{"liquidatedUser":"0x2e3d94f0562703b25c83308a05046ddaf9a8dd14","markPx":"22.025","method":"backstop"},"feeToken":"USDC"}]
"""


class NodeBlock(msgspec.Struct, frozen=True, gc=False):
    """A line of a node's `node_fills_by_block`. Its parts are captured, the whole is documented (2026-10).

    {"local_time":"2025-10-10T21:16:04.913412021","block_time":"2025-10-10T21:16:04.831874123","block_number":758800641,"events":[]}
    """

    events: tuple[OwnedFill, ...]


class UserFills(msgspec.Struct, frozen=True, gc=False, rename={"is_snapshot": "isSnapshot"}):
    """Fills of one watched address; the first message after subscribing is history."""

    user: str
    fills: tuple[Fill, ...]
    is_snapshot: bool | None = None


class UserFillsFrame(Frame, frozen=True, tag="userFills"):
    """In every block in which the address has fills."""

    data: UserFills


MarketFrame = BboFrame | TradesFrame | BookFrame | ContextFrame | UserFillsFrame
MARKET_CHANNELS = frozenset({"bbo", "trades", "l2Book", "activeAssetCtx", "userFills"})
GREETING = b"Websocket connection established."
"""The first frame of some connections; it is not JSON."""


class Probe(msgspec.Struct, frozen=True):
    """Enough of any frame to tell what it is when it is not one of the market's."""

    channel: str = ""
    data: msgspec.Raw = msgspec.Raw()


class Coin(msgspec.Struct, frozen=True, rename={"is_delisted": "isDelisted"}):
    """A perpetual in the list of markets."""

    name: str
    is_delisted: bool | None = None


class Meta(msgspec.Struct, frozen=True):
    """The list of perpetuals."""

    universe: tuple[Coin, ...]


_probe = msgspec.json.Decoder(Probe).decode


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
