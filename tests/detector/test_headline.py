"""One line for a phone."""

from __future__ import annotations

from detector.conditions import Condition
from detector.headline import data_headline, headline, resolved
from detector.signals import branching, breadth, depth, liquidations, offbook
from detector.verdict import HIGH, WARN
from schemas.alert import MARKET, Stage


def held(rule: str, stage: Stage, venue: str = MARKET, asset: str = "*") -> Condition:
    """A condition that holds."""
    return Condition(rule, stage, venue, asset, severity=WARN)


SHOCK, FLOW = held(branching.RULE, "S1"), held(breadth.FLOW, "S2")


def test_flow_is_called_forced_only_where_somebody_saw_force() -> None:
    """One-sided trading would be quoted as liquidations."""
    seen = held(liquidations.RULE, "S2", "binance-usdm", "BTC")
    assert headline(level=HIGH, scope=MARKET, direction="down", conditions=(SHOCK, FLOW)).endswith("one-sided flow")
    assert headline(level=HIGH, scope=MARKET, direction="up", conditions=(SHOCK, seen)).endswith("forced flow")


def test_up_to_two_venues_are_named_and_more_are_counted() -> None:
    """A line that names nine venues is not read."""
    thin = [held(depth.DEPTH, "S3", venue, "BTC") for venue in ("a", "b", "c")]
    two = headline(level=HIGH, scope=MARKET, direction="down", conditions=thin[:2])
    three = headline(level=HIGH, scope=MARKET, direction="down", conditions=thin)
    assert (two, three) == (
        "HIGH market falling: liquidity withdrawn (a, b)",
        "HIGH market falling: liquidity withdrawn (3 venues)",
    )


def test_what_a_cascade_left_behind_is_told_at_its_end_only() -> None:
    """A book that is thin for days would stand in every headline of the days after."""
    inferred = held(offbook.RULE, "S6", "coinm")
    over = resolved(scope=MARKET, peak=HIGH, conditions=(inferred,), quiet_s=900)
    assert over == (
        "RESOLVED market: below WATCH for 15 min, peak HIGH; "
        "still: fills missing from the tape, deleveraging inferred (coinm)"
    )
    assert resolved(scope=MARKET, peak=HIGH, conditions=(), quiet_s=900).endswith("peak HIGH")


def test_an_alert_about_data_says_so() -> None:
    """A venue that cannot be seen would be read as one that falls."""
    text = data_headline(level=WARN, scope="okx", conditions=(held("S3.silence/1", "S3", "okx"),))
    assert text == "WARN okx data: feed silent (okx)"
