"""One market (venue and instrument): its definition and the four sides of its state."""

from __future__ import annotations

import msgspec

from detector.delay import Delay
from detector.forced import Forced
from detector.kernel import Book
from detector.quotes import Quotes
from detector.trading import Trading
from schemas.instrument import DOLLARS, Instrument


class Market(msgspec.Struct):
    """State of one market; the hot path touches nothing else."""

    instrument: Instrument
    trading: Trading = msgspec.field(default_factory=Trading)
    quotes: Quotes = msgspec.field(default_factory=Quotes)
    forced: Forced = msgspec.field(default_factory=Forced)
    delay: Delay = msgspec.field(default_factory=Delay)

    @property
    def venue(self) -> str:
        """Venue id."""
        return self.instrument.venue

    @property
    def asset(self) -> str:
        """Base asset."""
        return self.instrument.base

    @property
    def in_dollars(self) -> bool:
        """Whether its price can be compared with other dollar markets of the asset."""
        return self.instrument.quote in DOLLARS

    def ensure_book(self) -> Quotes:
        """The quotes, with a book; a market whose lot has no known worth in dollars has none: its depth had no unit."""
        quotes, instrument = self.quotes, self.instrument
        value = instrument.contract_value
        if quotes.book is None and value is not None and instrument.contract != "quanto" and self.in_dollars:
            quotes.book = Book(value, instrument.contract == "inverse", instrument.tick_size or 0.0)
        return quotes

    def close_second(self, now_s: int, learn: bool, alive: bool = True) -> None:
        """Close the second that ends at `now_s` on every side; `alive` is whether the venue is being seen at all."""
        now_ns = now_s * 1_000_000_000
        traded = self.trading.trades
        self.trading.close_second(now_s, learn and alive, alive)
        self.quotes.close_second(now_s, last_price=self.trading.price, traded=traded, learn=learn)
        self.forced.close_second(now_s, now_ns, learn)
        self.delay.close_second(now_s, learn)
