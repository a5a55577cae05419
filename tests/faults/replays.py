"""Streams to put faults into, read once, and what the detector says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from detector.commands.day_window import DayWindow
from detector.commands.replay import open_recordings
from detector.engine import Engine
from detector.shard import Output
from producers.bundled import CALM_SECONDS
from producers.continuity import BookSyncs
from producers.injection import Injection, parse_fault
from producers.reconstruction import frames
from producers.recording import rest_answer
from producers.venue import Venue
from producers.venue_server.markets import Market
from producers.venues.registry import venues_of
from schemas.alert import LEVELS, Alert, Transition
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.codec import base_asset
from schemas.instrument import Instrument

NS = 1_000_000_000
WATCH = LEVELS.index("WATCH")
CHUNK = 512
ASSETS = frozenset({"BTC", "ETH", "AAVE", "ATOM", "AVAX", "DOT", "UNI"})
"""Of the reconstruction: enough for breadth and dislocation, few enough for a test."""

Stream = tuple[Event, ...]


class Told(NamedTuple):
    """What a replay gave."""

    outputs: list[Output]
    report: list[str]
    engine: Engine

    @property
    def alerts(self) -> list[Alert]:
        """In their order."""
        return [output for output in self.outputs if isinstance(output, Alert)]

    @property
    def transitions(self) -> list[Transition]:
        """In their order."""
        return [output for output in self.outputs if isinstance(output, Transition)]


def replayed(stream: Sequence[Event], *options: str) -> Told:
    """A replay of a stream with these faults in it."""
    injection, engine = Injection(map(parse_fault, options)), Engine()
    outputs: list[Output] = []
    batches = (stream[at : at + CHUNK] for at in range(0, len(stream), CHUNK))
    for batch in injection.apply(batches):
        outputs += engine.feed(batch)
    outputs += engine.finish()
    return Told(outputs, list(injection.report()), engine)


def seconds_in(stream: Sequence[Event], seconds: float) -> str:
    """A moment of a stream as an option names it, so long after its first event."""
    first_ns = next(event.ts_event_ns for event in stream if not isinstance(event, Instrument))
    moment = datetime.fromtimestamp(first_ns // NS + seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def at_ns(moment: str) -> int:
    """Such a moment, in nanoseconds."""
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) * NS


@cache
def bundled() -> Stream:
    """Eighty calm seconds of three Binance venues, with books."""
    return _read(CALM_SECONDS)


@cache
def alone() -> Stream:
    """The same seconds of one of them: nobody can tell such a venue from ourselves."""
    return _read(path for path in CALM_SECONDS if "usdm" in path.name)


@cache
def raw_binance(shared_data: Path) -> Stream:
    """The same venues as they were recorded: three of their six minutes."""
    names = ("usdm_btcusdt", "usdm_ethusdt", "cm_btcusd_perp", "spot_btcusdt")
    paths = [shared_data / "binance-raw" / f"{name}_20240808.gz" for name in names]
    return _read(paths, DayWindow("23:54", "23:57"))


@cache
def trades(shared_data: Path, start: str, end: str) -> Stream:
    """A part of 10 October 2025: the trades of fourteen markets at two venues."""
    return _read(sorted((shared_data / "oct10-trades").glob("*_trades_*.csv.gz")), DayWindow(start, end))


@cache
def rebuilt(start: str, end: str, *, twin: bool = False) -> Stream:
    """A part of the reconstruction of that day, or of its calm twin: books, trades, liquidations."""
    return tuple(_rebuilt(start, end, twin))


def _read(paths: Iterable[Path], window: DayWindow | None = None) -> Stream:
    batches = open_recordings(list(paths), None, CHUNK)
    kept = batches if window is None else window.inside(batches)
    return tuple(event for batch in kept for event in batch)


def _rebuilt(start: str, end: str, twin: bool) -> Iterator[Event]:
    venues = {venue.id: venue for venue in venues_of("all")}
    syncs: dict[str, BookSyncs] = {}
    markets: dict[str, dict[str, Instrument]] = {}
    for recv_ns, name, raw in frames(start=start, end=end, twin=twin):
        venue = venues[name]
        if name not in markets:
            markets[name] = _listed(venue, raw, recv_ns)
            syncs[name] = BookSyncs(venue=name, sequencing=venue.sequencing)
            yield from (market for market in markets[name].values() if market.base in ASSETS)
            continue
        for event in syncs[name].feed(_said(venue, raw, recv_ns, markets[name])):
            if event.instrument == EVERY_INSTRUMENT or base_asset(event.instrument) in ASSETS:
                yield event


def _listed(venue: Venue, raw: bytes, recv_ns: int) -> dict[str, Instrument]:
    """The first frame of a venue is the list of its markets."""
    answer = rest_answer(raw)
    assert answer is not None
    listed = msgspec.json.decode(bytes(answer.body), type=list[Market])
    found = [venue.infer_instrument(market.symbol, recv_ns) for market in listed]
    known = {market.symbol: market for market in found if market is not None}
    venue.register(list(known.values()))
    return known


def _said(venue: Venue, raw: bytes, recv_ns: int, markets: dict[str, Instrument]) -> list[Event]:
    answer = rest_answer(raw)
    if answer is None:
        return [said for said in venue.parse(raw, recv_ns) if isinstance(said, Event)]
    if answer.rest != "book":
        return []
    return [venue.parse_snapshot(bytes(answer.body), markets[answer.symbol], recv_ns)]
