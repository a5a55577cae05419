"""Which parts of a stream a calibration may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detector.commands.quiet_stretches import LONGEST_HOLE_NS, MARGIN_NS, Stretches, labelled
from detector.scoring.labels import Label, Stretch
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Trade
from tests.kit.markets import START_S, instrument

NS = 1_000_000_000
T0 = START_S * NS
BTC = instrument()


def label(stage: str, first_s: int, last_s: int) -> Label:
    """Something that is known of a time."""
    return Label(stage, "market", "*", T0 + first_s * NS, T0 + last_s * NS, 0.0, "")


def trade(second: float) -> Trade:
    """A print."""
    ns = T0 + round(second * NS)
    return Trade(
        venue=BTC.venue,
        instrument=BTC.instrument,
        ts_event_ns=ns,
        ts_recv_ns=ns,
        price=1.0,
        qty=1.0,
        notional_usd=1.0,
        taker="buy",
        trade_id=None,
    )


class Parts:
    """What each engine was given: definitions as None, prints as their second."""

    def __init__(self) -> None:
        self.fed: list[list[int | None]] = []

    def begin(self) -> Callable[[Sequence[Event]], None]:
        part: list[int | None] = []
        self.fed.append(part)

        def feed(events: Sequence[Event]) -> None:
            part.extend(None if isinstance(e, Instrument) else (e.ts_recv_ns - T0) // NS for e in events)

        return feed


def test_an_hour_around_what_is_labelled_is_forbidden_and_quiet_is_not() -> None:
    """A run-up would count as calm; or nothing would, where the calm itself is labelled."""
    found = labelled([label("S1", 9_000, 9_600), label("quiet", 0, 5_000), label("event", 9_100, 20_000)])
    assert found == [
        (Stretch(T0 + 9_000 * NS - MARGIN_NS, T0 + 20_000 * NS + MARGIN_NS), "labelled: S1 market, event market")
    ]


def test_labels_that_lie_apart_are_two_stretches() -> None:
    """The calm days between two events would be lost."""
    assert len(labelled([label("S1", 0, 60), label("S2", 9_000, 9_060)])) == 2


def test_what_lies_between_two_stretches_reaches_no_engine() -> None:
    """A labelled event would shape the numbers that must find the next one."""
    parts = Parts()
    stretches = Stretches([Stretch(T0 + 3 * NS, T0 + 6 * NS)], parts.begin)
    stretches.take([BTC, trade(1), trade(2.5), trade(3), trade(4)])
    stretches.take([trade(5.5), trade(6), trade(7)])
    assert parts.fed == [[None, 1, 2], [None, 6, 7]]
    assert stretches.read_ns == 2.5 * NS
    assert (stretches.first_ns, stretches.last_ns) == (T0 + NS, T0 + 7 * NS)


def test_behind_a_hole_an_engine_begins_anew() -> None:
    """Yesterday's prices would stand beside today's, and ten minutes of warming up be skipped."""
    parts = Parts()
    stretches = Stretches([], parts.begin)
    late = LONGEST_HOLE_NS // NS + 10
    stretches.take([BTC, trade(1), trade(2)])
    stretches.take([trade(late), trade(late + 1)])
    assert parts.fed == [[None, 1, 2], [None, late, late + 1]]
    assert stretches.read_ns == 2 * NS
