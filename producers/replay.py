"""A producer whose socket is a file: recorded frames → venue → whole books → batches of events, by receive time.

The same venue objects and the same continuity rules read a file and a live socket. Nothing in a file ends the replay:
what cannot be read is counted, by reason.
"""

from __future__ import annotations

import copy
import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path

import msgspec

from producers.continuity import BookSyncs
from producers.errors import DecodeError, RecordingError, reason_of
from producers.gap_lines import GAPS, read_gaps
from producers.keyframe_lines import read_keyframe
from producers.recording import HEAD_FRAMES, RecordedAnswer, Recording, dating, recogniser, rest_answer
from producers.series import joined
from producers.venue import Venue
from schemas.base import Event
from schemas.health import Channel, Gap
from schemas.instrument import Instrument

BATCH_EVENTS = 512
"""Enough that the cost of handing a batch over vanishes; 0.2 s of a busy market at most."""


class Tally(msgspec.Struct, kw_only=True):
    """What became of the lines of one recording."""

    path: Path
    """The first of its files."""
    venue_id: str
    files: int = 1
    lines: int = 0
    frames: int = 0
    answers: int = 0
    """REST answers among the frames."""
    parsed: Counter[str] = msgspec.field(default_factory=Counter)
    """Events read, by kind, before book continuity withheld or dropped any."""
    published: Counter[str] = msgspec.field(default_factory=Counter)
    """Events handed on, by kind."""
    gaps: Counter[str] = msgspec.field(default_factory=Counter)
    """Sequence gaps, by instrument."""
    decode_errors: Counter[str] = msgspec.field(default_factory=Counter)
    unknown_frames: int = 0
    """Frames that hold no event: acks, pongs, channels that we do not read."""
    skipped: Counter[str] = msgspec.field(default_factory=Counter)
    """Lines that are no frames, by reason."""
    warnings: list[str] = msgspec.field(default_factory=list)


class Replay:
    """Replays recordings as batches of events; iterate once.

    Parameters
    ----------
    paths
        Recordings of any of the venues. Files that are consecutive parts of one recording are read as the one that they
        are (`producers.series`); several recordings are merged by receive time. Each keeps books of its own.
    venues
        Fresh venue objects; the markets of the recordings are registered with them.
    venue_id
        The venue of files that do not name theirs and cannot be recognised.
    batch_events
        Events in a batch, or a few more; what is in them does not depend on it.

    Attributes
    ----------
    tallies
        One for each recording, complete after the iteration.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        venues: Sequence[Venue],
        venue_id: str | None = None,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self._venues = {venue.id: venue for venue in venues}
        pristine = copy.deepcopy(self._venues)
        recognise, date = recogniser(venues), dating(venues)
        self._tracks = [
            _Track(Recording(path, continued_by=rest, recognise=recognise, venue_id=venue_id, date=date), each)
            for (path, *rest), each in zip(joined(paths), self._objects(pristine), strict=False)
        ]
        self.tallies = [track.tally for track in self._tracks]
        self._batch_events = batch_events

    def _objects(self, pristine: dict[str, Venue]) -> Iterator[dict[str, Venue]]:
        """For each recording venue objects of its own: what one remembers is no memory of another's."""
        yield self._venues
        while True:
            yield copy.deepcopy(pristine)

    @property
    def instruments(self) -> list[Instrument]:
        """The markets known from the headers and heads of the recordings; those named later come in the stream."""
        return list({(i.venue, i.instrument): i for track in self._tracks for i in track.instruments}.values())

    def __iter__(self) -> Iterator[list[Event]]:
        batch: list[Event] = list(self.instruments)
        tracks = [track.moments() for track in self._tracks]
        moments = tracks[0] if len(tracks) == 1 else heapq.merge(*tracks, key=itemgetter(0, 1))
        for recv_ns, _, events, track in moments:
            if not track.begun:
                batch += self._between(track, recv_ns)
                track.begun = True
            batch += events
            if len(batch) >= self._batch_events:
                yield batch
                batch = []
        if batch:
            yield batch

    def _between(self, track: _Track, recv_ns: int) -> list[Event]:
        """What is missing of the markets of this recording since the one before it ended: nobody recorded it."""
        others = [other for other in self._tracks if other.begun and other.tally.venue_id == track.tally.venue_id]
        if not others or not all(other.ended_ns for other in others):
            return []
        ended_ns = max(other.ended_ns for other in others)
        known = {instrument.instrument for other in others for instrument in other.instruments}
        gaps: list[Event] = [
            _gap(instrument, "all", recv_ns, min(recv_ns, ended_ns), "another recording begins")
            for instrument in track.instruments
            if instrument.instrument in known
        ]
        track.tally.published["gap"] += len(gaps)
        return gaps

    def progress(self) -> float:
        """The share of the input that was read, 0 to 1."""
        size = sum(track.recording.size for track in self._tracks)
        return sum(track.recording.progress * track.recording.size for track in self._tracks) / size


class _Track:
    """One recording on its way to events."""

    def __init__(self, recording: Recording, venues: dict[str, Venue]) -> None:
        self.recording = recording
        self.tally = Tally(path=recording.path, files=len(recording.paths), venue_id=recording.venue_id)
        if recording.venue_id not in venues:
            raise RecordingError(f"{recording.path}: of {recording.venue_id!r}; there are {', '.join(venues)}")
        self._venue = venues[recording.venue_id]
        self._by_symbol: dict[str, Instrument] = {}
        self.begun = False
        self.ended_ns = 0
        head = list(islice(recording, HEAD_FRAMES))
        named = recording.header.instruments if recording.header is not None else ()
        self.instruments = [self._known(instrument) for instrument in named]
        for symbol in () if named else recording.symbols:
            inferred = self._venue.infer_instrument(symbol, head[0].recv_ns)
            if inferred is not None:
                self.instruments.append(self._known(inferred))
        # A recording that begins without any book has none to wait for: its deltas flow from the first on.
        holds_books = recording.header is not None or any(rest_answer(frame.raw) for frame in head)
        self._books = BookSyncs(
            venue=self._venue.id, sequencing=self._venue.sequencing, accept_unanchored=not holds_books
        )

    def moments(self) -> Iterator[tuple[int, str, list[Event], _Track]]:
        """Receive time, venue id and the events of each frame that has any; and this track."""
        tally, venue_id, books = self.tally, self._venue.id, self._books
        parsed, published = tally.parsed, tally.published
        recv_ns = 0
        for recv_ns, _, raw in self.recording:
            answer = rest_answer(raw)
            if answer is not None:
                tally.answers += 1
                events = self._read_answer(answer, recv_ns)
            else:
                tally.frames += 1
                events = self._read_frame(raw, recv_ns)
            for event in events:
                parsed[_kind(event)] += 1
            out = books.feed(events) if answer is None or answer.rest != GAPS else books.hear(events)
            for event in out:
                published[_kind(event)] += 1
                if isinstance(event, Gap):
                    tally.gaps[event.instrument] += 1
            if out:
                yield recv_ns, venue_id, out, self
        self.ended_ns = recv_ns
        tally.lines = self.recording.lines
        tally.skipped = self.recording.skipped
        tally.warnings = self.recording.warnings

    def _read_frame(self, raw: bytes, recv_ns: int) -> list[Event]:
        try:
            parsed = self._venue.parse(raw, recv_ns)
        except DecodeError as error:
            if error.reason == "unknown_symbol" and self.recording.header is None:
                return self._read_frame_of_new_market(raw, recv_ns)
            self.tally.decode_errors[error.reason] += 1
            return []
        except Exception as error:  # noqa: BLE001
            self.tally.decode_errors[reason_of(error)] += 1
            return []
        events = [said for said in parsed if isinstance(said, Event)]
        if not events:
            self.tally.unknown_frames += 1
        return events

    def _read_frame_of_new_market(self, raw: bytes, recv_ns: int) -> list[Event]:
        symbol = self._venue.symbol_of(raw)
        instrument = self._venue.infer_instrument(symbol, recv_ns) if symbol is not None else None
        if instrument is None or instrument.symbol in self._by_symbol:
            self.tally.decode_errors["unknown_symbol"] += 1
            return []
        self.instruments.append(self._known(instrument))
        return [instrument, *self._read_frame(raw, recv_ns)]

    def _read_answer(self, answer: RecordedAnswer, recv_ns: int) -> list[Event]:
        instrument = self._by_symbol.get(answer.symbol)
        try:
            if answer.rest == GAPS:
                return [*read_gaps(bytes(answer.body))]
            if answer.rest == "poll":
                return list(self._venue.parse_poll(answer.symbol, bytes(answer.body), recv_ns))
            if answer.rest == "hole":
                return [_gap(known, "book", recv_ns, recv_ns, "a file is damaged") for known in self.instruments]
            if answer.rest not in ("book", "keyframe"):
                return []
            if instrument is None:
                raise DecodeError("unknown_symbol", answer.symbol)
            if answer.rest == "keyframe":
                return [read_keyframe(answer, instrument, recv_ns)]
            return [self._venue.parse_snapshot(bytes(answer.body), instrument, recv_ns)]
        except Exception as error:  # noqa: BLE001
            self.tally.decode_errors[reason_of(error)] += 1
            return []

    def _known(self, instrument: Instrument) -> Instrument:
        self._by_symbol[instrument.symbol] = instrument
        self._venue.register([instrument])
        return instrument


def _gap(instrument: Instrument, channel: Channel, recv_ns: int, since_ns: int, reason: str) -> Gap:
    return Gap(
        venue=instrument.venue,
        instrument=instrument.instrument,
        ts_event_ns=recv_ns,
        ts_recv_ns=recv_ns,
        channel=channel,
        since_ns=since_ns,
        reason=reason,
    )


_KINDS: dict[type[Event], str] = {}


def _kind(event: Event) -> str:
    kind = _KINDS.get(type(event))
    if kind is None:
        tag = event.__struct_config__.tag
        kind = _KINDS[type(event)] = str(tag)
    return kind
