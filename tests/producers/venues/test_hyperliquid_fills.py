import pytest

from producers.venues.hyperliquid import Hyperliquid
from producers.venues.hyperliquid_fills import fill_event, forced
from producers.venues.hyperliquid_wire import Fill, FillLiquidation, Side
from schemas.instrument import Instrument
from schemas.market import Adl, Liquidation

MS = 1_760_130_964_831
RECV_NS = (MS + 500) * 1_000_000
VICTIM = "0xAbc0000000000000000000000000000000000001"
OTHER = "0x2e3d94f0562703b25c83308a05046ddaf9a8dd14"


def btc() -> Instrument:
    """The perpetual of BTC."""
    instrument = Hyperliquid().infer_instrument("BTC", 0)
    assert instrument is not None
    return instrument


def fill(side: Side, direction: str, liquidation: FillLiquidation | None, *, crossed: bool = False) -> Fill:
    """Two coins at 100 dollars."""
    return Fill(
        coin="BTC", side=side, px=100.0, sz=2.0, time=MS, tid=9,
        direction=direction, crossed=crossed, liquidation=liquidation,
    )  # fmt: skip


MARKET = FillLiquidation(liquidated_user=VICTIM, method="market")
BACKSTOP = FillLiquidation(liquidated_user=VICTIM, method="backstop")
UNNAMED = FillLiquidation(liquidated_user=None, method="market")


@pytest.mark.parametrize(
    ("user", "row", "liquidated", "price_kind"),
    [
        (VICTIM, fill("A", "Close Long", MARKET), "long", "fill"),
        (VICTIM, fill("B", "Close Short", MARKET), "short", "fill"),
        (VICTIM.lower(), fill("A", "Close Long", MARKET), "long", "fill"),
        (OTHER, fill("B", "Open Long", MARKET), "long", "fill"),
        (OTHER, fill("A", "Open Short", MARKET), "short", "fill"),
        (OTHER, fill("B", "Open Long", UNNAMED), "long", "fill"),
        (OTHER, fill("A", "Close Long", UNNAMED, crossed=True), "long", "fill"),
        (VICTIM, fill("A", "Liquidated Cross Long", BACKSTOP), "long", "mark"),
        (VICTIM, fill("B", "Liquidated Isolated Short", BACKSTOP), "short", "mark"),
        (VICTIM, fill("A", "Liquidated Cross Long", None), "long", "mark"),
        (OTHER, fill("B", "Open Long", BACKSTOP), "long", "mark"),
    ],
)
def test_whose_position_was_liquidated(user: str, row: Fill, liquidated: str, price_kind: str) -> None:
    """A fill's side is that of its owner, who may be either party: misread, a crash is a squeeze."""
    assert forced(row)
    event = fill_event(row, user, btc(), RECV_NS)
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.price_kind, event.sampled) == (liquidated, price_kind, True)
    assert (event.price, event.qty_base, event.notional_usd) == (100.0, 2.0, 200.0)
    assert (event.liquidation_id, event.ts_event_ns) == ("9", MS * 1_000_000)


@pytest.mark.parametrize(("side", "deleveraged"), [("B", "short"), ("A", "long")])
def test_an_adl_fill_is_the_winners(side: Side, deleveraged: str) -> None:
    """A winner who buys gives back a short; counted as a liquidation it would be counted twice."""
    row = fill(side, "Auto-Deleveraging", BACKSTOP)
    assert forced(row)
    event = fill_event(row, OTHER, btc(), RECV_NS)
    assert isinstance(event, Adl)
    assert (event.deleveraged, event.notional_usd, event.adl_id) == (deleveraged, 200.0, "9")


def test_an_ordinary_fill_is_not_forced() -> None:
    """A liquidator vault mostly unwinds what it took over: those fills are no liquidations."""
    assert not forced(fill("A", "Close Long", None))
