"""Builders of events: lots become coins and dollars, and what is not there is None."""

from __future__ import annotations

import pytest

from producers.venues import events
from schemas.instrument import Instrument

T = 1_790_000_000_000_000_000


def listed(contract: str) -> Instrument:
    """A market whose lot is worth 0.01 coin, or 100 dollars."""
    inverse = contract == "inverse"
    return events.market(
        "v",
        "X",
        T,
        base="BTC",
        quote="USD" if inverse else "USDT",
        kind="perp",
        contract="inverse" if inverse else "linear",
        contract_value=100.0 if inverse else 0.01,
    )


@pytest.mark.parametrize(("contract", "base", "usd"), [("linear", 0.05, 2500.0), ("inverse", 0.01, 500.0)])
def test_a_forced_close_of_five_lots_is_worth_its_coins_and_dollars(contract: str, base: float, usd: float) -> None:
    """Contracts of dollars and contracts of coin differ by the price."""
    row = events.liquidation(
        listed(contract), T, T, liquidated="long", price=50_000.0, price_kind="fill", qty=5.0, sampled=False
    )
    assert row.qty_base == pytest.approx(base)
    assert row.notional_usd == pytest.approx(usd)
    won = events.adl(listed(contract), T, T, deleveraged="short", price=50_000.0, qty=5.0)
    assert (won.qty_base, won.notional_usd) == (row.qty_base, row.notional_usd)


def test_open_interest_without_a_price_has_no_dollars_unless_its_lots_are_dollars() -> None:
    """A guess would be read as a flush."""
    assert events.open_interest(listed("linear"), T, T, qty=5.0, price=None).notional_usd is None
    assert events.open_interest(listed("inverse"), T, T, qty=5.0, price=None).notional_usd == 500.0


def test_zero_prices_and_times_are_not_there() -> None:
    """Venues write 0 for "none"."""
    state = events.derivative(listed("linear"), T, T, mark=0.0, index=5.0, next_funding_ms=0)
    assert (state.mark, state.index, state.next_funding_ns) == (None, 5.0, None)
    top = events.top(listed("linear"), T, T, bid=0.0, bid_qty=1.0, ask=6.0, ask_qty=2.0)
    assert (top.bid, top.bid_qty, top.ask, top.ask_qty) == (None, None, 6.0, 2.0)
    band = events.price_band(listed("linear"), T, T, highest_buy=0.0, lowest_sell=4.0)
    assert (band.highest_buy, band.lowest_sell) == (None, 4.0)


def test_what_concerns_the_whole_venue_names_no_market() -> None:
    """A fund is the venue's, a halt may be one market's."""
    assert events.insurance("v", T, T, balance_usd=1.0).instrument == "*"
    assert events.status("v", T, T, state="halted", reason="x" * 999).instrument == "*"
    assert len(events.status("v", T, T, state="halted", reason="x" * 999).reason) == 200
    halted = events.status("v", T, T, state="halted", reason="delisting", instrument=listed("linear"))
    assert halted.instrument == "BTC-USDT-PERP"


def test_a_delta_of_one_update_begins_where_it_ends() -> None:
    """Venues that count one by one give one number."""
    one = events.delta(listed("linear"), T, T, bids=events.NO_LEVELS, asks=events.NO_LEVELS, last_id=7)
    assert (one.first_id, one.last_id, one.prev_id) == (7, 7, None)
