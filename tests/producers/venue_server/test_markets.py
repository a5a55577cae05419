"""What the server knows of markets."""

from __future__ import annotations

from producers.venue_server.markets import Market, market_of
from schemas.instrument import Instrument


def test_a_recordings_header_is_listed_as_it_is() -> None:
    """What the recorder knew is what the client is told."""
    instrument = Instrument(
        venue="binance-coinm",
        instrument="BTC-USD-20260925",
        ts_event_ns=0,
        ts_recv_ns=0,
        symbol="BTCUSD_260925",
        base="BTC",
        quote="USD",
        market="future",
        contract="inverse",
        contract_value=100.0,
        tick_size=1e-05,
    )
    market = market_of(instrument)
    assert market == Market(
        symbol="BTCUSD_260925",
        base="BTC",
        quote="USD",
        kind="future",
        contract="inverse",
        contract_value=100.0,
        tick="0.00001",
        expiry="20260925",
    )
