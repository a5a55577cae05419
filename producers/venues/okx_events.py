"""Events from the rows of OKX: which side a field means, which unit a number has, what an empty one is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from producers.venues import events
from producers.venues import okx_wire as wire
from producers.venues.decoding import event_ns
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.instrument import DOLLARS, Instrument
from schemas.market import (
    AdlLevel,
    AdlState,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    PriceBand,
    Trade,
)

ADL: Mapping[str, AdlLevel] = {"normal": "normal", "warning": "elevated", "adl": "active"}
SERVICES = ("0", "5")
"""Websockets, and all trading. Maintenance of others (block trades, bots, some accounts) stops no market."""
SMALLEST_COINS = 1e-9
"""Below it a quotient is no price."""
STATES: Mapping[str, Literal["up", "halted"]] = {"ongoing": "halted", "pre_open": "halted", "completed": "up"}


def trade(row: wire.Trade, one: Instrument, now: int) -> Trade:
    """The fills of a taker at one price. Their last id stands for all, so ids do not count one by one."""
    return events.trade(
        one, event_ns(row.ts, now), now, price=row.px, qty=row.sz, taker=row.side, trade_id=row.trade_id
    )


def liquidation(row: wire.Forced, one: Instrument, now: int, *, sampled: bool) -> Liquidation:
    """`side` is that of the closing order: a sale ends a long.

    `bkPx` was the bankruptcy price until the documentation of 2026-07 made it that of the deal with the liquidation
    account: what is certain is that it is not a fill on the book.
    """
    return events.liquidation(
        one, event_ns(row.ts, now), now,
        liquidated="long" if row.side == "sell" else "short",
        price=row.bk_px, price_kind="order", qty=row.sz, sampled=sampled,
    )  # fmt: skip


def mark(row: wire.Mark, one: Instrument, now: int) -> DerivativeState:
    """The price by which it liquidates."""
    return events.derivative(one, event_ns(row.ts, now), now, mark=row.mark_px or None)


def index(row: wire.Index, one: Instrument, now: int) -> DerivativeState:
    """The index, told to each of its derivatives."""
    return events.derivative(one, event_ns(row.ts, now), now, index=row.idx_px or None)


def funding(row: wire.Funding, one: Instrument, now: int) -> DerivativeState:
    """The rate that is paid at `fundingTime`."""
    at_ns = event_ns(row.ts, now) if row.ts else now
    rate = None if row.funding_rate == "" else row.funding_rate
    return events.derivative(one, at_ns, now, funding_rate=rate, next_funding_ms=row.funding_time or None)


def open_interest(row: wire.OpenInterest, contracts: float, one: Instrument, now: int) -> OpenInterest:
    """In contracts. OKX's own dollars and coins give the price."""
    price = row.oi_usd / row.oi_ccy if row.oi_usd and row.oi_ccy and row.oi_ccy > SMALLEST_COINS else None
    return events.open_interest(one, event_ns(row.ts, now), now, qty=contracts, price=price)


def price_band(row: wire.PriceLimit, one: Instrument, now: int) -> PriceBand:
    """The limits, where they are in force."""
    highest, lowest = (row.buy_lmt, row.sell_lmt) if row.enabled else (None, None)
    return events.price_band(one, event_ns(row.ts, now), now, highest_buy=highest or None, lowest_sell=lowest or None)


def warning(row: wire.AdlWarning, one: Instrument, now: int) -> AdlState:
    """The family's fund, in dollars only where the contract is; inverse families keep it in coins."""
    return events.adl_state(
        one, event_ns(row.ts, now), now,
        level=ADL[row.state],
        fund_usd=row.bal if row.bal != "" and one.contract == "linear" else None,
        drawdown=_drawdown(row),
    )  # fmt: skip


def calm(one: Instrument, now: int) -> AdlState:
    """A warning that is not repeated is over."""
    return events.adl_state(one, now, now, level="normal")


def market_state(row: wire.Listed, one: Instrument, now: int) -> VenueStatus:
    """`live`, or one of many states in which nobody can trade freely: suspend, preopen, post_only, settling."""
    state: Literal["up", "halted"] = "up" if row.state == "live" else "halted"
    return events.status(one.venue, now, now, state=state, reason=row.state, instrument=one)


def maintenance(row: wire.Maintenance, venue: str, now: int) -> list[VenueStatus]:
    """What is going on now, not what is announced."""
    state = STATES.get(row.state)
    if state is None or row.service_type not in SERVICES or row.env == "2":
        return []
    at_ns = event_ns(row.ts, now) if row.ts else now
    return [events.status(venue, at_ns, now, state=state, reason=f"{row.state}: {row.title}")]


def insurance(fund: wire.Fund, venue: str, of_family: Iterable[Instrument], now: int) -> list[Event]:
    """The fund as told now, whenever it was counted: all of it in USD, and a family's where it is kept in dollars."""
    made: list[Event] = []
    if fund.total != "":
        made.append(events.insurance(venue, now, now, balance_usd=fund.total))
    newest = next((row for row in fund.details if row.balance != ""), None)
    if newest is not None and newest.balance != "" and newest.ccy in DOLLARS:
        made += [_fund_of(one, newest.balance, now) for one in of_family]
    return made


def _drawdown(row: wire.AdlWarning) -> float | None:
    if row.bal == "" or row.max_bal == "" or row.max_bal < SMALLEST_COINS:
        return None
    return max(0.0, 1 - row.bal / row.max_bal)


def _fund_of(one: Instrument, balance_usd: float, now: int) -> Insurance:
    return events.insurance(one.venue, now, now, balance_usd=balance_usd, instrument=one)
