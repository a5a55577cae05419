"""Forced fills of Hyperliquid: of watched addresses on the socket, and of everybody in the files that a node writes.

There is no public channel for liquidations or auto-deleveraging. A fill that belongs to one says so on both sides of
the match, so that either side tells; which side of the market was closed depends on whose fill it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from producers.errors import DecodeError
from producers.venues import events
from producers.venues.decoding import FAILURES, decode_error, event_ns
from producers.venues.hyperliquid_wire import Fill, NodeBlock, OwnedFill, UserFills
from producers.venues.recent_ids import RecentIds
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Position, Trade

LIQUIDATORS = (
    "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14",
    "0xb0a55f13d22f66e6d495ac98113841b2326e9540",
    "0x5e177e5e39c0f4e421f5865a6d8beed8d921cb70",
    "0x2ed5c4484ea3ff8b57d5f2fb152a40d9f2b68308",
    "0x63c621a33714ec48660e32f2374895c8026a3a00",
)
"""Vaults that take over at the backstop (October 2026), children of HLP 0xdfc24b077bc1425ad1dea75bcb6f8158e10df303."""
ADL = "Auto-Deleveraging"
LIQUIDATED = "Liquidated "
"""`Liquidated Cross Long` and its like: the bankrupt side of a transfer at the backstop."""
ON_BOOK = frozenset(
    {"Open Long", "Open Short", "Close Long", "Close Short", "Long > Short", "Short > Long", "Buy", "Sell"}
)
"""Directions of matches on the book; liquidations through the book have them too."""

_BLOCK = b'{"local_time":"'
_block = msgspec.json.Decoder(NodeBlock, strict=False).decode
_owned = msgspec.json.Decoder(OwnedFill, strict=False).decode


def forced_fill(fill: Fill, user: str, one: Instrument, ts_recv_ns: int, *, sampled: bool) -> Event | None:
    """The event of a fill of `user`; None for one that nobody was forced to.

    Most liquidations are told by the `liquidation` object alone: through the book the direction is an ordinary one.
    """
    if fill.direction == ADL:
        return events.adl(
            one,
            event_ns(fill.time, ts_recv_ns),
            ts_recv_ns,
            # The fill is the winner's: buying, it gave back a short.
            deleveraged="short" if fill.side == "B" else "long",
            price=fill.px,
            qty=fill.sz,
            adl_id=str(fill.tid),
        )
    told, named = fill.liquidation, fill.direction.startswith(LIQUIDATED)
    if told is None and not named:
        return None
    victim = (told.liquidated_user or "").lower() if told is not None else ""
    if victim in LIQUIDATORS:
        return None  # what a vault loses it took over before: that was the liquidation
    liquidated: Position
    if named:
        liquidated = "long" if fill.direction.endswith("Long") else "short"
    else:
        # Where the victim is not named: its order is the one that took from the book.
        own = victim == user.lower() if victim else fill.crossed
        liquidated = "long" if (fill.side == "A") == own else "short"
    return events.liquidation(
        one,
        event_ns(fill.time, ts_recv_ns),
        ts_recv_ns,
        liquidated=liquidated,
        price=fill.px,
        # A transfer to a vault or a winner is priced by the venue, not by the book.
        price_kind="fill" if told is not None and told.method == "market" else "mark",
        qty=fill.sz,
        sampled=sampled,
        liquidation_id=str(fill.tid),
    )


class Fills:
    """What fills say, each match once: both sides of it are told with one id, and ids are remembered."""

    def __init__(self, seen: RecentIds) -> None:
        self._seen = seen

    def watched(
        self, message: UserFills, known: Mapping[str, Instrument], ts_recv_ns: int, *, sampled: bool
    ) -> Sequence[Event]:
        """Of one address. It trades many coins: those not known are passed over. What comes first is history."""
        rows = () if message.is_snapshot else message.fills
        found = (
            self._forced(fill, message.user, known[fill.coin], ts_recv_ns, sampled=sampled)
            for fill in rows
            if fill.coin in known
        )
        return [event for event in found if event is not None]

    def of_node(self, rows: Sequence[OwnedFill], known: Mapping[str, Instrument], ts_recv_ns: int) -> Sequence[Event]:
        """Every match, and what it forced: nobody is left out here."""
        rows = [(user, fill) for user, fill in rows if is_perpetual(fill.coin)]
        strangers = [fill.coin for _, fill in rows if fill.coin not in known]
        if strangers:  # before any id is remembered: the line is read again when its coins are known
            raise DecodeError("unknown_symbol", strangers[0][:40])
        adl = {(fill.coin, fill.tid) for _, fill in rows if fill.direction == ADL}
        made: list[Event] = []
        for user, fill in rows:
            one, key = known[fill.coin], (fill.coin, fill.tid)
            if fill.px and self._seen.add(("trade", *key)):
                made.append(_match(fill, one, ts_recv_ns, by_adl=key in adl))
            forced = self._forced(fill, user, one, ts_recv_ns, sampled=False)
            if forced is not None:
                made.append(forced)
        return made

    def _forced(self, fill: Fill, user: str, one: Instrument, ts_recv_ns: int, *, sampled: bool) -> Event | None:
        event = forced_fill(fill, user, one, ts_recv_ns, sampled=sampled) if fill.px else None
        return event if event is not None and self._seen.add((type(event), fill.coin, fill.tid)) else None


def _match(fill: Fill, one: Instrument, ts_recv_ns: int, *, by_adl: bool) -> Trade:
    """The match that a fill is one side of: the side that crossed took from the book."""
    transferred = fill.liquidation is not None and fill.liquidation.method != "market"
    on_book = fill.direction in ON_BOOK and not transferred
    return events.trade(
        one,
        event_ns(fill.time, ts_recv_ns),
        ts_recv_ns,
        price=fill.px,
        qty=fill.sz,
        taker="buy" if (fill.side == "B") == fill.crossed else "sell",
        trade_id=str(fill.tid),
        printed="adl" if by_adl else "market" if on_book else "other",
    )


def is_perpetual(coin: str) -> bool:
    """`PURR/USDC` and `@162` are spot pairs.

    >>> is_perpetual("BTC"), is_perpetual("@162")
    (True, False)
    """
    return "/" not in coin and not coin.startswith("@")


def is_node_line(line: bytes) -> bool:
    """Whether this is a line of a node's files of fills, by block (since 2025-07-27) or one by one (before)."""
    return line.startswith((_BLOCK, b'["0x'))


def node_line(line: bytes) -> Sequence[OwnedFill]:
    """The fills in a line of a node's files, each with whose it is; raises `DecodeError`."""
    try:
        return _block(line).events if line.startswith(_BLOCK) else (_owned(line),)
    except FAILURES as failure:
        raise decode_error(failure) from failure


def node_line_ns(line: bytes) -> int | None:
    """When a node wrote a line, by its own clock; the time of the fill where only that is told."""
    try:
        if not line.startswith(_BLOCK):
            at_ns = _owned(line)[1].time * 1_000_000
        else:
            whole, _, fraction = line[len(_BLOCK) : line.find(b'"', len(_BLOCK))].decode().partition(".")
            moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
            at_ns = int(moment.timestamp()) * 10**9 + int(fraction[:9].ljust(9, "0"))
    except (*FAILURES, ValueError):
        return None
    return at_ns if 0 < at_ns < 2**63 else None
