"""All cases together, by hand."""

from __future__ import annotations

from typing import Any

from detector.scoring.alarms import Alarm, Heard
from detector.scoring.case import CalmGoal, Case
from detector.scoring.rival_cases import OURS, OURS_OF_THE_MARKET
from detector.scoring.scorecard import Scored, scorecard
from detector.scoring.sighted import SHOCK_AND_FLOW
from detector.signals import branching
from detector.signals.breadth import SHOCK
from tests.kit.told import alert, at, condition, label, run, stretch

WIDE = dict.fromkeys(SHOCK_AND_FLOW, 1.0)
CALM = CalmGoal(says="calm", level="WATCH")


def case(name: str, **changes: Any) -> Case:
    """A crash that thresholds were tuned on."""
    usual = {"name": name, "title": name, "kind": "crash", "use": "tuned", "source": (f"{name}.gz",)}
    return Case(**(usual | changes))


def test_onsets_of_recorded_and_generated_cases_are_not_mixed() -> None:
    """Delays that the generator's maker chose would be published as those of a real crash."""
    labels = [label("S1", 100, 300), label("S1", 1_000, 1_100)]
    replay = run(condition(branching.RULE, 104, 200), condition(branching.RULE, 1_030, 1_200))
    card = scorecard(
        [Scored(case("real"), labels, replay), Scored(case("made", source=("reconstruction",)), labels[:1], replay)]
    )
    assert [(r.origin, r.stage, r.labels, r.seen, r.within, r.delay_p50_s, r.delay_p95_s) for r in card.stages] == [
        ("recorded", "S1", 2, 2, 1, 4.0, 4.0),
        ("generated", "S1", 1, 1, 1, 4.0, 4.0),
    ]


def test_quiet_time_that_was_tuned_on_is_told_apart() -> None:
    """Thresholds would be praised for the hours that they were chosen on."""
    quiet = [
        Scored(case("a", kind="quiet"), [], run(sight=WIDE)),
        Scored(case("b", kind="quiet", use="shown"), [], run(alert(50, "WARN"), seconds=7_200, sight=WIDE)),
    ]
    card = scorecard(quiet)
    assert (card.quiet.market_hours, card.quiet_shown.market_hours) == (3.0, 2.0)
    assert [row.market for row in card.quiet_shown.levels] == [1, 1, 0, None, None]


def test_goals_messages_and_what_was_left_out_are_counted() -> None:
    """A case without its data would count as one in which all went well."""
    noisy = [alert(10, "WATCH"), alert(20, "HIGH", "escalated"), alert(3_000, "WATCH", episode="two")]
    card = scorecard(
        [
            Scored(case("a", goals=(CALM,)), [], run(*noisy)),
            Scored(case("b", goals=(CALM,)), [], run(sight={SHOCK: 1.0})),
            Scored(case("blind", goals=(CALM,)), [], run()),
            Scored(case("c", goals=(CALM,)), [], None, "no c.gz in the folder of data"),
        ]
    )
    assert (card.goals_met, card.goals_missed, card.goals_not_evaluable, card.goals_not_replayed) == (1, 1, 1, 1)
    assert [one.left_out for one in card.cases] == ["", "", "", "no c.gz in the folder of data"]
    assert (card.messages.episodes, card.messages.median, card.messages.most) == (2, 1.0, 2)


def test_rivals_stand_beside_this_detector_and_by_origin() -> None:
    """Other programs would be held against another crash than we are, or a made-up one taken for real."""
    event = label("event", 100, 900, tier="A")
    heard = {"loud": Heard([Alarm(at(130), "market", "five liquidations")], [stretch(0, 3_600)])}
    ours = alert(160, "HIGH")
    twin = case("twin", kind="hard negative", source=("reconstruction-twin",))
    card = scorecard(
        [
            Scored(case("real"), [event], run(ours, sight={SHOCK: 1.0}, heard=heard)),
            Scored(case("made", source=("reconstruction",)), [event], run(ours, sight={SHOCK: 0.5}, heard=heard)),
            Scored(twin, [], run(alert(10, "WATCH"), sight={SHOCK: 1.0}, heard=heard)),
        ]
    )
    assert [(r.name, r.origin, r.events, r.blind_events, r.delay_s, r.cried, r.negatives) for r in card.rivals] == [
        (OURS, "recorded", 1, 0, (60.0,), 0, 0),
        (OURS_OF_THE_MARKET, "recorded", 1, 0, (60.0,), 0, 0),
        ("loud", "recorded", 1, 0, (30.0,), 0, 0),
        (OURS, "generated", 0, 1, (), 0, 1),
        (OURS_OF_THE_MARKET, "generated", 0, 1, (), 0, 1),
        ("loud", "generated", 1, 0, (30.0,), 1, 1),
    ]
    assert scorecard([Scored(case("real"), [event], run(ours))]).rivals == ()
