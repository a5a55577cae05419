"""What to say to OKX: topics by market, connections by the number of deep books, and the polls."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from producers.venue import Poll, Request, Socket
from producers.venues.okx_wire import Topic
from producers.venues.splitting import portions
from schemas.instrument import Instrument

MOST_BOOKS = 30
"""Deep books of one connection, as OKX advises: a slow reader is cut (4005)."""
MOST_TOPICS = 200
"""Of one request: its 64 KB hold four times as many, and a request is one operation however many it names."""
STATES_EVERY_S = 60.0
DERIVATIVES = ("SWAP", "FUTURES")
EVERYWHERE = (
    Topic(channel="status"),
    *(Topic(channel="instruments", inst_type=kind) for kind in ("SPOT", *DERIVATIVES)),
    *(Topic(channel="liquidation-orders", inst_type=kind) for kind in DERIVATIVES),
    *(Topic(channel="adl-warning", inst_type=kind) for kind in DERIVATIVES),
)
"""What is not asked for by market."""


def listing(kind: str) -> Request:
    """The call for all markets of a type."""
    return Request(path=f"/api/v5/public/instruments?instType={kind}")


def index_of(instrument: Instrument) -> str:
    """The index, or the pair, that markets have in common."""
    return f"{instrument.base}-{instrument.quote}"


def family_of(instrument: Instrument) -> tuple[str, str]:
    """Type and family: one insurance fund."""
    family, _, tail = instrument.symbol.rpartition("-")
    return ("SWAP" if tail == "SWAP" else "FUTURES", family)


def say(operation: str, topics: Sequence[Topic]) -> str:
    """A request."""
    return msgspec.json.encode({"op": operation, "args": topics}).decode()


def sockets(instruments: Sequence[Instrument]) -> list[Socket]:
    """Markets of one index stay together; what concerns all markets is on the first socket, beside busy ones."""
    of_index: dict[str, list[Instrument]] = {}
    for one in instruments:
        of_index.setdefault(index_of(one), []).append(one)
    shelves: list[list[Instrument]] = []
    for part in (part for group in of_index.values() for part in portions(group, MOST_BOOKS)):
        if not shelves or len(shelves[-1]) + len(part) > MOST_BOOKS:
            shelves.append([])
        shelves[-1] += part
    return [_socket(place, shelf) for place, shelf in enumerate(shelves)]


def polls(instruments: Sequence[Instrument], *, every_s: float) -> list[Poll]:
    """The insurance fund of each family; and what trades, as the channel tells only what changes while it is open."""
    families = dict.fromkeys(family_of(one) for one in instruments if one.market != "spot")
    path = "/api/v5/public/insurance-fund?instType={}&instFamily={}&limit=5"
    funds = [
        Poll(name=f"insurance:{kind}:{family}", request=Request(path=path.format(kind, family)), every_s=every_s)
        for kind, family in families
    ]
    kinds = sorted({"SPOT" if one.market == "spot" else family_of(one)[0] for one in instruments})
    return [*funds, *(Poll(name=f"states:{kind}", request=listing(kind), every_s=STATES_EVERY_S) for kind in kinds)]


def _socket(place: int, shelf: Sequence[Instrument]) -> Socket:
    topics = [*(EVERYWHERE if place == 0 else ()), *dict.fromkeys(topic for one in shelf for topic in _topics(one))]
    return Socket(
        name=f"public-{place}",
        path="/ws/v5/public",
        subscribe=tuple(say("subscribe", part) for part in portions(topics, MOST_TOPICS)),
        expect_acks=len(topics),
        ping="ping",
        liquidations="none" if place else "all",
        # A spot pair at rest is heard of every 60 s, a derivative every 3 s.
        stale_after_s=90.0 if all(one.market == "spot" for one in shelf) else 30.0,
    )


def _topics(one: Instrument) -> list[Topic]:
    channels = ["books", "trades"]
    if one.market != "spot":
        channels += ["mark-price", "open-interest", "price-limit"]
    if one.market == "perp":
        channels.append("funding-rate")
    index = [Topic(channel="index-tickers", inst_id=index_of(one))] if one.market != "spot" else []
    return [*(Topic(channel=channel, inst_id=one.symbol) for channel in channels), *index]
