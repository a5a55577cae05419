"""One market (venue and instrument): its definition and the four sides of its state."""

from __future__ import annotations

import msgspec

from detector.delay import Delay
from detector.forced import Forced
from detector.kernel import Book
from detector.makers import Makers
from detector.quotes import Quotes
from detector.stats.ladder import Ladder
from detector.trading import Trading
from schemas.instrument import DOLLARS, Instrument


class Market(msgspec.Struct):
    """State of one market; the hot path touches nothing else."""

    instrument: Instrument
    venue: str = ""
    """Venue id."""
    asset: str = ""
    """Base asset. Both are the instrument's, at hand for the many who ask every second."""
    trading: Trading = msgspec.field(default_factory=Trading)
    quotes: Quotes = msgspec.field(default_factory=Quotes)
    makers: Makers = msgspec.field(default_factory=Makers)
    forced: Forced = msgspec.field(default_factory=Forced)
    delay: Delay = msgspec.field(default_factory=Delay)
    halted: bool = False
    """Whether the venue says that it does not trade."""
    ladder: Ladder = msgspec.field(default_factory=Ladder)
    climbed: float = 0.0
    """The open interest that the ladder knows."""

    def __post_init__(self) -> None:
        self.venue, self.asset = self.instrument.venue, self.instrument.base

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
        self.makers.close_second(now_s, self.quotes, self.trading.last_usd, learn)
        self.forced.close_second(now_s, now_ns, learn)
        if self.forced.open_interest > 0 and self.trading.price > 0:
            self._climb(self.trading.price)
        self.delay.close_second(now_s, learn)

    def _climb(self, price: float) -> None:
        """Open interest at the price of the second: what it gained stands to be liquidated somewhere."""
        lots = self.forced.open_interest
        if lots != self.climbed and (usd := self.instrument.notional_usd(lots, price)) is not None:
            self.climbed = lots
            self.ladder.on_open_interest(price=price, usd=usd)
        self.ladder.sweep(price)
