"""Whether a venue's side field means what we read."""

from __future__ import annotations

import msgspec
import pytest

from producers.ticker.sides import ENOUGH_ROWS, FRESH_NS, Sides
from producers.ticker.ticker import Ticker
from schemas.clock import Tick
from schemas.health import SelfCheck
from schemas.market import DerivativeState, Liquidation, Position, PriceKind

NS = 10**9
T0 = 1_760_130_000 * NS


def mark(at_ns: int = T0, price: float = 100.0) -> DerivativeState:
    """A mark of the one market."""
    return DerivativeState(venue="v", instrument="BTC-USDT-PERP", ts_event_ns=at_ns, ts_recv_ns=at_ns, mark=price)


def row(liquidated: Position, price: float, *, kind: PriceKind = "bankruptcy", at_ns: int = T0) -> Liquidation:
    """A liquidation on it."""
    return Liquidation(
        venue="v",
        instrument="BTC-USDT-PERP",
        ts_event_ns=at_ns,
        ts_recv_ns=at_ns,
        liquidated=liquidated,
        price=price,
        price_kind=kind,
        qty_base=1.0,
        notional_usd=price,
        sampled=False,
    )


def judged(rows: list[Liquidation]) -> list[SelfCheck]:
    """All that is said about these rows."""
    sides = Sides()
    sides.on_mark(mark(), T0)
    for one in rows:
        sides.on_liquidation(one, one.ts_event_ns)
    return sides.read(T0 + 100 * NS)


def test_a_venue_that_is_read_rightly_is_not_spoken_of() -> None:
    """A health event for each venue each hour would be noise."""
    assert judged([row("long", 99.0), row("short", 101.0)] * ENOUGH_ROWS) == []


def test_an_inverted_side_is_told_once_after_enough_rows() -> None:
    """Longs and shorts exchanged turn a crash into a squeeze in every alert."""
    (said,) = judged([row("short", 99.0), row("long", 101.0)] * ENOUGH_ROWS)
    assert (said.state, said.rows, said.agreement, said.instrument) == ("inverted", ENOUGH_ROWS, 0.0, "*")


def test_an_inverted_side_shows_in_fills_too() -> None:
    """Some venues publish the price of the fill alone."""
    (said,) = judged([row("short", 99.0, kind="fill")] * ENOUGH_ROWS)
    assert said.state == "inverted"


@pytest.mark.parametrize(("kind", "states"), [("bankruptcy", ["doubtful"]), ("fill", [])])
def test_half_of_the_rows_on_the_wrong_side_are_doubtful_unless_they_are_fills(
    kind: PriceKind, states: list[str]
) -> None:
    """The price of a fill follows the market; the price at which an account is bankrupt does not."""
    rows = [row("long", 99.0, kind=kind), row("long", 101.0, kind=kind)] * ENOUGH_ROWS
    assert [said.state for said in judged(rows)] == states


def test_a_mended_venue_is_told_to_be_well() -> None:
    """Whoever saw the warning wants to see its end."""
    said = judged([row("short", 99.0)] * ENOUGH_ROWS + [row("long", 99.0)] * 5000)
    assert [one.state for one in said] == ["inverted", "doubtful", "ok"]


@pytest.mark.parametrize(
    "blind", [row("short", 99.95), row("short", 99.0, kind="mark"), row("short", 99.0, at_ns=T0 + FRESH_NS + 1)]
)
def test_rows_that_say_nothing_are_not_counted(blind: Liquidation) -> None:
    """Prices near the mark, old marks, and prices that are the mark."""
    assert judged([blind] * 3 * ENOUGH_ROWS) == []


def test_the_stream_carries_the_judgement_before_the_tick_that_closes_its_second() -> None:
    """Files, sockets and the cluster see it at the same place, in whatever order the rows arrived."""
    rows = [row("short", 99.0)] * ENOUGH_ROWS
    for events in ([mark(), *rows], [*rows, mark()]):
        out = Ticker().take([*events, mark(T0 + 5 * NS)])
        assert [type(event) for event in out if isinstance(event, SelfCheck | Tick)][-2:] == [SelfCheck, Tick]
        assert sum(isinstance(event, SelfCheck) for event in out) == 1


def test_what_was_compared_survives_a_restart() -> None:
    """A program that restarts each hour would never have enough rows."""
    sides = Sides()
    sides.on_mark(mark(), T0)
    for _ in range(ENOUGH_ROWS - 1):
        sides.on_liquidation(row("short", 99.0), T0)
    assert sides.read(T0 + NS) == []
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(sides), type=Sides)
    again.on_liquidation(row("short", 99.0), T0)
    assert len(again.read(T0 + NS)) == 1


def test_a_clock_far_ahead_waits_for_nobody() -> None:
    """Rows that are never due would be looked at in every second, and saved in every state."""
    ticker = Ticker()
    ahead = [msgspec.structs.replace(mark(T0 + n * NS), ts_event_ns=T0 + 3600 * NS + n * NS) for n in range(50)]
    ticker.take([mark(T0 - NS), *ahead, mark(T0 + 100 * NS)])
    assert ticker.state.sides.recent == [] or len(ticker.state.sides.recent) < 5
