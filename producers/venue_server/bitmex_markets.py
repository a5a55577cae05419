"""BitMEX's row of a market in `instrument/active`, and its names for markets that are made up."""

from __future__ import annotations

from typing import Any

from producers.venue_server.markets import Market

INDEX = {"symbol": ".BXBT", "typ": "MRCXXX", "state": "Unlisted", "underlying": "XBT", "quoteCurrency": "USD"}
"""Indices stand in the list beside the markets."""
TYPES = {"perp": "FFWCSX", "future": "FFCCSX", "spot": "IFXXXP"}
COINS = {"BTC": "XBT"}


def listed(market: Market) -> dict[str, Any]:
    """A market's row: the multiplier tells what an inverse lot is worth, of others stands how many a coin is."""
    is_inverse, value, day = market.contract == "inverse", market.contract_value, market.expiry
    return {
        "symbol": market.symbol,
        "typ": TYPES[market.kind],
        "state": "Open",
        "underlying": COINS.get(market.base, market.base),
        "quoteCurrency": COINS.get(market.quote, market.quote),
        "settlCurrency": "USDt" if market.quote == "USDT" else "XBt",
        "tickSize": float(market.tick),
        "multiplier": -100_000_000 * value if is_inverse else 100,
        "underlyingToSettleMultiplier": -100_000_000 if is_inverse else None,
        "underlyingToPositionMultiplier": round(1 / value, 9) if market.contract in ("linear", "spot") else None,
        "isInverse": is_inverse,
        "isQuanto": market.contract == "quanto",
        "expiry": f"{day[:4]}-{day[4:6]}-{day[6:]}T12:00:00.000Z" if day else None,
    }


def made_up(coin: str) -> list[Market]:
    """A linear perpetual contract and the spot pair; of bitcoin an inverse contract of one dollar too."""
    name = COINS.get(coin, coin)
    linear = Market(symbol=f"{name}USDT", base=coin, quote="USDT", contract_value=1e-6, step="1000")
    spot = Market(
        symbol=f"{name}_USDT", base=coin, quote="USDT", kind="spot", contract="spot", contract_value=1e-8, step="1000"
    )
    inverse = Market(symbol=f"{name}USD", base=coin, quote="USD", contract="inverse", step="100")
    return [inverse, linear, spot] if coin == "BTC" else [linear, spot]
