"""An engine in the middle of the synthetic crash, and an alert with everything."""

from __future__ import annotations

import pytest

from detector.engine import Engine
from schemas.alert import ActiveCondition, Alert, Coverage, Evidence, Label, Vote
from tests.kit.synthetic_crash import synthetic_crash


@pytest.fixture(scope="session")
def crashing() -> Engine:
    """Books, liquidations, conditions of every kind; nobody may change it."""
    engine = Engine()
    engine.feed(synthetic_crash(1, crash_s=60))
    return engine


@pytest.fixture
def alert() -> Alert:
    """A CRITICAL alert of 10 October 2025."""
    return Alert(
        alert_id="a1",
        episode_id="e1",
        revision=3,
        ts_ns=1_760_130_900_000_000_000,
        status="escalated",
        level="CRITICAL",
        peak_level="CRITICAL",
        stages=("S1", "S2"),
        scope="market",
        direction="down",
        since_ns=1_760_129_410_000_000_000,
        headline="CRITICAL market falling: shock, forced flow",
        evidence=tuple(Evidence(signal=f"signal_{n}", value=float(n)) for n in range(9)),
        conditions=(
            ActiveCondition(
                stage="S1",
                rule="S1.branching/1",
                venue="market",
                asset="*",
                severity="WATCH",
                since_ns=1_760_129_410_000_000_000,
            ),
        ),
        coverage=Coverage(live=7, families=9, blind=("north BTC book: gap", "open interest: none", "a", "b")),
        second_key="off-book fills on north",
        posture="halt_new",
        label=Label(
            cause="mixed",
            score=1,
            votes=tuple(
                Vote(name=name, vote=vote, value=None, microstructure=None, macro=None)
                for name, vote in (("dispersion", 1), ("retrace", 1), ("breadth", -1), ("markets elsewhere", None))
            ),
        ),
    )
