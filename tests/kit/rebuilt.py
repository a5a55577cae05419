"""The reconstruction and its twins as events in this process: frames → venues → whole books, without any socket."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from producers import reconstruction
from producers.continuity import BookSyncs
from producers.reconstruction.markets import MARKETS
from producers.recording import rest_answer
from producers.venue import Venue
from producers.venues.registry import venues_of
from schemas.base import Event
from schemas.instrument import Instrument

BATCH_EVENTS = 500


def rebuilt(assets: Collection[str] = (), **arguments: Any) -> Iterator[list[Event]]:
    """Batches of events in the order of receipt; `arguments` are those of `reconstruction.frames`. With `assets` only
    theirs.
    """
    venues = {venue.id: venue for group in ("binance", "hyperliquid") for venue in venues_of(group)}
    books = {name: BookSyncs(venue=name, sequencing=venue.sequencing) for name, venue in venues.items()}
    markets = {(i.venue, i.symbol): i for i in _instruments(venues)}
    kept = {i.instrument for i in markets.values() if not assets or i.base in assets}
    batch: list[Event] = [i for i in markets.values() if i.instrument in kept]
    for recv_ns, name, raw in reconstruction.frames(**arguments):
        answer = rest_answer(raw)
        said: list[Event] = []
        if answer is None:
            said = [event for event in venues[name].parse(raw, recv_ns) if isinstance(event, Event)]
        elif answer.rest == "book":
            said = [venues[name].parse_snapshot(bytes(answer.body), markets[name, answer.symbol], recv_ns)]
        batch += (event for event in books[name].feed(said) if event.instrument in kept)
        if len(batch) >= BATCH_EVENTS:
            yield batch
            batch = []
    yield batch


def _instruments(venues: dict[str, Venue]) -> Iterator[Instrument]:
    for market in MARKETS:
        found = venues[market.venue].infer_instrument(market.symbol, 0)
        assert found is not None
        venues[market.venue].register([found])
        yield found
