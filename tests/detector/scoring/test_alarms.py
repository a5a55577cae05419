"""Other programs' alarms by the same labels, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from detector.scoring.alarms import Alarm, Heard, Trial, merged, rival_card
from detector.scoring.labels import Stretch
from tests.kit.told import at, label, stretch

WEEK_S = 604_800.0


EVENT = label("event", 10_000, 12_000, tier="A")
ALWAYS = [stretch(0, WEEK_S)]


def trial(*seconds: float, saw: Sequence[Stretch] = ALWAYS, **truth: Any) -> Trial:
    """Alarms at these seconds, against nothing or what is told."""
    heard = Heard([Alarm(at(second), "market", "five liquidations") for second in seconds], list(saw))
    usual: dict[str, Any] = {"origin": "recorded", "events": [], "quiet": [], "negative": None}
    return Trial(heard, **(usual | truth))


def test_recall_delay_and_false_alarms_are_counted_over_all_cases() -> None:
    """A rule that always cries would look as good as one that cries in time."""
    card = rival_card(
        "loud",
        "recorded",
        [trial(10_030, 10_090, events=[EVENT]), trial(events=[EVENT]), trial(100, 200, 5_000, quiet=ALWAYS)],
    )
    assert (card.events, card.recalled, card.delay_s) == (2, 1, (30.0,))
    assert (card.quiet_hours, card.false_alarms, card.per_week) == (168.0, 2, 2.0)
    assert card.per_week_at_most == pytest.approx(6.296, abs=0.01)


def test_a_rule_without_its_input_has_no_figures() -> None:
    """A rule that never hears of a liquidation would have no false alarms, and miss every event."""
    saw = [stretch(0, 3_600), stretch(10_000, 11_599)]
    card = rival_card("deaf", "recorded", [trial(events=[EVENT], saw=saw), trial(500, 90_000, saw=saw, quiet=ALWAYS)])
    assert (card.events, card.blind_events, card.recalled) == (0, 1, 0)
    assert card.quiet_hours == pytest.approx((3_600 + 1_599) / 3_600)
    assert card.false_alarms == 1
    assert rival_card("deaf", "recorded", [trial(saw=[], quiet=ALWAYS)]).per_week is None


def test_a_hard_negative_is_one_in_which_any_alarm_is_wrong() -> None:
    """A rule that cannot tell a repricing from a cascade would look as good as one that can."""
    card = rival_card(
        "loud",
        "generated",
        [
            trial(10, negative=stretch(0, 100)),
            trial(negative=stretch(0, 100)),
            trial(saw=[], negative=stretch(0, 100)),
        ],
    )
    assert (card.negatives, card.cried) == (2, 1)


def test_an_alarm_of_one_asset_is_about_no_other() -> None:
    """A rule that cries about some coin all day would recall the crash of every other."""
    sol, dot = (label("event", 10_000, 12_000, tier="C", asset=asset) for asset in ("SOL", "DOT"))
    heard = Heard([Alarm(at(10_030), "SOL", "five liquidations")], list(ALWAYS))
    card = rival_card("loud", "recorded", [Trial(heard, "recorded", [sol, dot, EVENT], [], None)])
    assert (card.events, card.recalled) == (3, 2)


def test_alarms_within_half_an_hour_are_one() -> None:
    """A rule that repeats itself would be counted as wrong hundreds of times."""
    assert merged([]) == 0
    assert merged([at(0), at(1_799), at(3_598), at(5_500)]) == 2
    assert merged([at(5_500), at(0)]) == 2
