"""Sides, units and empty fields of OKX's rows."""

from __future__ import annotations

from typing import Literal

import pytest

from producers.venues import okx_events
from producers.venues.okx_wire import AdlWarning, Balance, Forced, Fund, Maintenance, OpenInterest, PriceLimit, named
from schemas.instrument import Instrument
from schemas.market import Insurance

NOW = 1_789_669_900_000_000_000
MS = NOW // 10**6


def market(symbol: str = "BTC-USDT-SWAP") -> Instrument:
    """A market whose contract is unknown, which does not matter here."""
    found = named("okx", symbol, NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(("side", "liquidated"), [("sell", "long"), ("buy", "short")])
def test_the_side_is_that_of_the_closing_order(side: Literal["buy", "sell"], liquidated: str) -> None:
    """Taken for the position's, every cascade would run the wrong way."""
    row = Forced(bk_px=60_000.0, sz=3.0, side=side, ts=MS)
    event = okx_events.liquidation(row, market(), NOW, sampled=True)
    assert (event.liquidated, event.price_kind) == (liquidated, "order")


def test_a_fund_in_coins_is_not_counted_in_dollars() -> None:
    """An inverse family keeps its fund in the coin; how far it is down needs no unit."""
    row = AdlWarning(inst_type="SWAP", inst_family="BTC-USD", state="adl", ts=MS, bal=70.0, max_bal=100.0)
    linear, inverse = (okx_events.warning(row, market(symbol), NOW) for symbol in ("BTC-USDT-SWAP", "BTC-USD-SWAP"))
    assert (linear.fund_usd, inverse.fund_usd, inverse.level) == (70.0, None, "active")
    assert inverse.drawdown == pytest.approx(0.3)


def test_a_warning_of_today_tells_little() -> None:
    """Since 2026-06-09 most of its fields are empty, and stay unknown."""
    row = AdlWarning(inst_type="SWAP", inst_family="BTC-USDT", state="warning", ts=MS)
    state = okx_events.warning(row, market(), NOW)
    assert (state.level, state.fund_usd, state.drawdown) == ("elevated", None, None)


def test_limits_that_are_not_in_force_are_none() -> None:
    """A limit of zero would stand below every price."""
    band = okx_events.price_band(PriceLimit(buy_lmt=2.0, sell_lmt=1.0, ts=MS), market(), NOW)
    assert (band.highest_buy, band.lowest_sell) == (2.0, 1.0)
    band = okx_events.price_band(PriceLimit(buy_lmt=2.0, sell_lmt=1.0, ts=MS, enabled=False), market(), NOW)
    assert (band.highest_buy, band.lowest_sell) == (None, None)


def test_a_quotient_by_almost_nothing_is_no_price() -> None:
    """One infinite value ends every sum that it enters."""
    row = OpenInterest(oi=5.0, ts=MS, oi_ccy=1e-300, oi_usd=1e17)
    assert okx_events.open_interest(row, 5.0, market(), NOW).notional_usd is None


def test_maintenance_halts_while_it_lasts() -> None:
    """What is announced has not begun, and a bot's maintenance is nobody's halt."""
    for state, service, env, expected in (
        ("ongoing", "5", "1", ["halted"]),
        ("pre_open", "5", "1", ["halted"]),
        ("ongoing", "0", "1", ["halted"]),
        ("completed", "5", "1", ["up"]),
        ("scheduled", "5", "1", []),
        ("canceled", "5", "1", []),
        ("ongoing", "7", "1", []),
        ("ongoing", "5", "2", []),
    ):
        row = Maintenance(state=state, service_type=service, title="upgrade", env=env, ts=MS)
        assert [event.state for event in okx_events.maintenance(row, "okx", NOW)] == expected


def test_an_empty_balance_is_skipped_for_the_last_one_known() -> None:
    """Rows of some kinds have none."""
    fund = Fund(total="", details=(Balance(), Balance(balance=7.0, ccy="USDT")))
    (told,) = okx_events.insurance(fund, "okx", [market()], NOW)
    assert isinstance(told, Insurance)
    assert told.balance_usd == 7.0


def test_a_fund_that_owes_is_told_and_a_highest_balance_of_nothing_is_no_measure() -> None:
    """The fund below zero is when deleveraging begins; a quotient by nothing would end every sum."""
    row = AdlWarning(inst_type="SWAP", inst_family="BTC-USDT", state="adl", ts=MS, bal=-100.0, max_bal=400.0)
    state = okx_events.warning(row, market(), NOW)
    assert (state.fund_usd, state.drawdown) == (-100.0, 1.25)
    for highest in (0.0, 1e-300, -5.0):
        row = AdlWarning(inst_type="SWAP", inst_family="BTC-USDT", state="adl", ts=MS, bal=-100.0, max_bal=highest)
        assert okx_events.warning(row, market(), NOW).drawdown is None
    told = okx_events.insurance(Fund(total=0.0, details=(Balance(balance=-7.0, ccy="USDT"),)), "okx", [market()], NOW)
    assert [event.balance_usd for event in told if isinstance(event, Insurance)] == [0.0, -7.0]


def test_what_is_calm_is_normal_at_the_moment_of_saying_so() -> None:
    """Nothing on the wire tells when it ended."""
    calm = okx_events.calm(market(), NOW)
    assert (calm.level, calm.ts_event_ns, calm.fund_usd) == ("normal", NOW, None)
