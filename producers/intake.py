"""From raw frames to published events: as they come on a live run, by recorded receive time on a recorded one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from producers.clock import END_OF_RECORDING_NS, RecordedClock
from producers.connection import Connection
from producers.desk import Desk
from producers.gap_lines import GAPS, gaps_body
from producers.health import Health
from producers.merge import ReceiveTimeMerge
from producers.recording import rest_answer
from producers.rest import RestAnswer
from producers.session import Session, Speech
from schemas.base import Event
from schemas.instrument import Instrument

Publish: TypeAlias = Callable[[Sequence[Event]], None]
"""Takes each batch in order. It must not block: it runs between two looks at the sockets."""

Record: TypeAlias = Callable[[str, int, bytes, str], None]
"""Sees (venue id, receive time, raw bytes, kind) before parsing: kind is `frame`, `book:<symbol>`, `poll:<name>` or
`gaps`, and before these once `markets`, with the chosen instruments as JSON in place of raw bytes.
"""

RELEASE_FRAMES = 1024
"""Frames of a recording between two looks at the sockets: a busy replay still answers pings."""


class LiveIntake:
    """One venue's frames, parsed as they come and stamped by the wall clock; published once per burst."""

    recorded = False

    def __init__(self, *, desk: Desk, publish: Publish, record: Record | None, health: Health) -> None:
        self._desk = desk
        self._publish = publish
        self._record = record
        self._health = health
        self._venue = desk.venue.id
        # Market events wait here for their books; what has passed them, or needs no book, is ready.
        self._pending: list[Event] = []
        self._ready: list[Event] = []
        self._due = asyncio.Event()

    def frame(self, session: Session, connection: Connection, raw: bytes) -> None:
        """Parse now; publish when the burst is drained."""
        recv_ns = time.time_ns()
        self._desk.frames += 1
        if connection.holed:
            return
        if self._record is not None and session.overlap is None:
            self._record(self._venue, recv_ns, raw, "frame")
        events = connection.read(raw, recv_ns)
        if not events:
            return
        if session.overlap is not None:
            fresh = session.overlap.fresh(id(connection), events)
            self._health.add(self._venue, "duplicates", count=len(events) - len(fresh))
            events = fresh
            # A recording holds each fact once: whoever replays it sees one socket and not two.
            if self._record is not None and fresh:
                self._record(self._venue, recv_ns, raw, "frame")
        self._pending += events
        self._due.set()

    def mark(self, session: Session, recv_ns: int) -> None:
        """Live servers send no marks."""

    def say(self, session: Session, speech: Speech) -> None:
        """In order with the frames that came before."""
        self._through_books()
        recv_ns = time.time_ns()
        said = speech(recv_ns)
        if self._record is not None and (body := gaps_body(said)):
            self._record(self._venue, recv_ns, body, GAPS)
        self._ready += self._desk.hear(said)
        self._due.set()

    def answer(self, instrument: Instrument, answer: RestAnswer | None) -> None:
        """A book was fetched, or could not be."""
        if answer is None:
            return
        if self._record is not None:
            self._record(self._venue, answer.ts_recv_ns, answer.body, f"book:{instrument.symbol}")
        self._through_books()
        self._ready += self._desk.snapshot(instrument, answer)
        self._due.set()

    def polled(self, name: str, answer: RestAnswer) -> None:
        """A repeated call was answered."""
        if self._record is not None:
            self._record(self._venue, answer.ts_recv_ns, answer.body, f"poll:{name}")
        self._through_books()
        self._ready += self._desk.polled(name, answer)
        self._due.set()

    async def run(self) -> None:
        """Publish until cancelled, and then what is left."""
        try:
            while True:
                await self._due.wait()
                self._due.clear()
                self._flush()
        except asyncio.CancelledError:
            self._flush()
            raise

    def _through_books(self) -> None:
        if self._pending:
            self._ready += self._desk.feed(self._pending)
            self._pending = []

    def _flush(self) -> None:
        self._through_books()
        events, self._ready = self._ready, []
        self._desk.events += len(events)
        self._desk.count()
        if events:
            self._publish(events)


class RecordedIntake:
    """Every venue's frames in one order. Parsing and books come after the merge, as if they were read from a file.

    While a book is fetched nothing is released: its answer has a place in the order, and that may be the next one.
    """

    recorded = True

    def __init__(
        self,
        *,
        desks: Mapping[str, Desk],
        clock: RecordedClock,
        publish: Publish,
        record: Record | None,
    ) -> None:
        self._desks = desks
        self._clock = clock
        self._publish = publish
        self._record = record
        self._merge: ReceiveTimeMerge[_Entry] = ReceiveTimeMerge()
        self._due = asyncio.Event()

    def join(self, session: Session) -> None:
        """Wait for this session's marks; every session joins before the first one runs."""
        self._merge.join(session.source)

    def frame(self, session: Session, connection: Connection, raw: bytes) -> None:
        """Keep until its turn."""
        self._merge.put(session.source, (connection, raw))

    def mark(self, session: Session, recv_ns: int) -> None:
        """Note how far this socket is."""
        self._merge.mark(session.source, recv_ns)
        self._due.set()

    def say(self, session: Session, speech: Speech) -> None:
        """Said at the receive time of the socket's last mark."""
        venue = session.source[0]
        self._merge.put(session.source, lambda recv_ns: self._desks[venue].hear(speech(recv_ns)))
        self._due.set()

    def answer(self, instrument: Instrument, answer: RestAnswer | None) -> None:
        """A book was fetched, and its place is its recorded receive time; or the recording has none."""
        if answer is not None:
            self._merge.insert(instrument.venue, answer.ts_recv_ns, partial(self._book, instrument, answer))
        self._due.set()

    async def run(self) -> None:
        """Publish until every socket has seen the end of the recording."""
        while not self._merge.ended:
            await self._due.wait()
            self._due.clear()
            if self._release():
                # There is more; but the sockets come first for a moment.
                self._due.set()
                await asyncio.sleep(0)

    def _release(self) -> bool:
        """Publish some of what is ready; whether there may be more."""
        if any(desk.is_waiting for desk in self._desks.values()):
            return False
        out: list[Event] = []
        released = 0
        recv_ns = 0
        for recv_ns, (venue, _), entry in self._merge.ready():
            desk = self._desks[venue]
            before = len(out)
            if isinstance(entry, tuple):
                connection, raw = entry
                out += self._read(desk, connection, raw, recv_ns)
            else:
                out += entry(recv_ns)
            desk.events += len(out) - before
            released += 1
            if desk.is_waiting or released == RELEASE_FRAMES:
                break
        else:
            recv_ns = max(recv_ns, self._merge.watermark_ns % END_OF_RECORDING_NS)
        self._clock.advance(recv_ns)
        for desk in self._desks.values():
            desk.count()
        if out:
            self._publish(out)
        return released == RELEASE_FRAMES

    def _read(self, desk: Desk, connection: Connection, raw: bytes, recv_ns: int) -> list[Event]:
        venue = desk.venue.id
        # What was no frame when the recording was made, the server that plays it says in line: answers to repeated
        # calls, and what was missing.
        line = rest_answer(raw)
        if line is not None:
            body = bytes(line.body)
            if self._record is not None:
                self._record(venue, recv_ns, body, f"poll:{line.symbol}" if line.rest == "poll" else line.rest)
            return desk.polled(line.symbol, RestAnswer(body, recv_ns)) if line.rest == "poll" else desk.missed(body)
        desk.frames += 1
        if self._record is not None:
            self._record(venue, recv_ns, raw, "frame")
        return desk.feed(connection.read(raw, recv_ns))

    def _book(self, instrument: Instrument, answer: RestAnswer, recv_ns: int) -> list[Event]:
        if self._record is not None:
            self._record(instrument.venue, recv_ns, answer.body, f"book:{instrument.symbol}")
        return self._desks[instrument.venue].snapshot(instrument, answer)


_Entry: TypeAlias = tuple[Connection, bytes] | Callable[[int], Sequence[Event]]
