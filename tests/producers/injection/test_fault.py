"""When a fault is under way, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from producers.injection.fault import Fault, Layer, Options, Plan
from schemas.base import Event
from tests.producers.injection.scenes import BTC, MS, NORTH, SOUTH, T0, S, trade

MIDNIGHT = T0 - 21 * 3600 * S * MS


class Marked(Fault[Options]):
    """Changes nothing."""

    kind = "marked"
    about = "nothing"
    layer = Layer.WAY

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        return (event,)


def fault(**where: object) -> Marked:
    """A fault in a stream that has begun."""
    made = Marked(Plan(text="", kind="marked", **where), Options())  # type: ignore[arg-type]
    made.begin(MIDNIGHT)
    return made


def test_it_holds_from_its_start_to_its_end() -> None:
    """Its first event would be spared, or one after its last be struck."""
    struck = fault(start_ns=21 * 3600 * S * MS, lasts_ns=2 * S * MS)
    assert [struck.holds(T0 + ms * MS) for ms in (-1, 0, 1_999, 2_000)] == [False, True, True, False]
    assert [struck.over(T0 + ms * MS) for ms in (-1, 1_999, 2_000)] == [False, False, True]


def test_a_dated_moment_is_that_moment() -> None:
    """A fault of the second day would strike on the first."""
    struck = fault(start_ns=T0, dated=True)
    assert (struck.holds(T0 - 1), struck.holds(T0), struck.holds(1 << 62)) == (False, True, True)


def test_without_a_time_it_always_holds_once_the_stream_has_begun() -> None:
    """Events at the very start would come through."""
    assert fault().holds(1)
    assert not Marked(Plan(text="", kind="marked"), Options()).holds(1)


@pytest.mark.parametrize(
    ("where", "concerned"),
    [
        ({}, [True, True, True]),
        ({"venue": NORTH}, [True, True, False]),
        ({"venue": NORTH, "instrument": BTC}, [True, False, False]),
    ],
)
def test_it_concerns_the_venue_and_the_market_that_it_names(where: dict[str, object], concerned: list[bool]) -> None:
    """A fault at one venue would blind another."""
    events = [trade(0, 1), trade(0, 1, (NORTH, "ETH-USDT-PERP")), trade(0, 1, (SOUTH, BTC))]
    assert [fault(**where).concerns(event) for event in events] == concerned


def test_the_same_seed_draws_the_same() -> None:
    """A finding could not be had again."""
    draws = [Marked(Plan(text="", kind="marked"), Options(seed=seed)).random.random() for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
