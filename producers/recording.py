"""Reading recordings of raw frames: one `receive time<space>raw frame` a line, plain, gzip or zstd.

The time may be in seconds, milliseconds, microseconds or nanoseconds: its number of digits tells. Files of our own
recorder begin with a header that names the venue and its markets; of others the venue is recognised by the frames.
Within a recording no two frames have the same receive time. It may lie in several files (`producers.series`).
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec

from producers.compressed import CHUNK_BYTES, CompressedFile
from producers.errors import RecordingError
from producers.recorded_lines import lines
from producers.recording_header import RecordingHeader, read_header

HEAD_FRAMES = 512
"""Frames read to recognise a venue: more than precede the first book snapshot in any recording that we know."""

MAX_STEP_NS = 86_400 * 10**9
"""A receive time a day away from its neighbours is damage until others confirm it."""

MAX_LEAP_NS = 60 * 10**9
"""A leap ahead that the next frames must confirm: taken at its word, one wrong time would hold back all after it."""

CONFIRMING_FRAMES = 5
"""Consecutive frames that agree about a new time are a hole in the recording and not damage."""

_NS_PER_UNIT = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
"""Digits of a time after 2001 and before 2286, by unit."""

Recognise = Callable[[bytes], tuple[str, str] | None]
"""Venue id and venue symbol of a raw frame, or None where it is not known."""

Date = Callable[[bytes], int | None]
"""When a line without a receive time was written; None where it does not tell."""


class RecordedFrame(NamedTuple):
    """A frame as the venue sent it, or a REST answer in its envelope (see `rest_answer`)."""

    recv_ns: int
    venue_id: str
    raw: bytes


class RecordedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between the frames. `rest` says what `body` is: `book`, `instruments` or `poll` are verbatim REST
    answers, `keyframe` is a book as the recorder knew it, and `hole` stands where a part of the recording is damaged.
    """

    rest: str
    body: msgspec.Raw
    symbol: str = ""


class SymbolReader(Protocol):
    """The part of a venue that recognises recordings."""

    id: str

    def symbol_of(self, frame: bytes) -> str | None:
        """The venue symbol of a frame of this venue; None for any other."""


@runtime_checkable
class OwnFiles(Protocol):
    """A venue whose own program writes files, whose lines are read like frames and tell their time themselves."""

    def written_ns(self, line: bytes) -> int | None:
        """When a line of such a file was written; None for any other line."""


_decode_rest = msgspec.json.Decoder(RecordedAnswer).decode
_REST = b'{"rest":'
_KEYFRAME = b'{"rest":"keyframe"'
_BARE_BOOK = b'{"lastUpdateId"'


def rest_answer(raw: bytes) -> RecordedAnswer | None:
    """The REST answer in a recorded line, or None where it is a websocket frame.

    >>> rest_answer(b'{"rest":"book","symbol":"BTCUSDT","body":{"lastUpdateId":1}}').symbol
    'BTCUSDT'
    """
    if not raw.startswith(_REST):
        return None
    try:
        return _decode_rest(raw)
    except msgspec.MsgspecError:
        return None


def rest_line(rest: str, body: bytes, symbol: str = "") -> bytes:
    """The envelope that `rest_answer` reads; the body stays verbatim."""
    return b'%b%b,"symbol":%b,"body":%b}' % (_REST, msgspec.json.encode(rest), msgspec.json.encode(symbol), body)


HOLE = rest_line("hole", b"{}")
"""Stands where a file ends too early and another one continues it: what lay between is not known."""


def recogniser(venues: Sequence[SymbolReader]) -> Recognise:
    """Recognise frames by asking each venue; a frame that several claim is nobody's."""

    def recognise(raw: bytes) -> tuple[str, str] | None:
        found = [(venue.id, symbol) for venue in venues if (symbol := venue.symbol_of(raw)) is not None]
        return found[0] if len(found) == 1 else None

    return recognise


def dating(venues: Iterable[object]) -> Date:
    """Date the lines of venues' own files by asking each venue that has any."""
    readers = [venue.written_ns for venue in venues if isinstance(venue, OwnFiles)]

    def date(line: bytes) -> int | None:
        return next((at_ns for written_ns in readers if (at_ns := written_ns(line)) is not None), None)

    return date


class Recording:
    """One recording of one venue; iterating reads it from its beginning.

    Parameters
    ----------
    path
        Plain, gzip or zstd text.
    continued_by
        Files that continue it, in their order (`producers.series`): read as if they were one with it.
    recognise
        What tells the venue and the symbol of a frame.
    venue_id
        The venue, where it is known beforehand.
    date
        What tells the time of lines without a receive time; without it they are no frames.

    Attributes
    ----------
    symbols
        Venue symbols seen in the head of the file, in order of appearance.
    lines, skipped, warnings
        Counted by the last iteration: lines read, lines left out by reason, and what a person should know.

    Raises
    ------
    RecordingError
        When the file cannot be read or is not a recording of a known venue.
    """

    def __init__(
        self,
        path: Path,
        *,
        recognise: Recognise,
        venue_id: str | None = None,
        continued_by: Sequence[Path] = (),
        date: Date | None = None,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        self.path = path
        self.paths = (path, *continued_by)
        self.header: RecordingHeader | None = None
        self.lines = 0
        self.skipped: Counter[str] = Counter()
        self.warnings: list[str] = []
        self.size = 0
        self._date = date
        self._files = [CompressedFile(path, chunk_bytes=chunk_bytes) for path in self.paths]
        self._start_ns = 0
        head = list(islice(self._frames(), HEAD_FRAMES))
        if not head:
            raise RecordingError(f"{path}: {self._emptiness()}; expected lines of `receive time<space>raw frame`")
        self.size = sum(path.stat().st_size for path in self.paths)
        self._start_ns = sorted(head)[len(head) // 2][0]
        self.symbols: tuple[str, ...] = ()
        self.venue_id = self._recognise_venue(head, recognise, venue_id)

    def __iter__(self) -> Iterator[RecordedFrame]:
        venue_id, last_ns = self.venue_id, self._start_ns
        first = True
        for recv_ns, raw in self._confirmed():
            # Frames keep their order even when they go over several sockets, where only the time tells it: equal times
            # become a nanosecond apart, and a clock that was set back stands still.
            last_ns = recv_ns if first else max(recv_ns, last_ns + 1)
            first = False
            if not raw.startswith(_BARE_BOOK):
                yield RecordedFrame(last_ns, venue_id, raw)
            elif len(self.symbols) == 1:
                yield RecordedFrame(last_ns, venue_id, rest_line("book", raw, self.symbols[0]))
            else:
                self.skipped["book_without_symbol"] += 1
        self.warnings += [f"{file.path}: {file.damage}" for file in self._files if file.damage]
        if self.skipped:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(self.skipped.items()))
            self.warnings.append(f"{self.path}: lines left out: {reasons}")

    @property
    def progress(self) -> float:
        """The share of it that has been read, 0 to 1."""
        return sum(file.bytes_read for file in self._files) / self.size if self.size else 0.0

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        self.lines = 0
        self.skipped = Counter()
        self.warnings = []
        for file in self._files:
            file.bytes_read = 0
        time_ns = 0
        follows = False
        for file in self._files:
            first_line = self.lines + 1
            for line in lines(file):
                self.lines += 1
                digits, space, raw = line.partition(b" ")
                scale = _NS_PER_UNIT.get(len(digits))
                if space and scale is not None and digits.isdigit() and raw:
                    if follows and raw.startswith(_KEYFRAME):
                        continue  # nothing new to whoever has read the file before
                    time_ns = int(digits) * scale
                    if raw.isascii() or _is_utf8(raw):
                        yield time_ns, raw
                    else:
                        self.skipped["not_text"] += 1
                elif digits == b"0" and self.lines == first_line:
                    if file is self._files[0]:
                        self.header = read_header(self.path, raw)
                elif line and self._date is not None and (written_ns := self._date(line)) is not None:
                    time_ns = written_ns
                    yield time_ns, line
                elif line:
                    self.skipped["not_a_frame"] += 1
            follows = not file.damage
            if file.damage and file is not self._files[-1] and time_ns:
                yield time_ns, HOLE

    def _confirmed(self) -> Iterator[tuple[int, bytes]]:
        """Frames whose receive time is near the ones before, or confirmed by those that follow."""
        newest_ns = self._start_ns
        held: list[tuple[int, bytes]] = []
        for frame in self._frames():
            recv_ns = frame[0]
            if -MAX_STEP_NS <= recv_ns - newest_ns <= MAX_LEAP_NS:
                if held:
                    self.skipped["receive_time"] += len(held)
                    held = []
                newest_ns = max(newest_ns, recv_ns)
                yield frame
                continue
            # In a quiet market each frame may come minutes after the one before.
            if held and not -MAX_LEAP_NS <= recv_ns - held[-1][0] <= MAX_STEP_NS:
                self.skipped["receive_time"] += len(held)
                held = []
            held.append(frame)
            if len(held) == CONFIRMING_FRAMES:
                newest_ns = recv_ns
                yield from held
                held = []
        # At the end of the file two have to do: nothing can contradict them any more.
        if len(held) > 1:
            yield from held
        elif held:
            self.skipped["receive_time"] += 1

    def _recognise_venue(self, head: list[tuple[int, bytes]], recognise: Recognise, venue_id: str | None) -> str:
        if self.header is not None and venue_id not in (None, self.header.venue):
            raise RecordingError(f"{self.path}: recorded from {self.header.venue}, not from {venue_id}")
        known = [found for _, raw in head if (found := recognise(raw)) is not None]
        if self.header is not None:
            venue_id = self.header.venue
        elif venue_id is None:
            votes = Counter(venue for venue, _ in known)
            if not votes:
                unknown = f"no venue recognised in its first {len(head)} frames"
                raise RecordingError(f"{self.path}: {unknown}; name it with --venue")
            venue_id = votes.most_common(1)[0][0]
        self.symbols = tuple(dict.fromkeys(symbol for venue, symbol in known if venue == venue_id))
        return venue_id

    def _emptiness(self) -> str:
        if self._files[0].damage:
            return self._files[0].damage
        if self.header is not None:
            return "a recording without a frame"
        return "not a recording" if self.lines else "empty"


def merged(recordings: Sequence[Iterable[RecordedFrame]]) -> Iterator[RecordedFrame]:
    """Frames of several recordings by receive time, then venue id, then the order of the arguments."""
    if len(recordings) == 1:
        return iter(recordings[0])
    return heapq.merge(*recordings, key=itemgetter(0, 1))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
