"""The reconstruction as batches of events, without sockets: its frames through the venues' parsers and book rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from producers.continuity import BookSyncs
from producers.reconstruction.frames import Frame, frames
from producers.recording import rest_answer
from producers.venue import Venue
from producers.venues.registry import venues_of
from schemas.base import Event
from schemas.instrument import Instrument

World = Literal["cascade", "twin", "macro"]
"""What happened; the same at calm prices; the same fall without anything that broke in it."""
VENUES = ("binance", "hyperliquid")


class _Market(msgspec.Struct):
    symbol: str


def rebuilt(
    world: World, *, start: str = "20:20", end: str = "22:20", batch_events: int = 512
) -> Iterator[list[Event]]:
    """Batches of events of one of the generator's worlds, in their order of receipt; times as `frames` takes them."""
    played = frames(twin=world == "twin", macro=world == "macro", start=start, end=end)
    batch: list[Event] = []
    for event in events_of(played, [venue for group in VENUES for venue in venues_of(group)]):
        batch.append(event)
        if len(batch) >= batch_events:
            yield batch
            batch = []
    if batch:
        yield batch


def events_of(played: Iterable[Frame], venues: Sequence[Venue]) -> Iterator[Event]:
    """What these frames say; each venue's list of markets comes before its first frame.

    Nothing is made up that a venue could not read: its `DecodeError` is passed on.
    """
    by_id = {venue.id: venue for venue in venues}
    books = {venue.id: BookSyncs(venue=venue.id, sequencing=venue.sequencing) for venue in venues}
    markets: dict[tuple[str, str], Instrument] = {}
    latest_ns: dict[str, int] = {}
    for at_ns, venue_id, raw in played:
        # As a recording does it: over several sockets of a venue only different times keep the order.
        recv_ns = latest_ns[venue_id] = max(at_ns, latest_ns.get(venue_id, -1) + 1)
        venue, answer = by_id[venue_id], rest_answer(raw)
        if answer is None:
            yield from books[venue_id].feed([said for said in venue.parse(raw, recv_ns) if isinstance(said, Event)])
        elif answer.rest == "book":
            market = markets[venue_id, answer.symbol]
            yield from books[venue_id].feed([venue.parse_snapshot(bytes(answer.body), market, recv_ns)])
        else:
            for listed in msgspec.json.decode(bytes(answer.body), type=list[_Market]):
                known = venue.infer_instrument(listed.symbol, recv_ns)
                if known is not None:
                    markets[venue_id, listed.symbol] = known
                    venue.register([known])
                    yield known
