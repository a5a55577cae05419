"""Tardis-style CSV trades, gzipped or plain, with the columns of `HEADER` and times in microseconds.

Any exchange that the file names is read, whether or not it has a live producer. What an amount is worth is known for
the
venues listed here; elsewhere the contract value, and with it every notional, stays UNKNOWN.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isfinite
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO, Literal

from producers.errors import RecordingError
from schemas.base import Event
from schemas.instrument import Contract, Instrument, Kind, canonical_id
from schemas.market import Trade

HEADER = ["exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount"]

VENUES = {
    "binance": "binance-spot",
    "binance-futures": "binance-usdm",
    "binance-delivery": "binance-coinm",
}
"""Names that differ from ours; all others are taken as they are."""

BASE_COIN_AMOUNTS = frozenset(
    {"binance-spot", "binance-usdm", "coinbase", "kraken", "bitstamp", "gemini", "hyperliquid", "bitfinex"}
)
"""Venues whose amounts are base coin."""

QUOTES = ("FDUSD", "USDT", "USDC", "USDE", "BUSD", "USD", "EUR", "BTC", "ETH", "BNB")

DAMAGE = (EOFError, OSError, zlib.error, csv.Error, UnicodeDecodeError)
"""What a damaged or foreign file raises while it is read."""

LONGEST_NUMBER = 18
"""Digits of an id that fits 64 bits; a longer one is a name."""

EARLIEST_US, LATEST_US = 1_230_768_000_000_000, 4_102_444_800_000_000
"""2009 to 2100: a timestamp outside is in another unit."""


class TardisTrades:
    """One file of trades as events in file order; what could not be read is counted in `skipped`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self.skipped: Counter[str] = Counter()
        self.instruments: dict[tuple[str, str], Instrument] = {}
        self.damage = ""
        """What ended the file early, if anything did."""
        self.size = max(1, path.stat().st_size)
        self._file: BinaryIO | None = None

    @property
    def progress(self) -> float:
        """Share of the file that was read, 0 to 1."""
        return 0.0 if self._file is None else 1.0 if self._file.closed else self._file.tell() / self.size

    def __iter__(self) -> Iterator[Instrument | Trade]:
        with self.path.open("rb") as file:
            self._file = file
            plain = gzip.GzipFile(fileobj=file) if self.path.suffix == ".gz" else file
            reader = csv.reader(io.TextIOWrapper(plain, encoding="utf-8", newline=""))
            try:
                header = next(reader, None)
            except DAMAGE as error:
                raise RecordingError(f"{self.path}: not a trades file: {error}") from error
            if header != HEADER:
                raise RecordingError(f"{self.path}: not a trades file; expected the columns {','.join(HEADER)}")
            try:
                for row in reader:
                    yield from self._row(row)
            except DAMAGE as error:
                self.skipped["truncated_file"] += 1
                self.damage = f"{self.path}: stopped after {self.rows} rows: {error}"

    def _row(self, row: list[str]) -> Iterator[Instrument | Trade]:
        self.rows += 1
        if len(row) != len(HEADER):
            self.skipped["bad_shape"] += 1
            return
        exchange, symbol, timestamp, local_timestamp, trade_id, side, price_text, amount_text = row
        try:
            price, amount = float(price_text), float(amount_text)
            ts_us, recv_us = int(timestamp), int(local_timestamp)
        except ValueError:
            self.skipped["bad_number"] += 1
            return
        if not (isfinite(price * amount) and price > 0 and amount > 0):
            self.skipped["bad_number"] += 1
            return
        if not (EARLIEST_US < ts_us < LATEST_US and EARLIEST_US < recv_us < LATEST_US):
            self.skipped["bad_time"] += 1
            return
        if side not in ("buy", "sell"):
            self.skipped["bad_shape"] += 1
            return
        key = (exchange, symbol)
        instrument = self.instruments.get(key)
        if instrument is None:
            instrument = instrument_of(exchange, symbol, ts_us * 1000, recv_us * 1000)
            self.instruments[key] = instrument
            yield instrument
        taker: Literal["buy", "sell"] = "buy" if side == "buy" else "sell"
        yield Trade(
            venue=instrument.venue,
            instrument=instrument.instrument,
            ts_event_ns=ts_us * 1000,
            ts_recv_ns=recv_us * 1000,
            price=price,
            qty=amount,
            notional_usd=instrument.notional_usd(amount, price),
            taker=taker,
            trade_id=int(trade_id) if trade_id.isdecimal() and len(trade_id) <= LONGEST_NUMBER else trade_id or None,
        )


class TardisReplay:
    """Several files merged by `local_timestamp`, as batches of events.

    Attributes
    ----------
    sources
        One for each path, with its counters.
    """

    def __init__(self, paths: Sequence[Path], *, batch_events: int) -> None:
        self.sources = [TardisTrades(path) for path in paths]
        self._batch_events = batch_events

    def __iter__(self) -> Iterator[list[Event]]:
        events: Iterator[Event] = heapq.merge(*self.sources, key=attrgetter("ts_recv_ns"))
        while batch := list(islice(events, self._batch_events)):
            yield batch

    def progress(self) -> float:
        """Share of the input that was read, 0 to 1."""
        return sum(s.progress * s.size for s in self.sources) / sum(s.size for s in self.sources)


def instrument_of(exchange: str, symbol: str, ts_event_ns: int, ts_recv_ns: int) -> Instrument:
    """The instrument that a Tardis exchange and symbol name, as far as the names tell.

    >>> instrument_of("binance-delivery", "AVAXUSD_PERP", 0, 0).contract_value
    10.0
    >>> instrument_of("bybit", "BTCUSD", 0, 0).contract_value is None
    True
    """
    venue = VENUES.get(exchange, exchange)
    base, quote, expiry = _split(symbol)
    market: Kind = "future" if expiry else "perp" if _is_derivative(venue, symbol) else "spot"
    contract: Contract = "linear" if market != "spot" else "spot"
    value: float | None = None
    if venue == "binance-coinm":
        # Binance COIN-M rule: one BTC contract is 100 USD, every other 10 USD.
        contract, value = "inverse", 100.0 if base == "BTC" else 10.0
    elif venue in BASE_COIN_AMOUNTS:
        value = 1.0
    return Instrument(
        venue=venue,
        instrument=canonical_id(base, quote, market, expiry),
        ts_event_ns=ts_event_ns,
        ts_recv_ns=ts_recv_ns,
        symbol=symbol,
        base=base,
        quote=quote,
        market=market,
        contract=contract,
        contract_value=value,
    )


def _is_derivative(venue: str, symbol: str) -> bool:
    return (
        venue not in {"binance-spot", "coinbase", "kraken", "bitstamp", "gemini", "bitfinex"}
        or "PERP" in symbol.upper()
    )


def _split(symbol: str) -> tuple[str, str, str | None]:
    """Base, quote and expiry date of a venue's symbol; an unknown shape becomes a base with the quote `USD`."""
    name = symbol.upper()
    dated = re.fullmatch(r"(.+?)[-_](?:20)?(\d{6})", name)
    expiry = f"20{dated[2]}" if dated else None
    name = dated[1] if dated else name
    name = re.sub(r"[-_](PERP(ETUAL)?|SWAP)$", "", name)
    parts = [part for part in re.split(r"[-_/]", name) if part]
    if len(parts) >= 2:
        return parts[0], parts[1], expiry
    for quote in QUOTES:
        if name.endswith(quote) and len(name) > len(quote):
            return name[: -len(quote)], quote, expiry
    return name or "UNKNOWN", "USD", expiry
