"""Every fault in every quiet recording: the alert that is due about data, and none about the market."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.alert import LEVELS
from tests.faults.replays import (
    NS,
    WATCH,
    Stream,
    Told,
    alone,
    at_ns,
    bundled,
    raw_binance,
    rebuilt,
    replayed,
    seconds_in,
    trades,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

WITHIN_S = 2
"""So long after its own rule's threshold an alert about data is due."""


class Case(NamedTuple):
    """A fault, the rule that is to tell of it, and how long that rule needs by its own threshold."""

    option: str
    """`{at}` and `{venue}` stand for the recording's own."""
    due: str = ""
    """Empty where nothing is so wrong that anybody must be told."""
    after_s: float = 0.0
    alone: str = ""
    """The rule that tells of it where the venue is the only one, if that is another."""
    needs_books: bool = False
    needs_trades_each_s: float = 0.0
    """Trades at the venue without which the rule cannot see the fault."""


CASES = (
    Case("resync@{at}+5:{venue}", "D.gap", 5.0, needs_books=True),
    Case("resync@{at}+5", "D.gap", 5.0, needs_books=True),
    # Alone, time stands still until the connection is back.
    Case("resync@{at}+10:{venue}", "D.connection", 5.0, "D.deaf"),
    Case("freeze@{at}+30:{venue}", "D.frozen", 10.0, needs_books=True, needs_trades_each_s=1.0),
    Case("freeze@{at}+30:{venue},withhold=1", "D.frozen", 10.0, needs_books=True, needs_trades_each_s=1.0),
    Case("ghost@{at}+30:{venue}", "D.ghost", 3.0, needs_books=True, needs_trades_each_s=1.0),
    Case("ghost@{at}+30:{venue},side=ask", "D.ghost", 3.0, needs_books=True, needs_trades_each_s=1.0),
    Case("cross@{at}+30:{venue}", "D.crossed", 2.0, needs_books=True),
    Case("cross@{at}+30:{venue},side=ask", "D.crossed", 2.0, needs_books=True),
    Case("skew@{at}+120:{venue}", "D.clock", 10.0, needs_trades_each_s=1.0),
    Case("skew@{at}+120:{venue},by_s=5", "D.clock", 10.0, needs_trades_each_s=1.0),
    Case("skew@{at}+120:{venue},by_s=-5", "D.clock", 10.0, needs_trades_each_s=1.0),
    Case("silence@{at}+30:{venue}", "S3.silence", 5.0, "D.deaf", needs_trades_each_s=1.0),
    # Alone, what was kept back shows as late, and not as missing.
    Case("silence@{at}+30:{venue},burst=1", "S3.silence", 5.0, "D.local", needs_trades_each_s=1.0),
    Case("silence@{at}+30", "D.deaf", 5.0, needs_trades_each_s=1.0),
    Case("duplicate"),
    Case("duplicate@{at}+60,apart_ms=2000"),
    Case("reorder"),
    Case("reorder@{at}+60,window_ms=3000"),
    Case("drop", "", needs_books=True),
    Case("drop@{at}+60,share=0.2", "D.gap", 30.0, needs_books=True),
    Case("local-lag@{at}+60,peak_s=8", "D.local", 20.0, needs_trades_each_s=1.0),
)


class Quiet(NamedTuple):
    """A quiet recording."""

    read: Callable[[Path], Stream]
    venue: str
    """Where faults of one venue strike."""
    fault_s: float
    """When they do, after the recording began."""
    has_books: bool = True
    is_shared: bool = False
    """Whether it stands beside the checkout."""


RECORDINGS = {
    "bundled": Quiet(lambda _: bundled(), "binance-usdm", 30),
    "alone": Quiet(lambda _: alone(), "binance-usdm", 30),
    "raw": Quiet(raw_binance, "binance-usdm", 60, is_shared=True),
    "night": Quiet(lambda data: trades(data, "04:00", "04:25"), "binance-coinm", 900, has_books=False, is_shared=True),
    "twin": Quiet(lambda _: rebuilt("20:34", "20:50", twin=True), "binance-usdm", 780),
}
"""Eighty seconds and three minutes of real books, twenty-five of real trades, sixteen of a made-up calm with both."""


class Struck(NamedTuple):
    """One case on one recording."""

    told: Told
    start_ns: int
    is_seen: bool
    """Whether the recording holds what the rule that is due needs."""


@pytest.fixture(params=RECORDINGS)
def quiet(request: pytest.FixtureRequest) -> tuple[Quiet, Stream]:
    """A recording and its events."""
    recording = RECORDINGS[request.param]
    data = request.getfixturevalue("shared_data") if recording.is_shared else Path()
    return recording, recording.read(data)


def strike(quiet: tuple[Quiet, Stream], case: Case) -> Struck:
    """Replay with the fault; skips where there is no book that could have it."""
    recording, stream = quiet
    if case.needs_books and not recording.has_books and case.option.startswith(("freeze", "ghost", "cross")):
        pytest.skip("the recording has no books")
    moment = seconds_in(stream, recording.fault_s)
    told = replayed(stream, case.option.format(at=moment, venue=recording.venue))
    of_venue = sum(event.venue == recording.venue for event in stream if event.__struct_config__.tag == "trade")
    length_s = (stream[-1].ts_recv_ns - stream[0].ts_recv_ns) / NS
    is_seen = of_venue / length_s >= case.needs_trades_each_s and (recording.has_books or not case.needs_books)
    return Struck(told, at_ns(moment), is_seen)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.option.replace("@{at}", "").replace("{venue}", "venue"))
def test_a_fault_in_the_calm_raises_no_alert_about_the_market(quiet: tuple[Quiet, Stream], case: Case) -> None:
    """Somebody would sell because a cable was loose."""
    struck = strike(quiet, case)
    (report,) = struck.told.report
    assert "touched nothing" not in report
    above = [alert for alert in struck.told.alerts if LEVELS.index(alert.level) > WATCH]
    assert [alert.headline for alert in above if "D" not in alert.stages] == []
    _check_due(struck, case)


def _check_due(struck: Struck, case: Case) -> None:
    """The rule about data that is due spoke in time, where the recording shows it; and people were told."""
    lone = len(struck.told.engine.venues()) == 1
    due = case.alone if lone and case.alone else case.due
    if not due or not struck.is_seen:
        return
    due_ns = struck.start_ns + int((case.after_s + WITHIN_S) * NS)
    onsets = [said.ts_ns for said in struck.told.transitions if said.active and said.rule.startswith(due)]
    assert any(struck.start_ns <= onset_ns <= due_ns for onset_ns in onsets), (case.option, onsets)
    told = [
        a.ts_ns for a in struck.told.alerts if "D" in a.stages and any(c.rule.startswith(due) for c in a.conditions)
    ]
    assert any(ts_ns in onsets for ts_ns in told), (case.option, told)


def test_the_recordings_are_quiet(quiet: tuple[Quiet, Stream]) -> None:
    """What is blamed on a fault would be there without it."""
    told = replayed(quiet[1])
    assert [alert.headline for alert in told.alerts if LEVELS.index(alert.level) > WATCH] == []
