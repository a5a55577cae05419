from __future__ import annotations

import typing

import msgspec

from schemas.alert import LEVELS, Alert, Coverage, Evidence, Level, Transition
from schemas.codec import decode_output, encode

UNKNOWN = Evidence(signal="depth_bid_1pct_usd", value=None, unit="USD", note="binance-usdm book: gap since 21:17:03")
TRANSITION = Transition(
    stage="S6",
    rule="S6.prints/1",
    venue="hyperliquid",
    asset="*",
    active=True,
    severity="EMERGENCY",
    direction="down",
    ts_ns=1,
    since_ns=1,
    evidence=(),
)


def test_levels_are_in_the_order_in_which_they_grow_worse() -> None:
    """A comparison of levels would page people for a WATCH and let an EMERGENCY pass."""
    assert typing.get_args(Level) == LEVELS
    assert LEVELS.index("WATCH") < LEVELS.index("WARN") < LEVELS.index("HIGH") < LEVELS.index("CRITICAL")
    assert (LEVELS[0], LEVELS[-1]) == ("CLEAR", "EMERGENCY")


def test_an_unknown_number_stays_unknown_and_says_why() -> None:
    """Null would arrive as zero, and an outage as an empty book."""
    again = decode_output(encode(msgspec.structs.replace(TRANSITION, evidence=(UNKNOWN,))))
    assert isinstance(again, Transition)
    assert again.evidence[0].value is None
    assert again.evidence[0].note.endswith("21:17:03")


def test_an_alert_carries_what_it_could_not_see() -> None:
    """Nobody could tell a quiet venue from a dark one."""
    alert = Alert(
        alert_id="a",
        episode_id="e",
        revision=1,
        ts_ns=2,
        status="open",
        level="WARN",
        peak_level="WARN",
        stages=("S1", "S2"),
        scope="market",
        direction="down",
        since_ns=1,
        headline="h",
        evidence=(UNKNOWN,),
        conditions=(),
        coverage=Coverage(live=7, families=11, blind=("hyperliquid: down",)),
    )
    assert decode_output(encode(alert)) == alert
    assert b'"blind":["hyperliquid: down"]' in encode(alert)


def test_a_transition_of_one_condition_says_nothing_of_the_others() -> None:
    """Stages would become a ladder; on 10 October 2025 the sixth came before the fourth and the fifth."""
    assert decode_output(encode(TRANSITION)) == TRANSITION
