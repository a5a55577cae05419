"""What is kept of a running engine, and what is not: nothing loud may become usual."""

from __future__ import annotations

from collections.abc import Iterator

from detector.calibration.gathering import BEFORE_S, EVERY_S, SETTLE_S, Gathering
from detector.engine import Engine
from schemas.base import Event
from schemas.market import Trade
from tests.kit.markets import START_S, instrument

NS = 1_000_000_000
BTC = instrument()
SECONDS = 1_500


def trades(seconds: int = SECONDS, *, falls_at: int | None = None) -> Iterator[list[Event]]:
    """A trade a second, up and down by a tenth; a sharp fall with a burst of orders if asked."""
    yield [BTC]
    price = 100.0
    for second in range(seconds):
        falling = falls_at is not None and falls_at <= second < falls_at + 60
        price = price * 0.999 if falling else 100.0 + second // 7 % 2 / 10
        yield [
            Trade(
                venue=BTC.venue,
                instrument=BTC.instrument,
                ts_event_ns=(START_S + second) * NS + part * NS // 20,
                ts_recv_ns=(START_S + second) * NS + part * NS // 20 + 1,
                price=price,
                qty=1.0,
                notional_usd=price,
                taker="sell" if falling else "buy",
                trade_id=None,
            )
            for part in range(0, 20 if falling else 1, 2)
        ]


def gathered(batches: Iterator[list[Event]]) -> Gathering:
    """What is kept of one stretch."""
    gathering, engine = Gathering(), Engine()
    gathering.begin()
    for batch in batches:
        engine.feed(batch)
        gathering.look(engine)
    return gathering


def test_after_ten_minutes_every_half_minute_is_kept_five_minutes_late() -> None:
    """The beginning of something would be taken for calm, or a calm hour give no numbers."""
    gathering = gathered(trades())
    (market,) = gathering.markets.values()
    assert gathering.looks == market.looks == (SECONDS - SETTLE_S - BEFORE_S) // EVERY_S
    assert market.figures["move_60s"].count == market.figures["orders_per_s"].count == market.looks
    assert "spread" not in market.figures
    assert not gathering.loud
    assert not gathering.shocked


def test_the_price_step_is_seen_where_nobody_tells_it() -> None:
    """A coarse market would have no floor of its own without a venue's list of instruments."""
    (market,) = gathered(trades()).markets.values()
    assert 0.09 < market.step < 0.5


def test_a_shock_of_an_asset_and_what_came_just_before_is_not_kept() -> None:
    """An event that nobody labelled would teach the detector that events are usual."""
    falls_at = 1_200
    gathering = gathered(trades(falls_at=falls_at))
    calm = gathered(trades(falls_at - 30))
    assert gathering.shocked["BTC"] > 0
    (market,) = gathering.markets.values()
    assert market.looks < calm.looks + BEFORE_S // EVERY_S
    assert max(market.figures["move_60s"].values) < 0.002


def test_another_stretch_warms_up_again() -> None:
    """What waited when the stretch was cut could have been the first minutes of what it was cut for."""
    gathering = gathered(trades())
    kept = gathering.looks
    gathering.begin()
    engine = Engine()
    for batch in trades(SETTLE_S):
        engine.feed(batch)
        gathering.look(engine)
    assert gathering.looks == kept
