"""A fault in the middle of a crash: what is true stays true, for the market and for whoever waits for the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.alert import MARKET, Transition
from tests.faults.replays import NS, Stream, Told, at_ns, rebuilt, replayed, trades

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

LASTS_S = 60
AFTER_S = 120
"""So long after the fault its echo is looked for; what nobody can see is forgotten after a quarter of an hour only."""
SLACK_S = 60
"""A condition that ends by itself a moment later may end now: the numbers that decide are not quite the same."""
DATA = "D."

Key = tuple[str, str, str]
"""Rule, venue, asset."""


class Crash(NamedTuple):
    """A crash, and when faults strike in it."""

    read: Callable[[Path], Stream]
    at: str
    venue: str
    is_shared: bool = False


CRASHES = {
    # Breadth, dislocation and off-book fills hold; deleveraging is about to begin.
    "trades": Crash(lambda data: trades(data, "20:36", "21:20"), "2025-10-10T21:15:30", "binance-coinm", True),
    # Liquidations and books as well.
    "rebuilt": Crash(lambda _: rebuilt("20:38", "21:18"), "2025-10-10T21:14:10", "binance-usdm"),
}

OF_TRADES = (
    "silence@{at}+60:{venue}",
    "silence@{at}+60:{venue},burst=1",
    "resync@{at}+60",
    "skew@{at}+60:{venue},by_s=5",
    "skew@{at}+60:{venue},by_s=-5",
    "duplicate@{at}+60",
    "reorder@{at}+60,window_ms=3000",
    "drop@{at}+60,share=0.05",
    "local-lag@{at}+60,peak_s=8",
)
OF_BOOKS = (
    "resync@{at}+60:{venue}",
    "freeze@{at}+60",
    "ghost@{at}+60",
    "cross@{at}+60,side=ask",
    "drop@{at}+60,share=0.05",
)
CASES = [("trades", option) for option in OF_TRADES] + [("rebuilt", option) for option in OF_BOOKS]


@cache
def read(name: str, data: Path) -> Stream:
    """The events of a crash."""
    return CRASHES[name].read(data)


@cache
def undisturbed(name: str, data: Path) -> Told:
    """What the detector says of it."""
    return replayed(read(name, data))


def held(transitions: list[Transition]) -> dict[Key, list[tuple[int, int | None]]]:
    """When each condition held: from its onset to its end, None where it outlasts the stream."""
    spans: dict[Key, list[tuple[int, int | None]]] = {}
    for said in transitions:
        known = spans.setdefault((said.rule, said.venue, said.asset), [])
        if not said.active:
            known[-1] = (known[-1][0], said.ts_ns)
        elif not known or known[-1][1] is not None:
            known.append((said.ts_ns, None))
    return spans


def wrongly_cleared(told: Told, clean: Told, start_ns: int) -> Iterator[tuple[Key, float]]:
    """Conditions that ended with the fault and go on without it; and how long after its beginning."""
    true = held(clean.transitions)
    end_ns = start_ns + (LASTS_S + AFTER_S) * NS
    for key, spans in held(told.transitions).items():
        if key[0].startswith(DATA):
            continue
        for _, cleared_ns in spans:
            if cleared_ns is None or not start_ns <= cleared_ns < end_ns:
                continue
            for first_ns, last_ns in true.get(key, ()):
                lasts = last_ns is None or last_ns > cleared_ns + SLACK_S * NS
                if first_ns < cleared_ns - SLACK_S * NS and lasts:
                    yield key, (cleared_ns - start_ns) / NS


@pytest.mark.parametrize(
    ("name", "option"), CASES, ids=lambda text: text.replace("@{at}", "").replace("{venue}", "one")
)
def test_a_fault_in_the_crash_clears_nothing_that_is_true(
    name: str, option: str, request: pytest.FixtureRequest
) -> None:
    """A lost connection would be read as the all-clear, at the worst moment."""
    crash = CRASHES[name]
    data = request.getfixturevalue("shared_data") if crash.is_shared else Path()
    clean = undisturbed(name, data)
    told = replayed(read(name, data), option.format(at=crash.at, venue=crash.venue))
    start_ns = at_ns(crash.at)
    assert "touched nothing" not in told.report[0]
    assert any(spans[-1][1] is None and spans[-1][0] < start_ns for spans in held(clean.transitions).values())
    assert list(wrongly_cleared(told, clean, start_ns)) == []
    assert told_off(told, start_ns) <= told_off(clean, start_ns)


def told_off(told: Told, start_ns: int) -> set[str]:
    """What is said of the market's episode, while the fault lasts and after, that sounds like an end."""
    end_ns = start_ns + (LASTS_S + AFTER_S) * NS
    return {
        alert.status
        for alert in told.alerts
        if alert.scope == MARKET and alert.status in ("downgraded", "resolved") and start_ns <= alert.ts_ns < end_ns
    }
