"""The reconstructed crash against the same fall as news: the label tells them apart, and only one is critical.

Seven assets of four venues, from sixteen minutes before the shock: through the trough of the fall that is news, through
the first deleveraging of the cascade.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from detector.engine import Engine
from producers.rebuilt import World, rebuilt
from schemas.alert import LEVELS, MARKET, Alert
from schemas.base import EVERY_INSTRUMENT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NS = 1_000_000_000
SHOCK_S = 1_760_129_405
"""2025-10-10 20:50:05 UTC."""
ASSETS = ("BTC", "ETH", "AAVE", "ATOM", "AVAX", "DOT", "UNI")
CRITICAL = LEVELS.index("CRITICAL")


class Told(NamedTuple):
    """The alerts of the market and of single assets, and each cause of the label with the second since the shock."""

    alerts: list[Alert]
    causes: list[tuple[float, str]]

    def highest(self) -> int:
        """The highest level of any story, as an index of `LEVELS`."""
        return max(LEVELS.index(alert.level) for alert in self.alerts)


def told(world: World, *, end: str) -> Told:
    """The detector's story from 20:34 on."""
    engine = Engine()
    alerts: list[Alert] = []
    causes: list[tuple[float, str]] = []
    for batch in rebuilt(world, start="20:34", end=end):
        kept = [event for event in batch if event.instrument.partition("-")[0] in (*ASSETS, EVERY_INSTRUMENT)]
        alerts += (said for said in engine.feed(kept) if isinstance(said, Alert) and said.scope in (MARKET, *ASSETS))
        label = engine.market.memory.labels.read()
        if label is not None and (not causes or causes[-1][1] != label.cause):
            causes.append((engine.now_ns / NS - SHOCK_S, label.cause))
    return Told(alerts, causes)


def test_a_crash_without_forced_flow_is_news_and_never_critical() -> None:
    """People would be told to stop trading in a market that works."""
    found = told("macro", end="21:30")
    assert LEVELS.index("WARN") < found.highest() < CRITICAL
    assert [cause for _, cause in found.causes] == ["undecided", "macro"]
    assert found.causes[-1][0] < 600


def test_the_cascade_is_news_first_and_leverage_then() -> None:
    """The label would be half of the truth."""
    found = told("cascade", end="21:18")
    assert found.highest() > CRITICAL
    assert [cause for _, cause in found.causes] == ["undecided", "macro", "mixed"]
    assert 600 < found.causes[-1][0] < 1_800
