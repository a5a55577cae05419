"""Binance's REST side: its answers as Structs, the list of markets and the whole book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar
from urllib.parse import quote

import msgspec

from producers.venue import Request
from producers.venues import events
from producers.venues.decoding import (
    FAILURES,
    WireAmount,
    WireId,
    WirePrice,
    WireTime,
    check_levels,
    decode_error,
    event_ns,
)
from schemas.instrument import Instrument
from schemas.market import BookSnapshot


class DepthAnswer(msgspec.Struct, frozen=True, rename={"last_id": "lastUpdateId", "push_ms": "E", "match_ms": "T"}):
    """The REST answer with a whole book; spot has no times.

    {"lastUpdateId":1570255790655,"E":1654232606707,"T":1654232606695,"bids":[["30430.80","0.482"]],"asks":[["30430.90","1.685"]]}
    """

    last_id: WireId
    bids: msgspec.Raw
    asks: msgspec.Raw
    push_ms: WireTime | None = None
    match_ms: WireTime | None = None


class ListedFilter(msgspec.Struct, frozen=True, rename={"kind": "filterType", "tick_size": "tickSize"}):
    """A trading rule of a listed market; only the tick size is read."""

    kind: str = ""
    tick_size: WireAmount | None = None


class Listed(
    msgspec.Struct,
    frozen=True,
    rename={
        "base": "baseAsset",
        "quote": "quoteAsset",
        "contract_status": "contractStatus",
        "contract_type": "contractType",
        "contract_size": "contractSize",
    },
):
    """One market of `exchangeInfo`. COIN-M calls its status `contractStatus`."""

    symbol: str
    base: str
    quote: str
    status: str = ""
    contract_status: str = ""
    contract_type: str = ""
    contract_size: WirePrice | None = None
    filters: tuple[ListedFilter, ...] = ()

    @property
    def trading(self) -> bool:
        """Whether the market can be traded now."""
        return "TRADING" in (self.status, self.contract_status)

    @property
    def tick_size(self) -> float | None:
        """The smallest step of its price, where listed."""
        ticks = [rule.tick_size for rule in self.filters if rule.kind == "PRICE_FILTER" and rule.tick_size]
        return ticks[0] if ticks else None


class ExchangeInfo(msgspec.Struct, frozen=True):
    """The list of markets, each decoded on its own so that a strange one does not hide the others."""

    symbols: tuple[msgspec.Raw, ...]


class OpenInterestAnswer(msgspec.Struct, frozen=True, rename={"qty": "openInterest"}):
    """One side of one market, in its lots.

    {"symbol":"BTCUSDT","openInterest":"84617.188","time":1654336844754}
    """

    symbol: str
    qty: WireAmount
    time: WireTime


class FundAsset(msgspec.Struct, frozen=True, rename={"balance": "marginBalance"}):
    """What an insurance fund holds of one asset; a fund in debt is negative."""

    asset: str
    balance: Annotated[float, msgspec.Meta(gt=-1e18, lt=1e18)]


class Fund(msgspec.Struct, frozen=True):
    """An insurance fund and the markets that it stands behind. Documented, not captured.

    {"symbols":["ACTUSDT","OMUSDT"],"assets":[{"asset":"USDT","marginBalance":"5166686.84431694","updateTime":1745366402000}]}
    """

    symbols: tuple[str, ...]
    assets: tuple[FundAsset, ...]


class AdlRating(msgspec.Struct, frozen=True, rename={"risk": "adlRisk"}):
    """How likely a liquidation is to end in auto-deleveraging. Documented, not captured.

    {"symbol":"BTCUSDT","adlRisk":"low","updateTime":1597370495002}
    """

    symbol: str
    risk: str


_exchange_info = msgspec.json.Decoder(ExchangeInfo).decode
_listed = msgspec.json.Decoder(Listed, strict=False).decode
_depth = msgspec.json.Decoder(DepthAnswer).decode


class BinanceRest:
    """The part of a Binance venue that asks. Knows its registered markets and nothing else."""

    api: ClassVar[str]
    """Version prefix of the calls."""
    depth_limit: ClassVar[int]
    """Levels a side in a book snapshot: the most that the venue gives."""

    def __init__(self) -> None:
        self._by_symbol: dict[str, Instrument] = {}

    def instruments_requests(self) -> list[Request]:
        """The call for `exchangeInfo`."""
        return [Request(path=f"{self.api}/exchangeInfo")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The markets that are trading now; a market that cannot be read is left out."""
        try:
            symbols = _exchange_info(body).symbols
        except FAILURES as failure:
            raise decode_error(failure) from failure
        found = []
        for raw in symbols:
            try:
                listed = _listed(raw)
            except FAILURES:
                continue
            instrument = self.instrument(listed, ts_recv_ns) if listed.trading else None
            if instrument is not None:
                found.append(instrument)
        return found

    def instrument(self, listed: Listed, ts_recv_ns: int) -> Instrument | None:
        """A listed market as an instrument, or None for a kind that is not followed."""
        raise NotImplementedError

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known to `parse`."""
        self._by_symbol.update((instrument.symbol, instrument) for instrument in instruments)

    def book_request(self, instrument: Instrument) -> Request:
        """The call for a whole book; symbols may be Chinese, so they are quoted."""
        return Request(path=f"{self.api}/depth?symbol={quote(instrument.symbol)}&limit={self.depth_limit}")

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book in the answer: a resync, so that levels beyond its range stay."""
        try:
            answer = _depth(body)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        bids, asks = answer.bids, answer.asks
        check_levels(bids, asks)
        time_ms = answer.match_ms or answer.push_ms
        at_ns = event_ns(time_ms, ts_recv_ns) if time_ms else ts_recv_ns
        return events.snapshot(
            instrument, at_ns, ts_recv_ns, bids=bids, asks=asks, last_id=answer.last_id, keeps_far_levels=True
        )
