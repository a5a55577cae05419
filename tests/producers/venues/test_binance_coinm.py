import json

import pytest

from producers.venues.binance_coinm import BinanceCoinm


@pytest.mark.parametrize(
    ("symbol", "name", "contract_value"),
    [
        ("BTCUSD_PERP", "BTC-USD-PERP", 100.0),
        ("BTCUSD_260925", "BTC-USD-20260925", 100.0),
        ("ETHUSD_PERP", "ETH-USD-PERP", 10.0),
        ("WLDUSD_PERP", "WLD-USD-PERP", 10.0),
    ],
)
def test_a_symbol_names_its_market_and_its_contract(symbol: str, name: str, contract_value: float) -> None:
    """A BTC contract is ten times any other: the wrong one makes BTC look calm or everything else wild."""
    instrument = BinanceCoinm().infer_instrument(symbol, 0)
    assert instrument is not None
    assert (instrument.instrument, instrument.contract_value, instrument.contract) == (name, contract_value, "inverse")


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTCUSD", "USD_PERP", "", "BTCUSDT_260925"])
def test_a_symbol_of_another_kind_is_none(symbol: str) -> None:
    """Linear markets counted in contracts are nonsense."""
    assert BinanceCoinm().infer_instrument(symbol, 0) is None


def test_the_listed_contract_size_wins_and_a_missing_one_stays_unknown() -> None:
    """A rule of thumb must not overrule the venue, nor fill in for it."""
    row = {"symbol": "BTCUSD_PERP", "baseAsset": "BTC", "quoteAsset": "USD", "contractStatus": "TRADING"}
    rows = [
        {**row, "contractSize": 50},
        {**row, "symbol": "ETHUSD_PERP", "baseAsset": "ETH"},
        {**row, "symbol": "XRPUSD_260925", "baseAsset": "XRP", "contractSize": 10, "contractStatus": "DELIVERING"},
    ]
    found = BinanceCoinm().parse_instruments(json.dumps({"symbols": rows}).encode(), 5)
    assert [(one.instrument, one.contract_value) for one in found] == [("BTC-USD-PERP", 50.0), ("ETH-USD-PERP", None)]
    assert found[1].notional_usd(3, 2000.0) is None


def test_all_streams_of_a_market_share_a_socket() -> None:
    """There are no routes here, and a socket with more than 200 streams is refused."""
    one = BinanceCoinm()
    instruments = [found for n in range(50) if (found := one.infer_instrument(f"C{n}USD_PERP", 0))]
    sockets = one.sockets(instruments)
    assert [socket.path for socket in sockets] == ["/stream", "/stream"]
    assert [sum(len(json.loads(frame)["params"]) for frame in socket.subscribe) for socket in sockets] == [196, 55]
