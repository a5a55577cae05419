"""dYdX's indexer wire as Structs: bounds on its numbers, which it writes as text. Unknown keys are ignored.

Every docstring that shows a frame shows a captured or a documented one (2024 to 2026), shortened.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, TypeVar

import msgspec

from producers.venue import Ack, Refusal
from producers.venues.decoding import FAILURES, WireAmount, WireId, WirePrice, WireRate, decode_error, event_ns

_T = TypeVar("_T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Frame(msgspec.Struct, frozen=True, gc=False):
    """{"type":"channel_data","connection_id":"8605","message_id":5814,"id":"GRT-USD","channel":"v4_orderbook","version":"1.0.0","contents":{}}"""

    type: str = ""
    channel: str = ""
    id: str | None = None
    message: str = ""
    contents: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def answer(self) -> Ack | Refusal:
        """What an error means.

        Subscriptions that are said again are errors, and the third error within a second is the end of the connection:
        a channel that the venue could not open stays closed, and the others go on.
        """
        if "already subscribed" in self.message:
            return Ack()
        return Refusal(self.message[:200], "reconnect" if self.message.startswith("Too many") else "ignore")


class Row(msgspec.Struct, frozen=True, gc=False):
    """{"price":"0.1547","size":"35520"}: of the book at the start"""

    price: WirePrice
    size: WireAmount


class Whole(msgspec.Struct, frozen=True):
    """{"bids":[{"price":"0.1547","size":"35520"}],"asks":[]}"""

    bids: tuple[Row, ...] = ()
    asks: tuple[Row, ...] = ()


class Pair(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """["11.21","0"]: of changes; formerly with a third member"""

    price: WirePrice
    size: WireAmount


class Book(msgspec.Struct, frozen=True):
    """{"bids":[["11.21","0"]]}"""

    bids: tuple[Pair, ...] = ()
    asks: tuple[Pair, ...] = ()


class TradeRow(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"id":"014f495a0000000200000005","side":"SELL","size":"3.9","price":"22.87","type":"LIQUIDATED","createdAt":"2024-08-04T07:34:50.628Z"}"""

    id: str
    side: Literal["BUY", "SELL"]
    size: WireAmount
    price: WirePrice
    created_at: Time
    type: str = "LIMIT"


class Trades(msgspec.Struct, frozen=True):
    """{"trades":[]}"""

    trades: tuple[msgspec.Raw, ...] = ()  # each is read by itself: `TradeRow`


class MarketRow(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """{"ticker":"BTC-USD","status":"ACTIVE","oraclePrice":"60387.51779","nextFundingRate":"0.00001351","openInterest":"648.2389","tickSize":"1"}, or any of it, or {"oraclePrice":"43300.00","effectiveAt":"2024-01-01T00:01:00.000Z"}"""  # noqa: E501

    status: str | None = None
    oracle_price: WireAmount | None = None
    next_funding_rate: WireRate | None = None  # of one hour
    open_interest: WireAmount | None = None
    tick_size: WireAmount | None = None
    effective_at: Time | None = None
    quote_asset: str = ""  # of the dead third version


class Markets(msgspec.Struct, frozen=True, rename="camel"):
    """{"markets":{}} at the start, {"trading":{}} or {"oraclePrices":{}} later; here too each row is read by itself"""

    markets: dict[str, msgspec.Raw] = {}
    trading: dict[str, msgspec.Raw] = {}
    oracle_prices: dict[str, msgspec.Raw] = {}


class Listing(msgspec.Struct, frozen=True):
    """{"markets":{}}"""

    markets: dict[str, msgspec.Raw]  # each is read by itself: `MarketRow`


class Block(msgspec.Struct, frozen=True, gc=False):
    """{"blockHeight":"12345679","time":"2024-01-01T00:00:01.000Z"}; {"height":"12345678","time":"…"} at the start"""

    time: Time


class Numbered(msgspec.Struct, frozen=True, gc=False):
    """Every message of a connection: {"type":"connected","connection_id":"8605","message_id":0}"""

    message_id: WireId | None = None


frames = msgspec.json.Decoder(Frame)
numbered = msgspec.json.Decoder(Numbered)
blocks = msgspec.json.Decoder(Block)
listings = msgspec.json.Decoder(Listing, strict=False)
market_row = msgspec.json.Decoder(MarketRow, strict=False).decode
trade_row = msgspec.json.Decoder(TradeRow, strict=False).decode
wholes = msgspec.json.Decoder(Whole, strict=False)
books: msgspec.json.Decoder[Book | tuple[Book, ...]] = msgspec.json.Decoder(Book | tuple[Book, ...], strict=False)
trades: msgspec.json.Decoder[Trades | tuple[Trades, ...]]
trades = msgspec.json.Decoder(Trades | tuple[Trades, ...], strict=False)
markets: msgspec.json.Decoder[Markets | tuple[Markets, ...]]
markets = msgspec.json.Decoder(Markets | tuple[Markets, ...], strict=False)


def read(decoder: msgspec.json.Decoder[_T], raw: bytes | msgspec.Raw) -> _T:
    """Decode, or raise `DecodeError`."""
    try:
        return decoder.decode(raw)
    except FAILURES as failure:
        raise decode_error(failure) from failure


def parts(contents: _T | tuple[_T, ...]) -> tuple[_T, ...]:
    """A batch has an array where a single message has an object."""
    return contents if isinstance(contents, tuple) else (contents,)


def book(contents: msgspec.Raw, *, whole: bool) -> tuple[Whole | Book, ...]:
    """A whole book, or the changes of a message or a batch."""
    return (read(wholes, contents),) if whole else parts(read(books, contents))


def at_ns(moment: datetime, ts_recv_ns: int) -> int:
    """A time in nanoseconds, if it can be."""
    return event_ns((moment - _EPOCH) // timedelta(milliseconds=1), ts_recv_ns)
