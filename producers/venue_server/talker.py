"""What most dialects share: topics by name, books that the socket sends, numbers as text. A venue adds the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Literal

from producers.venue_server.dialect import Answer, BookCall, Level, RestBook, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, ViolationError
from producers.venue_server.markets import Market
from producers.venue_server.side_book import SideBook


class Talker:
    """Base of the dialects whose books come over the socket. Implements `producers.venue_server.dialect.Dialect`."""

    venue_id: str
    rules: Rules
    paths: ClassVar[tuple[str, ...]]
    """Websocket paths, without the leading slash."""

    def __init__(self) -> None:
        self.markets: dict[str, Market] = {}
        self.books: defaultdict[str, SideBook] = defaultdict(SideBook)
        """By venue symbol, as played."""
        self._numbers: defaultdict[str, int] = defaultdict(int)

    def list_markets(self, markets: Sequence[Market]) -> None:
        """Learn what is listed."""
        self.markets |= {market.symbol: market for market in markets}

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | BookCall | None:
        """Nothing, unless the venue says otherwise."""
        return None

    def listener(self, path: str, streams: str) -> Listener | None:
        """One listener for each of the paths."""
        return Listener(path.strip("/")) if path.strip("/") in self.paths and not streams else None

    def greeting(self, listener: Listener) -> list[bytes]:
        """Silence."""
        return []

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answers to what the client said."""
        raise NotImplementedError

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The topics of a frame."""
        raise NotImplementedError

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener, /) -> bytes:
        """Verbatim."""
        return raw

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Nothing to keep, unless the venue says otherwise."""

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """Nothing first, unless the venue says otherwise."""
        return []

    def book_symbol(self, topic: str, /) -> str | None:
        """None: the socket sends the books."""
        return None

    def rest_book(self, symbol: str, /) -> RestBook | None:
        """None: the socket sends the books."""
        return None

    def sighted(self, raw: bytes) -> Iterable[tuple[str, list[str], list[str]]]:
        """Recordings of this venue name their markets in a header."""
        return ()

    def named(self, symbol: str, *, tick: str, step: str) -> Market | None:
        """Recordings of this venue name their markets in a header."""
        return None

    def recognise(self, raw: bytes) -> str | None:
        """Recordings of this venue name it in a header."""
        return None

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """Markets of these coins as the venue would name them."""
        raise NotImplementedError

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""
        return []

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book."""
        return []

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels."""
        return []

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """A forced close."""
        return []

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """Mark, index, funding and open interest."""
        return []

    # For the venues' own use.

    def subscribe(self, listener: Listener, topic: str, name: str | None = None) -> None:
        """Note a subscription; `name` is how the client called it. Raises `ViolationError` above the venue's limit."""
        listener.names[name or topic] = None
        listener.topics[topic] = name or topic
        if self.rules.topics is not None and len(listener.names) > self.rules.topics:
            raise ViolationError("too many subscriptions")

    def unsubscribe(self, listener: Listener, topic: str, name: str | None = None) -> None:
        """Forget a subscription."""
        listener.names.pop(name or topic, None)
        listener.topics.pop(topic, None)

    def next_number(self, counter: str) -> int:
        """1, 2, 3 … for each counter: ids of written frames."""
        self._numbers[counter] += 1
        return self._numbers[counter]


def text(number: float, decimals: int = 8) -> str:
    """A number as venues write it: no exponent, no trailing zeros.

    >>> text(60000.0), text(0.00001234), text(1e-7)
    ('60000', '0.00001234', '0.0000001')
    """
    return f"{number:.{decimals}f}".rstrip("0").rstrip(".") if number else "0"


def texts(side: Sequence[Level], *, lot: float = 1.0) -> list[list[str]]:
    """Levels as `[["price","qty"],…]`; `lot` is what one unit of quantity is worth in base coin."""
    return [[text(price), text(qty / lot)] for price, qty in side]
