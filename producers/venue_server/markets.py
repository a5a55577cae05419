"""Market lists in each venue's own shape, from a recording's header or from the symbols and prices that it holds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import orjson

from schemas.instrument import Instrument

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "BTC", "ETH")
_PERPETUAL_DELIVERY_MS = 4_133_404_800_000
"""Binance writes 2100-12-25 as the delivery date of what never delivers."""


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What a market list says about one market."""

    symbol: str
    base: str
    quote: str
    contract_value: float = 1.0
    tick: str = "0.01"
    step: str = "0.001"
    expiry: str = ""
    """`YYMMDD` of a delivery contract."""


def market_of(instrument: Instrument) -> Market:
    """A market from a recording's header."""
    expiry = instrument.symbol.partition("_")[2] if instrument.market == "future" else ""
    return Market(
        symbol=instrument.symbol,
        base=instrument.base,
        quote=instrument.quote,
        contract_value=instrument.contract_value or 1.0,
        tick=format(Decimal(repr(instrument.tick_size)), "f") if instrument.tick_size else "0.01",
        expiry=expiry,
    )


def seen_markets(venue_id: str, frames: Iterable[bytes]) -> list[Market]:
    """Markets of the symbols in these frames; tick and step from the longest price and quantity strings."""
    steps: dict[str, tuple[int, int]] = {}
    for raw in frames:
        try:
            message = orjson.loads(raw)
        except orjson.JSONDecodeError:
            continue
        for symbol, prices, quantities in _numbers(message):
            tick, step = steps.get(symbol, (0, 0))
            steps[symbol] = max(tick, *map(_decimals, prices)), max(step, *map(_decimals, quantities))
    return [_seen_market(venue_id, symbol, tick, step) for symbol, (tick, step) in steps.items()]


def market_list(venue_id: str, markets: Iterable[Market]) -> bytes:
    """The answer to the venue's market list request."""
    if venue_id == "hyperliquid":
        universe = [
            {"szDecimals": _decimals(market.step), "name": market.symbol, "maxLeverage": 40, "marginTableId": 40}
            for market in markets
        ]
        return orjson.dumps({"universe": universe, "marginTables": []})
    symbols = [_binance(venue_id, market) for market in markets]
    return orjson.dumps({"timezone": "UTC", "serverTime": 0, "rateLimits": [], "symbols": symbols})


def _binance(venue_id: str, market: Market) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "symbol": market.symbol,
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": market.tick, "maxPrice": "4529764", "tickSize": market.tick},
            {"filterType": "LOT_SIZE", "minQty": market.step, "maxQty": "1000000", "stepSize": market.step},
        ],
    }
    if venue_id == "binance-spot":
        return {**shared, "status": "TRADING", "isSpotTradingAllowed": True, "permissionSets": [["SPOT"]]}
    futures = {
        **shared,
        "pair": market.symbol.partition("_")[0],
        "contractType": "CURRENT_QUARTER" if market.expiry else "PERPETUAL",
        "deliveryDate": _PERPETUAL_DELIVERY_MS,
        "marginAsset": market.quote,
        "pricePrecision": _decimals(market.tick),
        "quantityPrecision": _decimals(market.step),
        "underlyingType": "COIN",
        "liquidationFee": "0.012500",
    }
    if venue_id == "binance-usdm":
        return {**futures, "status": "TRADING"}
    value = market.contract_value
    contract_size = int(value) if value.is_integer() else value
    return {**futures, "contractStatus": "TRADING", "marginAsset": market.base, "contractSize": contract_size}


def _seen_market(venue_id: str, symbol: str, tick_decimals: int, step_decimals: int) -> Market:
    tick, step = _step(tick_decimals), _step(step_decimals)
    if venue_id == "hyperliquid":
        return Market(symbol=symbol, base=symbol, quote="USD", tick=tick, step=step)
    pair, _, suffix = symbol.partition("_")
    quote = next((quote for quote in _QUOTES if pair.endswith(quote)), "")
    base = pair.removesuffix(quote)
    # COIN-M documentation: contracts of 100 USD for BTC, of 10 USD for every other coin.
    value = (100.0 if base == "BTC" else 10.0) if venue_id == "binance-coinm" else 1.0
    expiry = suffix if suffix.isdigit() else ""
    return Market(symbol=symbol, base=base, quote=quote, contract_value=value, tick=tick, step=step, expiry=expiry)


def _numbers(message: Any) -> Iterable[tuple[str, list[str], list[str]]]:
    if not isinstance(message, dict):
        return
    data = message.get("data", message)
    for row in data if isinstance(data, list) else [data]:
        if not isinstance(row, dict):
            continue
        if isinstance(coin := row.get("coin"), str):
            levels = [level for side in row.get("levels", ()) for level in side] or [row]
            yield coin, [level.get("px", "0") for level in levels], [level.get("sz", "0") for level in levels]
        order = row["o"] if isinstance(row.get("o"), dict) else row
        if isinstance(symbol := order.get("s"), str):
            levels = [level for side in ("b", "a") if isinstance(row.get(side), list) for level in row[side]]
            # In a mark price `p` has eight digits whatever the tick.
            price = "0" if row.get("e") == "markPriceUpdate" else order.get("p", "0")
            prices, quantities = [level[0] for level in levels], [level[1] for level in levels]
            yield symbol, prices or [price], quantities or [order.get("q", "0")]


def _decimals(number: str) -> int:
    return len(number.partition(".")[2].rstrip("0"))


def _step(decimals: int) -> str:
    return format(Decimal(1).scaleb(-decimals), "f")
