"""Binance's REST answers as Structs: the list of markets and the whole book."""

from __future__ import annotations

import msgspec

from producers.venues.decoding import WireAmount, WireId, WirePrice, WireTime


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
