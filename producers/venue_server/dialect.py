"""The contract of a venue's way of talking: one small file a venue, beside it nothing knows a venue's name.

A *topic* is what a frame and a subscription have in common: `btcusdt@depth` for every speed of that stream,
`l2Book:BTC`. A dialect also *writes* its venue's wire, so that markets can be made up where no recording is at hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener
from producers.venue_server.markets import Market

Level = tuple[float, float]
"""Price and quantity in base coin."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue enforces, from its documentation; None where it enforces nothing of the kind."""

    messages_per_s: float
    """A client that says more is closed with 1008."""
    operations_per_h: int | None = None
    """Of one connection."""
    topics: int | None = None
    """Of one connection."""
    frame_bytes: int | None = None
    """Of one message of the client."""
    address_messages_per_s: float | None = None
    address_messages_per_min: float | None = None
    """Of all connections of one address together, where they are counted so."""
    address_topics: int | None = None
    """Of all connections of one address together."""
    connections: int | None = None
    """Open at once from one address."""
    connects_per_min: float | None = None
    """From one address: more are answered with 429."""
    server_ping_s: float | None = None
    """How often the venue pings, in the protocol's own way."""
    client_silence_s: float | None = None
    """A client that says nothing for so long is cut, even while data flows."""
    idle_s: float | None = None
    """A connection on which neither side says anything for so long is cut."""
    lifetime_s: float | None = None
    """Every connection is cut after so long."""


class Answer(msgspec.Struct, frozen=True):
    """A REST answer."""

    body: bytes
    status: int = 200
    later: bool = False
    """It says what time it is, and nothing was played yet: of a recording it is not now. Then it will be there."""


class BookCall(msgspec.Struct, frozen=True):
    """A REST call for the whole book of a symbol: whoever keeps the books answers it."""

    symbol: str


class RestBook(Protocol):
    """A book that is kept from the frames played, for clients that fetch it."""

    wanted: bool
    """No snapshot yet, or the recorded deltas do not chain: whoever follows this book needs a snapshot."""

    @property
    def seeded(self) -> bool:
        """A snapshot can be served."""

    def seed(self, body: bytes) -> None:
        """Start again from a recorded REST answer."""

    def snapshot(self) -> bytes:
        """The REST answer for the book as it stands."""


class Dialect(Protocol):
    """One venue's way of talking. `write_…` is given base coin and quote currency, whatever the wire counts."""

    venue_id: str
    rules: Rules

    def list_markets(self, markets: Sequence[Market]) -> None:
        """Learn what is listed; `rest` answers with it from now on."""

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | BookCall | None:
        """The answer to a REST call; None where the venue has nothing at this path."""

    def listener(self, path: str, streams: str) -> Listener | None:
        """The state for a connection on this path, or None where the venue has no such path."""

    def greeting(self, listener: Listener) -> list[bytes]:
        """What the venue says first on a new connection."""

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answers to what the client said."""

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The topics of a frame; empty when it is none of this venue."""

    def payload(self, raw: bytes, topics: tuple[str, ...], listener: Listener, /) -> bytes:
        """The frame as this connection receives it."""

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Note a frame that was played: books are kept for those who subscribe later."""

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """What somebody who subscribes to this topic in the middle of a run gets first: a whole book, mostly."""

    def book_symbol(self, topic: str, /) -> str | None:
        """The venue symbol whose book is fetched by REST, where the topic is one of such a book's deltas."""

    def rest_book(self, symbol: str, /) -> RestBook | None:
        """The book that REST answers with, where it does."""

    def sighted(self, raw: bytes) -> Iterable[tuple[str, list[str], list[str]]]:
        """Symbols in a frame of a recording without header, with price and quantity strings, to guess steps from."""

    def named(self, symbol: str, *, tick: str, step: str) -> Market | None:
        """What a symbol says of its market, for recordings without header."""

    def recognise(self, raw: bytes) -> str | None:
        """The symbol, where a recorded frame can be of no other venue."""

    # Writing the wire

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """Markets of these coins as the venue would name them."""

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book where the socket sends it first; nothing where it is fetched."""

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels; a quantity of 0 removes one."""

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """A forced close, where the venue shows it; nothing on markets or venues that do not."""

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """Mark, index, funding and open interest, as far as the socket tells them."""
