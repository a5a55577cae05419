"""Expiry dates in names: what is a date is one, what only looks like one is left in the name."""

from __future__ import annotations

import pytest

from producers.tables.tardis_dates import expiry_of


@pytest.mark.parametrize(
    ("venue", "name", "stem", "expiry"),
    [
        ("binance-coinm", "BTCUSD_241227", "BTCUSD", "20241227"),
        ("okex-futures", "BTC-USD-241227", "BTC-USD", "20241227"),
        ("ftx", "BTC-20211231", "BTC", "20211231"),
        ("deribit", "BTC-27DEC24", "BTC", "20241227"),
        ("deribit", "BTC-3JAN25", "BTC", "20250103"),
        ("deribit", "BTC_USDC-28MAR25", "BTC_USDC", "20250328"),
        ("bybit", "BTCUSDT-27DEC24", "BTCUSDT", "20241227"),
        ("bybit", "BTCUSDH25", "BTCUSD", "20250328"),
        ("bybit", "BTCUSDZ24", "BTCUSD", "20241227"),
        ("bitmex", "XBTM24", "XBT", "20240628"),
        ("bitmex", "XBTU23", "XBT", "20230929"),
    ],
)
def test_a_dated_future_has_its_date(venue: str, name: str, stem: str, expiry: str) -> None:
    """A future would be a perpetual, and every expiry the same market."""
    assert expiry_of(venue, name) == (stem, expiry)


@pytest.mark.parametrize(
    ("venue", "name"),
    [
        ("binance-usdm", "BTCUSDT"),
        ("deribit", "BTC-PERPETUAL"),
        ("deribit", "BTC-32DEC24"),
        ("deribit", "BTC-27XXX24"),
        ("okex-futures", "BTC-USD-241327"),
        ("ftx", "BTC-1230"),
        ("bitmex", "XBTF25"),
        ("okex", "BTCUSDH25"),
        ("bybit", ""),
    ],
)
def test_what_is_no_date_stays_a_name(venue: str, name: str) -> None:
    """A market would get an expiry that nobody wrote."""
    assert expiry_of(venue, name) is None
