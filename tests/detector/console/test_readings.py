"""Rows of the table: numbers that are known, None for the rest."""

from __future__ import annotations

from detector.console.readings import Row, rows
from detector.engine import Engine
from tests.kit.synthetic_crash import T0, synthetic_crash


def by_place(engine: Engine) -> dict[tuple[str, str], Row]:
    """Rows by asset and venue."""
    return {(row.asset, row.venue): row for row in rows(engine)}


def test_every_market_has_a_row_in_a_fixed_order(crashing: Engine) -> None:
    """Lines would jump about."""
    found = [(row.asset, row.venue) for row in rows(crashing)]
    assert found == sorted(found)
    assert len(found) == 7


def test_a_market_in_the_crash_shows_its_numbers(crashing: Engine) -> None:
    """The table would not say what the alert says."""
    row = by_place(crashing)["BTC", "north"]
    assert row.price is not None
    assert row.price < 52_000
    assert row.move_60s is not None
    assert row.move_60s < -0.1
    assert row.depth_ratio is not None
    assert row.depth_ratio < 0.1
    assert row.depth_usd is not None
    assert row.depth_usd < 1_000_000
    assert row.liquidations_usd is not None
    assert row.liquidations_usd > 10_000_000
    assert row.funding_rate == 1e-4
    assert row.delay_s is not None
    assert {"S2", "S4", "S6"} <= set(row.stages.split())


def test_what_a_market_does_not_show_is_unknown_and_not_zero(crashing: Engine) -> None:
    """No liquidation feed would read as no liquidations."""
    row = by_place(crashing)["BTC", "south"]
    assert (row.depth_usd, row.depth_ratio, row.liquidations_usd, row.funding_rate) == (None, None, None, None)
    assert row.blind == ""
    assert row.price is not None


def test_an_unbelievable_book_says_why() -> None:
    """Missing depth without a reason looks like a fault of ours."""
    engine = Engine()
    events = synthetic_crash(1, calm_s=0, crash_s=0)
    engine.feed(events)
    assert list(rows(engine)) == []
    engine.feed(synthetic_crash(1, calm_s=0, crash_s=3))
    engine.tick(T0 + 30 * 1_000_000_000)
    assert by_place(engine)["BTC", "north"].depth_usd is None or by_place(engine)["BTC", "north"].blind == ""
    assert by_place(engine)["USDE", "south"].stages == ""
