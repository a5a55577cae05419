"""False alarms in quiet time, by hand."""

from __future__ import annotations

import pytest

from detector.scoring.ledger import Ledger, LevelRow, ledger
from detector.scoring.run import Sight
from detector.scoring.sighted import SHOCK_AND_FLOW
from tests.kit.told import alert, at, run, stretch, told

WEEK_S = 604_800.0
DAY_S = 86_400.0
RULE = "S2.asset_move/1"
DEPTH = "S3.depth/1"
ALL = dict.fromkeys((*SHOCK_AND_FLOW, RULE, DEPTH), 1.0)


def level(card: Ledger, name: str) -> LevelRow:
    """One row."""
    return next(row for row in card.levels if row.level == name)


def test_an_episode_counts_once_at_every_level_that_it_reached() -> None:
    """One bad night would be one false alarm a revision, or hide behind its highest level."""
    replay = run(
        alert(100, "WATCH"),
        alert(110, "WARN", "escalated"),
        alert(120, "WARN", "updated"),
        alert(1_000, "CLEAR", "resolved", peak="WARN"),
        alert(2_000, "WATCH", episode="two"),
        alert(2_000, "HIGH", scope="SOL", episode="sol"),
        alert(3_000, "WARN", scope="okx", episode="data", stages=("D",)),
        seconds=WEEK_S,
        sight=ALL,
    )
    card = ledger([(replay, [stretch(0, WEEK_S)])], ())
    assert [(row.market, row.assets) for row in card.levels] == [(2, 1), (1, 1), (0, 1), (0, 0), (0, 0)]
    assert [row.data for row in card.levels] == [1, 1, 0, 0, 0]
    assert (level(card, "WATCH").market_per_week, level(card, "HIGH").assets_per_week) == (2.0, 1.0)
    assert level(card, "HIGH").market_per_week_at_most == 3.0


def test_what_happens_outside_of_the_quiet_is_no_false_alarm() -> None:
    """The crash of the same day would be counted."""
    replay = run(alert(500, "HIGH"), told(RULE, 500), seconds=DAY_S, sight=ALL)
    card = ledger([(replay, [stretch(0, 400), stretch(600, DAY_S)])], [RULE])
    assert level(card, "WATCH").market == 0
    assert card.rules[0].onsets == 0
    assert card.hours == pytest.approx((DAY_S - 200) / 3600)


@pytest.mark.parametrize("blind", SHOCK_AND_FLOW)
def test_one_asset_is_no_market(blind: str) -> None:
    """Weeks in which the market could not be seen would make its false alarms rare."""
    replay = run(seconds=DAY_S, sight=ALL | {blind: 0.79})
    card = ledger([(replay, [stretch(0, DAY_S)])], ())
    assert (card.hours, card.market_hours) == (24.0, 0.0)
    assert (level(card, "WARN").market, level(card, "WARN").market_per_week_at_most) == (None, None)
    assert level(card, "WARN").assets_per_week_at_most == pytest.approx(21.0)


def test_critical_is_calm_only_where_a_second_key_could_be_seen() -> None:
    """Trades alone can never say CRITICAL: their silence about it would be praised."""
    card = ledger([(run(seconds=DAY_S, sight=ALL | {DEPTH: 0.5}), [stretch(0, DAY_S)])], ())
    assert [row.market for row in card.levels] == [0, 0, 0, None, None]
    assert [row.market_hours for row in card.levels] == [24.0, 24.0, 24.0, 0.0, 0.0]


def test_single_assets_have_figures_only_where_one_could_have_cried() -> None:
    """A recording of nothing but open interest would be the calmest of all."""
    card = ledger([(run(seconds=DAY_S, sight=ALL | {RULE: 0.5}), [stretch(0, DAY_S)])], ())
    row = level(card, "WATCH")
    assert (row.assets, row.assets_hours, row.assets_per_week_at_most) == (None, 0.0, None)
    assert (row.data, row.market) == (0, 0)


def test_holes_of_a_recording_are_no_quiet_time() -> None:
    """Two seconds at both ends of a week would be a week without false alarms."""
    replay = run(seconds=WEEK_S)
    replay.sight = Sight()
    for second, asked in ((0, 0), (100, 100), (WEEK_S, 2_000), (WEEK_S + 100, 2_000)):
        replay.sight.sample(at(second), dict.fromkeys(ALL, asked), dict.fromkeys(ALL, asked))
    card = ledger([(replay, [stretch(0, WEEK_S + 100)])], [RULE])
    assert card.rules[0].hours == level(card, "WARN").market_hours == card.hours == pytest.approx(2_000 / 3_600)


def test_a_rule_that_saw_less_than_four_fifths_has_no_figure() -> None:
    """A blind rule would have the best figure of all."""
    day = [stretch(0, DAY_S)]
    blind = run(told(RULE, 50), seconds=DAY_S, sight={RULE: 0.79})
    seeing = run(told(RULE, 60), told(RULE, 60, 70, severity="HIGH"), seconds=DAY_S, sight={RULE: 0.81})
    (row,) = ledger([(blind, day)], [RULE]).rules
    assert (row.onsets, row.per_week, row.hours) == (None, None, 0.0)
    (row,) = ledger([(blind, day), (seeing, day)], [RULE]).rules
    assert (row.onsets, row.per_week, row.hours) == (1, 7.0, 24.0)
    assert row.evaluable == pytest.approx(0.8)
    assert row.per_week_at_most == pytest.approx(4.744 * 7, abs=0.01)


def test_without_quiet_time_there_are_no_figures() -> None:
    """Nothing seen would be printed as nothing wrong."""
    card = ledger([], [RULE])
    assert (card.hours, card.rules[0].onsets, level(card, "WATCH").market) == (0.0, None, None)
