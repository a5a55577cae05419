"""Tardis-style CSV trades, plain, gzip or zstd, with the columns of `HEADER` and times in microseconds.

Any exchange that the file names is read, whether or not it has a live producer; `tardis_symbols` says what its names
mean. Fields are never quoted: a quotation mark is damage, and costs its own row only.
"""

from __future__ import annotations

import heapq
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from math import inf
from operator import attrgetter
from pathlib import Path
from typing import Literal

from producers.compressed import CompressedFile
from producers.errors import RecordingError
from producers.tardis_symbols import Markets, is_option
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.instrument import Instrument
from schemas.market import Trade

HEADER = ["exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount"]

CHUNK_BYTES = 1 << 13
"""Damage in compressed data costs the chunk in which it lies."""

LONGEST_ROW_BYTES = 1 << 20
"""Whatever is longer than ten thousand rows is no row."""

LONGEST_NUMBER = 18
"""Digits of an id that fits 64 bits; a longer one is a name."""

EARLIEST_US, LATEST_US = 1_230_768_000_000_000, 4_102_444_800_000_000
"""2009 to 2100: a timestamp outside is in another unit."""

_FRAME = re.compile(rb"\d+ ")
_NO_NAME = re.compile('["\ufffd\0]')
"""A quotation mark, bytes that are no UTF-8, and NUL: in a name they are damage."""


class TardisTrades:
    """One file of trades as events in file order.

    Attributes
    ----------
    rows, skipped
        Rows read, and rows left out by reason. A row without a side (`no_side`: `unknown`, as some exchanges did not
        say) is left out because a trade without a taker would enter the flow on a side that nobody took; an `option`
        because its price is a premium.
    instruments
        Every market met, by exchange and symbol.
    damage
        What ended the file early, if anything did.
    """

    def __init__(self, path: Path, markets: Markets | None = None) -> None:
        self.path = path
        self.rows = 0
        self.skipped: Counter[str] = Counter()
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.damage = ""
        self.size = max(1, _size_of(path))
        self._markets = Markets() if markets is None else markets
        self._file = CompressedFile(path, chunk_bytes=CHUNK_BYTES)
        self._ended = False

    @property
    def progress(self) -> float:
        """Share of the file that was read, 0 to 1."""
        return 1.0 if self._ended else min(1.0, self._file.bytes_read / self.size)

    def __iter__(self) -> Iterator[Instrument | Trade]:
        skipped = self.skipped
        market: Instrument | None = None
        known_exchange = known_symbol = None
        venue = name = ""
        usd_per_lot: float | None = None
        inverse = False
        taker: Literal["buy", "sell"]
        for lines in self._lines():
            self.rows += len(lines)
            for line in lines:
                # One flat loop without a call for each row, since most of the reading time is spent here.
                try:
                    exchange, symbol, event_text, recv_text, trade_id, side, price_text, amount_text = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    price, amount = float(price_text), float(amount_text)
                    ts_us, recv_us = int(event_text), int(recv_text)
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                if not (price > 0.0 < amount and price * amount < inf):
                    skipped["bad_number"] += 1
                    continue
                if not (EARLIEST_US < ts_us < LATEST_US and EARLIEST_US < recv_us < LATEST_US):
                    skipped["bad_time"] += 1
                    continue
                if side == "buy":
                    taker = "buy"
                elif side == "sell":
                    taker = "sell"
                else:
                    skipped["no_side" if side == "unknown" else "bad_shape"] += 1
                    continue
                if symbol != known_symbol or exchange != known_exchange:
                    market = self.instruments.get((exchange, symbol))
                    if market is None:
                        reason = _no_market(exchange, symbol)
                        if reason:
                            skipped[reason] += 1
                            continue
                        market = self._markets.define(exchange, symbol, ts_us * 1000, recv_us * 1000)
                        self.instruments[exchange, symbol] = market
                        yield market
                    known_exchange, known_symbol = exchange, symbol
                    venue, name = market.venue, market.instrument
                    inverse = market.contract == "inverse"
                    usd_per_lot = market.notional_usd(1.0, 1.0)
                if usd_per_lot is None:
                    notional_usd = None
                else:
                    notional_usd = amount * usd_per_lot if inverse else amount * usd_per_lot * price
                yield Trade(
                    venue=venue,
                    instrument=name,
                    ts_event_ns=ts_us * 1000,
                    ts_recv_ns=recv_us * 1000,
                    price=price,
                    qty=amount,
                    notional_usd=notional_usd,
                    taker=taker,
                    trade_id=int(trade_id)
                    if trade_id.isdecimal() and len(trade_id) <= LONGEST_NUMBER
                    else trade_id or None,
                )

    def _lines(self) -> Iterator[list[str]]:
        """Rows below the header, in runs; a row that was cut off by the end of damaged data is none."""
        runs = self._runs()
        first = next(runs, b"")
        header, _, rows = first.partition(b"\n")
        if not _is_header(header):
            what = self._file.damage or f"expected the columns {','.join(HEADER)}"
            raise RecordingError(f"{self.path}: not a trades file: {what}")
        if rows:
            yield rows.decode("utf-8", "replace").split("\n")
        for run in runs:
            yield run.decode("utf-8", "replace").split("\n")
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


class TardisReplay:
    """Several files merged by `local_timestamp`, as batches of events.

    Attributes
    ----------
    sources
        One for each path, with its counters.
    """

    def __init__(self, paths: Sequence[Path], *, batch_events: int) -> None:
        markets = Markets()
        self.sources = [TardisTrades(path, markets) for path in paths]
        self._batch_events = batch_events

    def __iter__(self) -> Iterator[list[Event]]:
        events: Iterator[Event] = heapq.merge(*self.sources, key=attrgetter("ts_recv_ns"))
        if len(self.sources) == 1:
            events = iter(self.sources[0])
        while batch := list(islice(events, self._batch_events)):
            yield batch

    def progress(self) -> float:
        """Share of the input that was read, 0 to 1."""
        return sum(s.progress * s.size for s in self.sources) / sum(s.size for s in self.sources)


def is_trades_file(path: Path) -> bool:
    """Whether a file is for `TardisTrades`: its first line is the header.

    So is a foreign file that is only named `.csv`, unless it begins like a recording of frames: the reader of tables
    says best what it lacks.
    """
    _size_of(path)
    head = b""
    for chunk in CompressedFile(path, chunk_bytes=CHUNK_BYTES):
        head += chunk
        if b"\n" in head or len(head) > LONGEST_ROW_BYTES:
            break
    first = head.partition(b"\n")[0]
    return _is_header(first) or (".csv" in path.name.lower() and not _FRAME.match(first))


def _is_header(line: bytes) -> bool:
    return line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r") == ",".join(HEADER).encode()


def _no_market(exchange: str, symbol: str) -> str:
    """Why a row's names are those of no market; empty where they are of one."""
    if not exchange or symbol in ("", EVERY_INSTRUMENT) or _NO_NAME.search(exchange + symbol):
        return "bad_shape"
    return "option" if is_option(exchange, symbol) else ""


def _size_of(path: Path) -> int:
    try:
        status = path.stat()
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(status.st_mode):
        raise RecordingError(f"{path}: not a regular file; it is read more than once, so save it to a file first")
    return status.st_size
