"""What Bybit tells of many markets at once: a strange row costs no other."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues import bybit_events
from producers.venues.bybit import Bybit
from producers.venues.bybit_wire import Frame
from schemas.market import AdlState, Insurance

T_MS = 1_760_130_964_831
RECV_NS = (T_MS + 1000) * 1_000_000
BTC = Bybit().infer_instrument("BTCUSDT", 0)
assert BTC is not None
MARKETS = {"BTCUSDT": BTC}
POOL = {
    "c": "USDT",
    "s": "BTCUSDT",
    "b": "-7",
    "mb": "",
    "i_pr": "-0.3",
    "pr": "-0.35",
    "adl_tt": "1",
    "adl_sr": "-0.2",
}
FUND = {"coin": "USDT", "symbols": "BTCUSDT", "balance": "-7", "updateTime": str(T_MS)}


def head(*rows: dict[str, Any]) -> Frame:
    """A frame with these rows."""
    return Frame(ts=T_MS, data=msgspec.Raw(msgspec.json.encode(rows)))


@pytest.mark.parametrize("strange", [{"pr": ""}, {"b": ""}, {"s": "NEWUSDT", "i_pr": None}])
def test_a_pool_that_cannot_be_read_costs_no_other(strange: dict[str, Any]) -> None:
    """One new market without its ratio would leave all of them without a warning."""
    (state,) = bybit_events.adl_states(head(POOL | strange, POOL), MARKETS, RECV_NS)
    assert isinstance(state, AdlState)
    assert (state.level, state.fund_usd, state.drawdown) == ("active", -7.0, 0.35)
    with pytest.raises(DecodeError):
        bybit_events.adl_states(head(POOL | strange), MARKETS, RECV_NS)


@pytest.mark.parametrize("strange", [{"balance": ""}, {"updateTime": "5"}, {"symbols": "NEWUSDT", "balance": None}])
def test_a_fund_that_cannot_be_read_costs_no_other(strange: dict[str, Any]) -> None:
    """A fund that runs dry is told of beside hundreds of others."""
    (fund,) = bybit_events.balances(head(FUND | strange, FUND), "bybit", MARKETS, RECV_NS)
    assert isinstance(fund, Insurance)
    assert (fund.instrument, fund.balance_usd) == ("BTC-USDT-PERP", -7.0)


def test_trading_stops_for_maintenance_that_goes_on() -> None:
    """What is announced, what is of spot or of the demo, stops no future."""
    row = {"title": "t", "state": "ongoing", "serviceTypes": [1], "product": [1], "env": 1}
    others = [row | {"state": "scheduled"}, row | {"env": 2}, row | {"product": [2]}, row | {"serviceTypes": [2]}]
    (event,) = bybit_events.statuses(head(row, *others), "bybit", RECV_NS)
    assert (event.instrument, getattr(event, "state", "")) == ("*", "halted")
