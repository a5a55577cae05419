"""Rules in one case, by hand."""

from __future__ import annotations

from detector.scoring.alarms import Alarm, Heard
from detector.scoring.rival_cases import OURS, OURS_OF_THE_MARKET, rival_cases
from detector.signals import asset_move, breadth
from tests.kit.told import alert, at, label, run, stretch

EVENT = [label("event", 2_000, 3_000, tier="A"), label("S1", 2_000, 2_500), label("S2", 2_100, 2_500)]
TROUGH = {"trough": at(2_600)}


def heard(*seconds: float, saw: float = 3_600.0) -> dict[str, Heard]:
    """One rule with alarms at these seconds, which could see for so long."""
    alarms = [Alarm(at(second), "BTC", "five liquidations") for second in seconds]
    return {"loud": Heard(alarms, [stretch(0, saw)] if saw else [])}


def test_the_first_alarm_about_the_event_is_held_against_its_onsets_and_moments() -> None:
    """A cry of hours before would be called a lead of hours."""
    *_, card = rival_cases(run(heard=heard(50, 2_130, 2_400, 3_500)), EVENT, TROUGH)
    assert (card.messages, card.first_ns) == (2, at(2_130))
    assert card.after_s == {"S1": 130.0, "S2": 30.0}
    assert card.leads_s == {"trough": 470.0}


def test_without_an_event_every_alarm_counts() -> None:
    """A quiet day would show no messages at all."""
    *_, card = rival_cases(run(heard=heard(50, 2_130)), [], {})
    assert (card.messages, card.first_ns, card.after_s) == (2, at(50), {})


def test_a_rule_that_could_not_see_says_so() -> None:
    """Its silence would look like calm."""
    *_, card = rival_cases(run(heard=heard(saw=0)), EVENT, TROUGH)
    assert (card.saw, card.messages, card.first_ns, card.leads_s) == (0.0, 0, None, {})
    assert rival_cases(run(heard=heard(saw=900)), EVENT, TROUGH)[2].saw == 0.25


def test_this_detector_comes_first_with_what_people_are_sent() -> None:
    """Nobody could see who was sooner, or an edit would count as a message."""
    told = [alert(2_005, "WATCH"), alert(2_010, "WARN", "escalated"), alert(2_020, "WARN", "updated")]
    ours, market, _ = rival_cases(run(*told, sight={breadth.SHOCK: 1.0}, heard=heard()), EVENT, TROUGH)
    assert (ours.name, ours.saw, ours.messages, ours.after_s["S1"]) == (OURS, 1.0, 1, 10.0)
    assert (market.name, market.messages) == (OURS_OF_THE_MARKET, 1)


def test_our_messages_of_every_scope_stand_beside_those_of_others() -> None:
    """Rules that speak of every coin would be held against our market alone, or our noise be hidden."""
    told = [
        alert(2_005, "HIGH", scope="SOL", episode="sol"),  # the market is calm: told
        alert(2_006, "WARN", scope="okx", episode="data", stages=("D",)),  # no cry about a price
        alert(2_010, "HIGH"),
        alert(2_020, "HIGH", scope="DOT", episode="dot"),  # part of the market's story
    ]
    ours, market, _ = rival_cases(run(*told, sight={asset_move.RULE: 0.9}, heard=heard()), EVENT, TROUGH)
    assert (ours.messages, ours.first_ns, ours.saw) == (2, at(2_005), 1.0)
    assert (market.messages, market.first_ns, market.saw) == (1, at(2_010), 0.0)


def test_where_no_rule_was_asked_there_are_no_rows() -> None:
    """Every scorecard would have a table of one."""
    assert rival_cases(run(), EVENT, TROUGH) == []
