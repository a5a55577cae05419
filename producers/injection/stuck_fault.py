"""What ghosts and crossed books share: they follow each book until their order appears in it, and take it out again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from producers.injection.fault import Fault, Market, OptionsT, Plan, market_of
from producers.injection.stuck import Book, StuckOrder
from producers.kafka.mirror import BookMirror
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Trade

_pairs: msgspec.json.Decoder[list[tuple[float, float]]] = msgspec.json.Decoder(list[tuple[float, float]])


class Seen:
    """What is known of one market until an order appears in it."""

    def __init__(self) -> None:
        self.mirror = BookMirror()
        self.last_price: float | None = None
        self.tick: float | None = None

    def book(self, market: Market) -> Book | None:
        """The true book; None while it is unknown or a side is empty."""
        whole = self.mirror.keyframe(*market)
        return None if whole is None else (dict(_pairs.decode(whole.bids)), dict(_pairs.decode(whole.asks)))

    def step(self, price: float) -> float:
        """The tick; where nobody names it, as fine as this price is written."""
        return self.tick or float(Decimal(1).scaleb(int(Decimal(repr(price)).as_tuple().exponent)))


class StuckFault(Fault[OptionsT]):
    """Puts an order into every book that it concerns."""

    def __init__(self, plan: Plan, options: OptionsT) -> None:
        super().__init__(plan, options)
        self._seen: dict[Market, Seen] = {}
        self._orders: dict[Market, StuckOrder] = {}

    @abstractmethod
    def order(self, seen: Seen, book: Book) -> StuckOrder:
        """The order for this book, of which both sides have levels."""

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """The event; a message of a book with the order in it."""
        if not self.concerns(event):
            return (event,)
        if not isinstance(event, BookDelta | BookSnapshot):
            self._note(event)
            return (event,)
        market = market_of(event)
        seen = self._seen.setdefault(market, Seen())
        order = self._orders.get(market)
        if not self.over(at_ns):
            seen.mirror.take(event)
        if self.holds(at_ns):
            book = seen.book(market) if order is None else None
            if book is not None:
                order = self._orders[market] = self.order(seen, book)
            return (event,) if order is None else self._with(order, event)
        if order is None:
            return (event,)
        if isinstance(event, BookSnapshot) and event.keeps_far_levels:
            return self._with(order, event)  # it need not reach so far: the next change tells
        del self._orders[market]
        if isinstance(event, BookSnapshot):
            return (event,)
        self.touched["changed"] += 1
        return (order.released(event),)

    def _with(self, order: StuckOrder, event: BookDelta | BookSnapshot) -> Iterable[Event]:
        if isinstance(event, BookSnapshot) and event.keyframe:
            return (event,)
        self.touched["changed"] += 1
        return (order.whole(event) if isinstance(event, BookSnapshot) else order.changed(event),)

    def _note(self, event: Event) -> None:
        if isinstance(event, Trade):
            if event.print == "market":
                self._seen.setdefault(market_of(event), Seen()).last_price = event.price
        elif isinstance(event, Instrument):
            self._seen.setdefault(market_of(event), Seen()).tick = event.tick_size
        elif isinstance(event, Gap) and event.channel in ("book", "all"):
            for (venue, instrument), seen in self._seen.items():
                if venue == event.venue and event.instrument in (instrument, EVERY_INSTRUMENT):
                    seen.mirror.lose()
