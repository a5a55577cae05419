"""Binance's row of a market in `exchangeInfo`, and what its frames tell of a market where no list was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from producers.venue_server.listener import loads
from producers.venue_server.markets import Market, decimals

_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "BTC", "ETH")
_PERPETUAL_DELIVERY_MS = 4_133_404_800_000
"""Binance writes 2100-12-25 as the delivery date of what never delivers."""


def row(market: Market) -> dict[str, Any]:
    """What every Binance market's row has."""
    return {
        "symbol": market.symbol,
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": market.tick, "maxPrice": "4529764", "tickSize": market.tick},
            {"filterType": "LOT_SIZE", "minQty": market.step, "maxQty": "1000000", "stepSize": market.step},
        ],
    }


def spot_row(market: Market) -> dict[str, Any]:
    """A spot market."""
    return {**row(market), "status": "TRADING", "isSpotTradingAllowed": True, "permissionSets": [["SPOT"]]}


def usdm_row(market: Market) -> dict[str, Any]:
    """A USD-M contract."""
    return {
        **row(market),
        "pair": market.symbol.partition("_")[0],
        "contractType": "CURRENT_QUARTER" if market.expiry else "PERPETUAL",
        "deliveryDate": _PERPETUAL_DELIVERY_MS,
        "marginAsset": market.quote,
        "pricePrecision": decimals(market.tick),
        "quantityPrecision": decimals(market.step),
        "underlyingType": "COIN",
        "liquidationFee": "0.012500",
        "status": "TRADING",
    }


def coinm_row(market: Market) -> dict[str, Any]:
    """A COIN-M contract, which has a size and calls its status otherwise."""
    shared = usdm_row(market)
    del shared["status"]
    value = market.contract_value
    size = int(value) if value.is_integer() else value
    return {**shared, "contractStatus": "TRADING", "marginAsset": market.base, "contractSize": size}


def named(symbol: str, *, tick: str, step: str, inverse: bool) -> Market:
    """What a symbol says of its market."""
    pair, _, suffix = symbol.partition("_")
    quote = next((quote for quote in _QUOTES if pair.endswith(quote)), "")
    base = pair.removesuffix(quote)
    expiry = f"20{suffix}" if suffix.isdigit() else ""
    # COIN-M documentation: contracts of 100 USD for BTC, of 10 USD for every other coin.
    value = (100.0 if base == "BTC" else 10.0) if inverse else 1.0
    return Market(
        symbol=symbol,
        base=base,
        quote=quote,
        kind="future" if expiry else "perp",
        contract="inverse" if inverse else "linear",
        contract_value=value,
        tick=tick,
        step=step,
        expiry=expiry,
    )


def sighted(raw: bytes) -> Iterable[tuple[str, list[str], list[str]]]:
    """Symbols of a frame with their price and quantity strings."""
    message = loads(raw)
    data = message.get("data", message) if isinstance(message, dict) else None
    for event in data if isinstance(data, list) else [data]:
        if not isinstance(event, dict):
            continue
        order = event["o"] if isinstance(event.get("o"), dict) else event
        if not isinstance(symbol := order.get("s"), str):
            continue
        levels = [level for side in ("b", "a") if isinstance(event.get(side), list) for level in event[side]]
        # In a mark price `p` has eight digits whatever the tick.
        price = "0" if event.get("e") == "markPriceUpdate" else order.get("p", "0")
        prices, quantities = [level[0] for level in levels], [level[1] for level in levels]
        yield symbol, prices or [price], quantities or [order.get("q", "0")]
