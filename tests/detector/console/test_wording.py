"""Words and short lines for people."""

from __future__ import annotations

import pytest

from detector.console.wording import NUMBERS_SHOWN, alert_lines, clock, day, dollars, number, transition_line
from schemas.alert import Alert, Evidence, Transition

ONSET = Transition(
    stage="S3",
    rule="S3.depth/1",
    venue="north",
    asset="BTC",
    active=True,
    severity="HIGH",
    direction="down",
    ts_ns=1_760_129_420_000_000_000,
    since_ns=1_760_129_410_999_999_999,
    evidence=(Evidence(signal="depth_ratio", value=0.3, threshold=0.6, unit="ratio"),),
)


def test_times_are_utc_and_never_rounded_up() -> None:
    """A rounded onset could lie after the alert."""
    assert clock(1_760_129_410_999_999_999) == "20:50:10"
    assert day(1_760_129_410_999_999_999) == "2025-10-10"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (float("nan"), "-"),
        (0.0, "0"),
        (999.4, "999"),
        (-2_500.0, "-2.5k"),
        (3e6, "3.0M"),
        (19.16e9, "19.2B"),
    ],
)
def test_dollars_at_a_glance(value: float | None, text: str) -> None:
    """Eleven digits are not read on a phone."""
    assert dollars(value) == text


@pytest.mark.parametrize(
    ("evidence", "text"),
    [
        (Evidence(signal="depth", value=1_234_567.0, baseline=9e6, unit="USD"), "depth 1.2M USD (normal 9.0M)"),
        (
            Evidence(signal="move_60s", value=-0.0123, threshold=0.01, unit="fraction"),
            "move_60s -1.23 % (line +1.00 %)",
        ),
        (Evidence(signal="rate", value=12.5, unit="x usual", note="pooled"), "rate 12.5 x usual (pooled)"),
        (Evidence(signal="rate", value=2.0, where="north BTC"), "north BTC: rate 2"),
        (Evidence(signal="rate", value=9.0, baseline=2.0, percentile=100.0, sigma=7.1), "rate 9 (normal 2, +7.1 σ)"),
        (Evidence(signal="rate", value=9.0, percentile=100.0), "rate 9 (above 100 % of its hour)"),
        (Evidence(signal="rate", value=None), "rate unknown"),
        (Evidence(signal="rate", value=None, note="too little history"), "rate unknown (too little history)"),
    ],
)
def test_evidence_in_words(evidence: Evidence, text: str) -> None:
    """A number without its normal says nothing."""
    assert number(evidence) == text


def test_an_alert_is_a_headline_and_a_few_lines(alert: Alert) -> None:
    """An alert that scrolls away is not read."""
    lines = alert_lines(alert)
    assert lines[0] == "21:15:00  CRITICAL market falling: shock, forced flow"
    assert "since 20:50:10" in lines[1]
    assert "a1" in lines[1]
    assert "S1 S2" in lines[1]
    assert "off-book fills on north" in lines[1]
    cause = "mixed (+1; for leverage: dispersion, retrace; for news: breadth)"
    assert lines[2].strip() == f"bots: halt_new · cause: {cause}"
    assert len(lines) == 4 + NUMBERS_SHOWN
    assert lines[-1].strip() == "sees 7 of 9 families of evidence; blind: north BTC book: gap; open interest: none; a"


def test_a_condition_is_one_line_with_its_onset_or_its_clear() -> None:
    """Onset and clear could not be told apart."""
    line = "20:50:20  + S3.depth/1 north BTC HIGH since 20:50:10 depth_ratio 0.3 (line 0.6)"
    assert transition_line(ONSET) == line
    cleared = Transition(
        stage="S1",
        rule="S1.branching/1",
        venue="market",
        asset="*",
        active=False,
        severity="CLEAR",
        direction="none",
        ts_ns=ONSET.ts_ns,
        since_ns=ONSET.since_ns,
        evidence=ONSET.evidence,
    )
    assert transition_line(cleared) == "20:50:20  - S1.branching/1 market clear, began 20:50:10"
