from __future__ import annotations

from typing import Literal

from producers.selection import select
from schemas.instrument import Instrument, canonical_id


def market(
    base: str, quote: str, kind: Literal["spot", "perp", "future"] = "perp", expiry: str | None = None
) -> Instrument:
    return Instrument(
        venue="v",
        instrument=canonical_id(base, quote, kind, expiry),
        ts_event_ns=0,
        ts_recv_ns=0,
        symbol=base + quote,
        base=base,
        quote=quote,
        market=kind,
        contract="linear",
        contract_value=1.0,
    )


LISTED = [
    market("BTC", "USDT"),
    market("BTC", "USDC"),
    market("BTC", "USD"),
    market("BTC", "USDT", "spot"),
    market("BTC", "EUR", "spot"),
    market("BTC", "USDC", "spot"),
    market("BTC", "USDT", "future", "20261225"),
    market("ETH", "USDT"),
    market("ETH", "BTC"),
]


def chosen(*symbols: str, at_most: int | None = None) -> list[str]:
    return [instrument.instrument for instrument in select(LISTED, symbols, at_most=at_most)]


def test_a_base_asset_means_its_perpetuals_and_its_main_spot_market() -> None:
    """A user who asks for BTC would miss a market, or pay for thin copies of it."""
    assert chosen("btc") == ["BTC-USDT-PERP", "BTC-USDC-PERP", "BTC-USD-PERP", "BTC-USDT-SPOT"]


def test_all_takes_every_base_asset_up_to_the_cap() -> None:
    """The first run with `all` would open hundreds of books on a small machine."""
    assert chosen("all") == [*chosen("BTC"), "ETH-USDT-PERP"]
    assert chosen("all", at_most=2) == ["BTC-USDT-PERP", "BTC-USDC-PERP"]


def test_a_canonical_id_means_that_market_alone() -> None:
    """A dated future could not be followed at all."""
    assert chosen("BTC-USDT-20261225", " ", "") == ["BTC-USDT-20261225"]
    assert chosen("DOGE") == []
