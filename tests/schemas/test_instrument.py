from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instrument import Contract, Instrument, Kind, canonical_id


def _instrument(contract: Contract, value: float | None, quote: str = "USDT") -> Instrument:
    return Instrument(
        venue="v",
        instrument=f"BTC-{quote}-PERP",
        ts_event_ns=0,
        ts_recv_ns=0,
        symbol="BTC",
        base="BTC",
        quote=quote,
        market="perp",
        contract=contract,
        contract_value=value,
    )


@pytest.mark.parametrize(
    ("contract", "value", "quote", "dollars", "coins"),
    [
        ("spot", 1.0, "USDC", 100_000.0, 2.0),
        ("linear", 1.0, "USDT", 100_000.0, 2.0),
        ("linear", 0.01, "USDT", 1_000.0, 0.02),
        ("inverse", 100.0, "USD", 200.0, 0.004),
        ("linear", None, "USDT", None, None),
        ("inverse", None, "USD", None, None),
        ("quanto", 0.000_001, "USDT", None, None),
        ("spot", 1.0, "EUR", None, 2.0),
    ],
)
def test_two_lots_at_fifty_thousand_are_worth(
    contract: Contract, value: float | None, quote: str, dollars: float | None, coins: float | None
) -> None:
    """A wrong contract value misstates every liquidation of the market, by up to a thousand times."""
    instrument = _instrument(contract, value, quote)
    assert instrument.notional_usd(2, 50_000.0) == (None if dollars is None else pytest.approx(dollars))
    assert instrument.base_qty(2, 50_000.0) == (None if coins is None else pytest.approx(coins))


def test_an_inverse_contract_at_no_price_has_no_quantity_in_coins() -> None:
    """A division by zero would end the stream."""
    assert _instrument("inverse", 100.0, "USD").base_qty(1, 0.0) is None


@given(qty=st.floats(1e-6, 1e9), price=st.floats(1e-6, 1e6), value=st.floats(1e-6, 1e6))
def test_dollars_are_coins_times_price_for_every_contract(qty: float, price: float, value: float) -> None:
    """Liquidations of inverse and of linear markets could not be added up."""
    for contract in ("spot", "linear", "inverse"):
        instrument = _instrument(contract, value)
        coins, dollars = instrument.base_qty(qty, price), instrument.notional_usd(qty, price)
        assert coins is not None
        assert dollars == pytest.approx(coins * price, rel=1e-9)


@pytest.mark.parametrize(
    ("market", "expiry", "name"),
    [
        ("perp", None, "BTC-USDT-PERP"),
        ("spot", None, "BTC-USDT-SPOT"),
        ("future", "20261225", "BTC-USDT-20261225"),
    ],
)
def test_a_canonical_id_names_base_quote_and_kind(market: Kind, expiry: str | None, name: str) -> None:
    """The same market would have two names, and half of its events under each."""
    assert canonical_id("BTC", "USDT", market, expiry) == name


def test_a_future_without_an_expiry_is_refused() -> None:
    """Two expiries would share one book."""
    with pytest.raises(ValueError, match="expiry"):
        canonical_id("BTC", "USD", "future")
