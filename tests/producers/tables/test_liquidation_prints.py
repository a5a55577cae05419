"""Single liquidations of several venues: the bundled files, and rows that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.bundled import LIQUIDATION_PRINTS
from producers.tables.known import table_of
from producers.tables.liquidation_prints import LiquidationPrints
from producers.tables.tardis_symbols import Markets
from schemas.instrument import Instrument
from schemas.market import Liquidation
from tests.kit.table_files import write_table

GOOD = "1772622793984,okx,HYPE,short,32.938,6.0"


@pytest.mark.parametrize(("path", "count"), list(zip(LIQUIDATION_PRINTS, (2_221, 5_816), strict=True)))
def test_the_bundled_files_are_read_whole_and_in_order(path: Path, count: int) -> None:
    """The only quiet weeks with liquidations would be lost for the false alarms of everybody's rules."""
    source = table_of(path, Markets())
    assert type(source) is LiquidationPrints
    prints = [event for event in source if isinstance(event, Liquidation)]
    assert (len(prints), source.skipped) == (count, {})
    times = [event.ts_recv_ns for event in prints]
    assert times == sorted(times)
    assert all(event.notional_usd and event.sampled for event in prints)


@pytest.mark.parametrize(("venue", "instrument"), [("okx", "HYPE-USDT-PERP"), ("hyperliquid", "HYPE-USDC-PERP")])
@pytest.mark.parametrize("side", ["long", "short"])
def test_a_row_says_coins_and_a_price(tmp_path: Path, venue: str, instrument: str, side: str) -> None:
    """Contracts taken for coins are wrong by a factor of a hundred."""
    row = GOOD.replace("okx", venue).replace("short", side)
    definition, event = LiquidationPrints(write_table(tmp_path / "a.csv", LiquidationPrints.header, row), Markets())
    assert isinstance(definition, Instrument)
    assert isinstance(event, Liquidation)
    assert (event.venue, event.instrument, event.liquidated) == (venue, instrument, side)
    assert event.ts_event_ns == event.ts_recv_ns == 1_772_622_793_984 * 10**6
    assert event.qty_base == 6.0
    assert event.notional_usd == pytest.approx(6.0 * 32.938)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (GOOD.replace("32.938", "nan"), "bad_number"),
        (GOOD.replace("6.0", "0"), "bad_number"),
        (GOOD.replace("6.0", "inf"), "bad_number"),
        (GOOD.replace("1772622793984", "x"), "bad_number"),
        (GOOD.replace("1772622793984", "1772622793"), "bad_time"),
        (GOOD.replace("okx", "nowhere"), "bad_shape"),
        (GOOD.replace("short", "buy"), "bad_shape"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged row would end the file, or become a liquidation that never was."""
    source = LiquidationPrints(write_table(tmp_path / "a.csv", LiquidationPrints.header, bad, GOOD), Markets())
    assert [type(event) for event in source] == [Instrument, Liquidation]
    assert source.skipped == {reason: 1}
