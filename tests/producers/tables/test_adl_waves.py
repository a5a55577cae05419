"""Waves of auto-deleveraging: the published rows of 2025-10-10, and what they do not say."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from producers.tables.adl_waves import AdlWaves
from producers.tables.known import table_of
from producers.tables.tardis_symbols import Markets
from schemas.instrument import Instrument
from schemas.market import Adl
from tests.kit.table_files import write_table

GOOD = "1,1760130964831,1760130964900,AVAX,4222.73,84454.65,0.05"


def test_the_published_waves_are_read_whole_and_in_order(tmp_path: Path) -> None:
    """The earliest second key of that day would be lost."""
    path = tmp_path / "waves.csv"
    shutil.copy(str(files("producers.reconstruction") / "hyperliquid_adl_waves.csv"), path)
    source = table_of(path, Markets())
    assert type(source) is AdlWaves
    events = list(source)
    waves = [event for event in events if isinstance(event, Adl)]
    assert (len(waves), source.rows, source.skipped) == (728, 728, {})
    assert waves[0].ts_event_ns == 1_760_130_964_831 * 10**6
    assert {event.venue for event in events} == {"hyperliquid"}
    assert waves[0].instrument == "AVAX-USDC-PERP"
    times = [wave.ts_recv_ns for wave in waves]
    assert times == sorted(times)


def test_a_wave_is_told_when_it_is_over_and_without_dollars(tmp_path: Path) -> None:
    """A quantity would be known before it was closed, at a price that nobody published."""
    definition, event = AdlWaves(write_table(tmp_path / "a.csv", AdlWaves.header, GOOD), Markets())
    assert isinstance(definition, Instrument)
    assert isinstance(event, Adl)
    assert event.ts_event_ns == event.ts_recv_ns == 1_760_130_964_900 * 10**6
    assert (event.deleveraged, event.price, event.qty_base, event.notional_usd) == (None, None, 84_454.65, None)
    assert event.adl_id == "wave-1"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (GOOD.replace("84454.65", "nan"), "bad_number"),
        (GOOD.replace("84454.65", "0"), "bad_number"),
        (GOOD.replace("1760130964831", "x"), "bad_number"),
        (GOOD.replace("1760130964900", "1760130964"), "bad_time"),
        (GOOD.replace("1760130964900", "1760130964000"), "bad_time"),
        (GOOD.replace("AVAX", ""), "bad_shape"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay."""
    source = AdlWaves(write_table(tmp_path / "a.csv", AdlWaves.header, bad, GOOD), Markets())
    assert [type(event) for event in source] == [Instrument, Adl]
    assert source.skipped == {reason: 1}
