"""The first line, which stands alone on a lock screen."""

from __future__ import annotations

from typing import Any

import pytest

from detector.alerts.titles import SIGNS, title
from schemas.alert import LEVELS, OURS, ActiveCondition
from tests.kit.alerts import T0_NS, an_alert

HALTED = ActiveCondition(stage="S3", rule="S3.halted/1", venue="okx", asset="*", severity="WARN", since_ns=T0_NS)
OKX: dict[str, Any] = {"scope": "okx", "stages": ("D",)}


def test_every_level_has_a_sign_and_its_word() -> None:
    """Colours alone are not seen by everybody."""
    assert set(SIGNS) == set(LEVELS)
    assert len(set(SIGNS.values())) == len(LEVELS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"level": "CRITICAL"}, "🔴 CRITICAL · market falling"),
        ({"scope": "DOT", "direction": "up", "level": "WARN"}, "🟡 WARN · DOT rising"),
        ({"status": "resolved", "level": "CLEAR"}, "✅ OVER · market"),
        (OKX | {"level": "WARN"}, "🟡 WARN · cannot see OKX"),
        (OKX | {"level": "WATCH"}, "🔵 WATCH · data in doubt on OKX"),
        (OKX | {"level": "WARN", "conditions": (HALTED,)}, "🟡 WARN · trading halted on OKX"),
        (OKX | {"status": "resolved", "level": "CLEAR"}, "✅ OVER · OKX"),
        (OKX | {"scope": OURS, "level": "WARN"}, "🟡 WARN · we cannot see: rule"),
        (OKX | {"scope": OURS, "level": "WATCH"}, "🔵 WATCH · what we see is in doubt: rule"),
        (
            OKX | {"scope": "sink a", "level": "WARN", "conditions": (), "headline": "WARN a: takes none, 401"},
            "🟡 WARN · sink a: takes none, 401"[:-5],
        ),
    ],
)
def test_a_title_says_level_and_where(changes: dict[str, Any], said: str) -> None:
    """On a lock screen there is nothing else."""
    assert title([an_alert(**changes)]) == said


def test_a_group_is_counted_and_its_first_are_named() -> None:
    """Twenty coins would be twenty titles."""
    group = [an_alert(scope=scope, level="CRITICAL") for scope in ("DOT", "AVAX", "AAVE")]
    assert title(group) == "🔴 CRITICAL · 3 assets falling: DOT, AVAX, AAVE"
    assert title([*group, an_alert(scope="X", direction="up")]) == (
        "🔴 CRITICAL · 4 assets unsettled: DOT, AVAX, AAVE and 1 more"
    )


def test_groups_of_venues_and_of_what_is_over_read_well() -> None:
    """`2 assets falling: okx` would be wrong in each word."""
    blind = [an_alert(scope=scope, stages=("D",), level="WARN") for scope in ("okx", "bybit")]
    over = [an_alert(scope=scope, status="resolved", level="CLEAR") for scope in ("A", "B")]
    assert title(blind) == "🟡 WARN · cannot see 2 venues: OKX, Bybit"
    assert title(over) == "✅ OVER · 2 assets: A, B"
    assert title([an_alert(scope="A"), blind[0]]) == "🟠 HIGH · 2 stories: A, OKX"


def test_channels_that_take_no_messages_are_counted_as_such() -> None:
    """They would be read as venues that cannot be seen."""
    stories = [an_alert(scope=f"sink {name}", stages=("D",), level="WARN") for name in ("phone", "desk")]
    assert title(stories) == "🟡 WARN · 2 sinks take no messages: phone, desk"


def test_data_that_fail_in_several_ways_are_not_told_by_the_first_of_them() -> None:
    """A venue that halted its trading would stand for one that cannot be seen."""
    okx, bybit = (an_alert(scope=scope, stages=("D",), level="WARN") for scope in ("okx", "bybit"))
    halted = an_alert(**OKX, level="WARN", conditions=(HALTED,))
    doubted = an_alert(scope="bybit", stages=("D",), level="WATCH")
    ours = an_alert(scope=OURS, stages=("D",), level="WARN")
    sink = an_alert(scope="sink phone", stages=("D",), level="WARN", conditions=())
    assert title([halted, bybit]) == "🟡 WARN · 2 data troubles: OKX halted, Bybit cannot be seen"
    assert title([okx, doubted]) == "🟡 WARN · 2 data troubles: OKX cannot be seen, Bybit in doubt"
    assert title([sink, okx]) == "🟡 WARN · 2 data troubles: sink phone takes no messages, OKX cannot be seen"
    assert title([ours, okx, halted, sink]).endswith(
        "4 data troubles: our own data cannot be seen, OKX cannot be seen, OKX halted and 1 more"
    )


def test_of_what_is_over_only_venues_are_called_venues() -> None:
    """A channel is none."""
    over = [an_alert(scope=s, stages=("D",), status="resolved", level="CLEAR") for s in ("okx", "bybit", "sink phone")]
    assert title(over[:2]) == "✅ OVER · 2 venues: OKX, Bybit"
    assert title(over[1:]) == "✅ OVER · 2 data troubles: Bybit, sink phone"
