"""Derivative tickers as Tardis writes them: every row repeats all that was last said, and one field of it is new.

Only what is new is an event, for a repetition is no word of the venue's. An empty field was never said. The forecast of
the next interval's funding is left out: a rate is that of the current one.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from producers.tables.table import EARLIEST_US, LATEST_US, Table
from producers.venues import events
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import DerivativeState


class _State(NamedTuple):
    """A row's fields, None where it is empty."""

    next_funding_us: int | None
    funding_rate: float | None
    open_interest: float | None
    last: float | None
    index_price: float | None
    mark: float | None


class TardisDerivatives(Table):
    """One file of mark, index, funding and open interest."""

    kind = "derivative_ticker"
    time_column = 3
    header = (
        "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_rate,open_interest,"
        "last_price,index_price,mark_price"
    )

    def _events(self, lines: Iterator[list[str]]) -> Iterator[Event]:
        skipped = self.skipped
        before: dict[tuple[str, str], _State] = {}
        for run in lines:
            for line in run:
                try:
                    exchange, symbol, event_text, recv_text, at, rate, _, interest, last, index, mark = line.split(",")
                except ValueError:
                    skipped["bad_shape"] += 1
                    continue
                try:
                    ts_us, recv_us = int(event_text), int(recv_text)
                    state = _State(
                        int(at) if at else None,
                        _number(rate),
                        _size(interest),
                        _price(last),
                        _price(index),
                        _price(mark),
                    )
                except ValueError:
                    skipped["bad_number"] += 1
                    continue
                funded_us = state.next_funding_us
                known = EARLIEST_US < ts_us < LATEST_US and EARLIEST_US < recv_us < LATEST_US
                if not known or not (funded_us is None or EARLIEST_US < funded_us < LATEST_US):
                    skipped["bad_time"] += 1
                    continue
                market = self.instruments.get((exchange, symbol))
                if market is None:
                    market = self._define(exchange, symbol, ts_us * 1000, recv_us * 1000)
                    if market is None:
                        continue
                    yield market
                yield from _news(market, before.get((exchange, symbol)), state, ts_us * 1000, recv_us * 1000)
                before[exchange, symbol] = state


def _news(market: Instrument, before: _State | None, now: _State, ts_ns: int, recv_ns: int) -> Iterator[Event]:
    """What this row says and the one before did not."""
    old = before or _State(None, None, None, None, None, None)
    mark = now.mark if now.mark != old.mark else None
    index = now.index_price if now.index_price != old.index_price else None
    rate = now.funding_rate if now.funding_rate != old.funding_rate else None
    funded_us = now.next_funding_us if now.next_funding_us != old.next_funding_us else None
    if (mark, index, rate, funded_us) != (None, None, None, None):
        yield DerivativeState(
            venue=market.venue,
            instrument=market.instrument,
            ts_event_ns=ts_ns,
            ts_recv_ns=recv_ns,
            mark=mark,
            index=index,
            funding_rate=rate,
            next_funding_ns=funded_us * 1000 if funded_us is not None else None,
        )
    if now.open_interest is not None and now.open_interest != old.open_interest:
        yield events.open_interest(market, ts_ns, recv_ns, qty=now.open_interest, price=now.mark or now.last)


def _number(text: str) -> float | None:
    if not text:
        return None
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _price(text: str) -> float | None:
    """A price; zero is one that the exchange does not have."""
    price = _number(text)
    if price is not None and price < 0.0:
        raise ValueError(text)
    return price or None


def _size(text: str) -> float | None:
    size = _number(text)
    if size is not None and size < 0.0:
        raise ValueError(text)
    return size
