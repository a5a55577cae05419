import pytest

from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_futures import BinanceFutures
from producers.venues.binance_usdm import BinanceUsdm

BOOK = b'{"e":"depthUpdate","E":1,"s":"%s","U":1,"u":2,"pu":0,"b":[],"a":[]}'
SPOT_BOOK = b'{"e":"depthUpdate","E":1,"s":"%s","U":1,"u":2,"b":[],"a":[]}'
TICKER = b'{"e":"bookTicker","u":1,"s":"%s","b":"1","B":"1","a":"2","A":"1","T":1,"E":1}'
SPOT_TICKER = b'{"u":1,"s":"%s","b":"1","B":"1","a":"2","A":"1"}'
SPOT_TRADE = b'{"e":"trade","E":1,"s":"%s","t":1,"p":"1","q":"1","T":1,"m":true,"M":true}'
FORCE = b'{"e":"forceOrder","E":1,"o":{"s":"%s","S":"SELL","p":"9","ap":"10","z":"3","T":1}}'


@pytest.mark.parametrize(("one", "symbol"), [(BinanceUsdm(), "BTCUSDT"), (BinanceCoinm(), "BTCUSD_PERP")])
def test_futures_payloads_are_told_from_those_of_spot(one: BinanceFutures, symbol: str) -> None:
    """The symbols are the same; only the keys differ."""
    for frame in (BOOK, TICKER, FORCE):
        assert one.symbol_of(frame % symbol.encode()) == symbol
    for frame in (SPOT_BOOK, SPOT_TICKER, SPOT_TRADE):
        assert one.symbol_of(frame % symbol.encode()) is None


def test_a_contract_expires_on_the_date_in_its_symbol() -> None:
    """Two expiries of a pair are two markets with two prices."""
    assert [
        one.contract(
            symbol, base="BTC", quote="USDT", contract="linear", contract_value=1.0, tick_size=0.1, ts_recv_ns=5
        ).instrument
        for one in [BinanceUsdm()]
        for symbol in ("BTCUSDT", "BTCUSDT_260925", "BTCUSDT_261225")
    ] == ["BTC-USDT-PERP", "BTC-USDT-20260925", "BTC-USDT-20261225"]


def test_books_of_both_venues_are_fetched_for_half_of_their_common_budget_at_most() -> None:
    """Each alone within the budget, USD-M and COIN-M together would be banned from both."""
    limits = [BinanceUsdm().limits, BinanceCoinm().limits]
    assert sum(20 * one.snapshots_per_min for one in limits) <= 2400 / 2
    assert limits[0].weight_pool == limits[1].weight_pool is not None
