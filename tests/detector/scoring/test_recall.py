"""Events, the alerts that belong to them, and leads, by hand."""

from __future__ import annotations

import pytest

from detector.scoring.recall import event_card, recall
from tests.kit.told import alert, at, label

EVENT = label("event", 10_000, 12_000, tier="A")


def test_leads_are_counted_from_the_first_alert_at_each_level() -> None:
    """The lead of a mere notice would be sold as that of an alarm."""
    alerts = [
        alert(10_010, "WATCH"),
        alert(10_100, "HIGH", "escalated"),
        alert(10_700, "CRITICAL", "escalated"),
        alert(11_000, "HIGH", "downgraded", peak="CRITICAL"),
        alert(12_500, "CLEAR", "resolved", peak="CRITICAL"),
    ]
    card = event_card(EVENT, alerts, {"trough": at(10_800)}, "recorded")
    assert card.recalled
    assert card.first_ns == {
        "WATCH": at(10_010),
        "WARN": at(10_100),
        "HIGH": at(10_100),
        "CRITICAL": at(10_700),
    }
    assert card.leads_s == {"trough": {"WATCH": 790.0, "WARN": 700.0, "HIGH": 700.0, "CRITICAL": 100.0}}
    assert card.resolved_after_s == 500.0


@pytest.mark.parametrize(
    ("second", "level", "recalled"),
    [
        (8_199, "WARN", False),
        (8_201, "WARN", True),
        (10_500, "WATCH", False),
        (12_000, "WARN", True),
        (12_001, "HIGH", False),
    ],
)
def test_an_alert_belongs_to_an_event_from_half_an_hour_before_it_to_its_end(
    second: int, level: str, recalled: bool
) -> None:
    """A false alarm of the morning would recall the crash of the evening."""
    card = event_card(EVENT, [alert(second, level)], {}, "recorded")  # type: ignore[arg-type]
    assert card.recalled is recalled
    assert card.resolved_after_s is None


def test_an_edit_recalls_nothing() -> None:
    """A message of the day before that is only kept up to date would lead every crash."""
    edits = [alert(10_010, "HIGH", "updated"), alert(10_020, "HIGH", "downgraded", peak="CRITICAL")]
    assert event_card(EVENT, edits, {}, "recorded").first_ns == {}


def test_an_event_of_one_asset_is_recalled_by_its_own_alert() -> None:
    """A cascade of one coin would count as recalled by whatever the market does."""
    event = label("event", 10_000, 12_000, tier="C", asset="SOL")
    assert not event_card(event, [alert(10_100, "HIGH")], {}, "recorded").recalled
    assert event_card(event, [alert(10_100, "HIGH", scope="SOL")], {}, "recorded").recalled


def test_recall_is_told_apart_by_tier_and_origin() -> None:
    """A generated crash would prove as much as a real one."""
    hit, miss = [alert(10_100, "HIGH")], [alert(10_100, "WATCH")]
    rows = recall(
        [
            event_card(EVENT, hit, {}, "generated"),
            event_card(EVENT, hit, {}, "recorded"),
            event_card(EVENT, miss, {}, "recorded"),
            event_card(EVENT._replace(tier="B"), hit, {}, "recorded"),
        ]
    )
    assert [(row.origin, row.tier, row.events, row.recalled) for row in rows] == [
        ("recorded", "A", 2, 1),
        ("recorded", "B", 1, 1),
        ("generated", "A", 1, 1),
    ]
    assert rows[1].at_least == pytest.approx(0.2065, abs=1e-3)
