"""What every reader of tables shares: a file of rows, from its bytes to whole lines, and what was left out of it.

A reader is one class: its `kind`, how it recognises its files (`reads`), and one flat loop over rows (`_events`).
Fields are never quoted: a quotation mark is damage, and costs its own row only.
"""

from __future__ import annotations

import re
import stat
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import ClassVar

from producers.errors import RecordingError
from producers.tables.row_order import RowOrder
from producers.tables.tardis_symbols import Markets, is_option
from producers.tables.zipped import opened
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.instrument import Instrument

LONGEST_ROW_BYTES = 1 << 20
"""Whatever is longer than ten thousand rows is no row."""

EARLIEST_US, LATEST_US = 1_230_768_000_000_000, 4_102_444_800_000_000
"""2009 to 2100: a timestamp outside is in another unit."""

_NO_NAME = re.compile('["\ufffd\0]')
"""A quotation mark, bytes that are no UTF-8, and NUL: in a name they are damage."""


class Table(ABC):
    """One file of rows as events, in the order of their receive times; `row_order` puts rows right that are not.

    Attributes
    ----------
    rows, skipped
        Rows read, and rows left out by reason.
    instruments
        Every market met, by the file's exchange and symbol. Its definition is yielded before its first event.
    order
        What was done to rows that were not in order.
    damage
        What ended the file early, if anything did.
    size
        Bytes of the file as it lies there.
    """

    kind: ClassVar[str]
    """What the rows are, in the words of whoever makes the files: `trades`."""
    header: ClassVar[str]
    """The first line, where there is one."""
    family: ClassVar[str] = ""
    """What kinds that say the same of a market have in common; two files of one are not to overlap. Else its kind."""
    time_column: ClassVar[int | None] = None
    """By which rows are put in order; None where the reader sees to that itself."""
    id_column: ClassVar[int | None] = None
    """By which those of one time are, where they were not in order."""

    def __init__(self, path: Path, markets: Markets) -> None:
        self.path = path
        self.rows = 0
        self.skipped: Counter[str] = Counter()
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.damage = ""
        self.order = RowOrder(self.time_column, self.id_column) if self.time_column is not None else None
        self.size = max(1, size_of(path))
        self._markets = markets
        self._file = opened(path)
        self._ended = False

    @classmethod
    def reads(cls, first_line: str, path: Path) -> bool:  # noqa: ARG003
        """Whether a file with this first line, there, is for this reader; where lines do not tell, names decide."""
        return first_line == cls.header

    @property
    def note(self) -> str:
        """What whoever reads the summary should know of how this file was read; mostly nothing."""
        return ""

    @property
    def progress(self) -> float:
        """Share of the file that was read, 0 to 1."""
        return 1.0 if self._ended else min(1.0, self._file.bytes_read / self.size)

    def __iter__(self) -> Iterator[Event]:
        lines = self._lines()
        return self._events(lines if self.order is None else self.order.of(lines))

    def begins(self) -> Event | None:
        """The first event, from no more than the first rows; None where they hold none. Leaves all as it was."""
        fresh = type(self)(self.path, Markets())
        lines = fresh._lines()
        events = fresh._events(iter([next(lines, [])]))
        first = next(events, None)
        lines.close()
        return first

    @abstractmethod
    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        """Events of rows, which come in runs of any length, already counted in `rows` and without the header.

        A row that cannot be read is counted in `skipped` and costs itself alone: nothing is raised.
        """

    def _define(self, exchange: str, symbol: str, ts_event_ns: int, ts_recv_ns: int) -> Instrument | None:
        """The market of a name that is not yet in `instruments`, for the caller to yield; None, and counted, where the
        name is that of no market.
        """
        if reason := no_market(exchange, symbol):
            self.skipped[reason] += 1
            return None
        market = self._markets.define(exchange, symbol, ts_event_ns, ts_recv_ns)
        self.instruments[exchange, symbol] = market
        return market

    def _lines(self) -> Generator[list[str]]:
        """Rows below the header, in runs; a row that was cut off by the end of damaged data is none."""
        self._ended = False
        runs = self._runs()
        first, _, rest = _text(next(runs, b"")).partition("\n")
        if not self.reads(first.removeprefix("\ufeff"), self.path):
            what = self._file.damage or f"expected the columns {self.header}"
            raise RecordingError(f"{self.path}: not a {self.kind} file: {what}")
        if first.removeprefix("\ufeff") != self.header:
            rest = f"{first}\n{rest}" if rest else first
        if rest:
            lines = rest.split("\n")
            self.rows += len(lines)
            yield lines
        for run in runs:
            lines = _text(run).split("\n")
            self.rows += len(lines)
            yield lines
        self._ended = True
        if self._file.damage:
            self.skipped["truncated_file"] += 1
            self.damage = f"{self.path}: stopped after {self.rows} rows: {self._file.damage}"

    def _runs(self) -> Iterator[bytes]:
        """Whole lines, as many at a time as there are, without the last line end."""
        rest = b""
        for chunk in self._file:
            whole, newline, tail = chunk.rpartition(b"\n")
            if newline:
                yield rest + whole
                rest = tail
            else:
                rest = rest + tail if len(rest) < LONGEST_ROW_BYTES else tail
        if rest and not self._file.damage:
            yield rest


def no_market(exchange: str, symbol: str) -> str:
    """Why names are those of no market: `bad_shape`, or an `option`, whose price is a premium; else empty."""
    if not exchange or symbol in ("", EVERY_INSTRUMENT) or _NO_NAME.search(exchange + symbol):
        return "bad_shape"
    return "option" if is_option(exchange, symbol) else ""


def first_line(path: Path) -> str:
    """The first line of a file, as far as it is no longer than a row."""
    size_of(path)
    head = b""
    for chunk in opened(path):
        head += chunk
        if b"\n" in head or len(head) > LONGEST_ROW_BYTES:
            break
    return _text(head.partition(b"\n")[0]).removeprefix("\ufeff")


def size_of(path: Path) -> int:
    """Bytes of a regular file; a `RecordingError` for whatever else is there, or is not."""
    try:
        status = path.stat()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(status.st_mode):
        raise RecordingError(f"{path}: not a regular file; it is read more than once, so save it to a file first")
    return status.st_size


def _text(run: bytes) -> str:
    """Lines as text; a carriage return that ends one is none of its last field."""
    text = run.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text
