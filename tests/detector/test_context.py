"""How fragile the market is, beside its week."""

from __future__ import annotations

from collections.abc import Iterator

from detector.context import DAY, EVERY_S, Context
from schemas.reading import MarketReading


def market(**numbers: float) -> MarketReading:
    """A market that publishes these."""
    return MarketReading(venue="okx", instrument="BTC-USDT-PERP", market="perp", **numbers)  # type: ignore[arg-type]


def test_a_day_makes_a_normal_that_today_is_held_against() -> None:
    """A funding rate alone says nothing to a reader."""
    context = Context()
    for half_hour in range(DAY):
        context.close_second(half_hour * EVERY_S, lambda: [market(funding_rate=0.0001, open_interest_usd=1e9)])
    told = {e.signal: e for e in context.tell([market(funding_rate=0.0008, open_interest_usd=2e9)], 0.9)}
    assert (told["funding_rate"].baseline, told["funding_rate"].percentile) == (0.0001, 100.0)
    assert told["open_interest"].value == 2e9
    assert told["branching_ratio"].value == 0.9


def test_markets_are_looked_at_every_half_hour_only() -> None:
    """A sum over two thousand markets a second would cost more than the signals."""
    context, asked = Context(), []

    def markets() -> Iterator[MarketReading]:
        asked.append(1)
        return iter(())

    for second in range(EVERY_S + 1):
        context.close_second(second, markets)
    assert len(asked) == 2


def test_what_nobody_publishes_is_not_told() -> None:
    """Zero open interest would be read as a flush."""
    assert Context().tell([market()], None) == ()


def test_the_model_says_how_far_it_can_be_trusted() -> None:
    """A modelled number would be quoted as a measured one."""
    (fragile,) = [e for e in Context().tell([market(fragility=3.0)], None) if e.signal == "fragility_2pct"]
    assert fragile.note == "modelled; right within a factor of ten"
