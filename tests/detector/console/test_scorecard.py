"""The scorecard in words: what is in it, and that it is the same every time."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from detector.console.scorecard import markdown, show
from detector.scoring.ablation import AblationCard, never_began
from detector.scoring.alarms import Alarm, Heard
from detector.scoring.case import Aside, CalmGoal, Case
from detector.scoring.scorecard import Scorecard, Scored, scorecard
from detector.scoring.sighted import SHOCK_AND_FLOW
from detector.signals import asset_move, branching
from detector.signals.breadth import SHOCK
from tests.kit.told import alert, at, condition, label, run, stretch

ABSENT = "no a.gz in the folder of data"


def a_scorecard() -> Scorecard:
    """A crash, a quiet hour, a case without data, a rival and one ablation."""
    usual: dict[str, Any] = {"kind": "crash", "use": "tuned", "source": ("a.gz",)}
    crash = Case(name="crash", title="a | crash", goals=(CalmGoal(says="calm", level="WATCH"),), moments={}, **usual)
    quiet = Case(name="quiet", title="an hour", **(usual | {"kind": "quiet", "use": "shown"}))
    absent = Case(name="absent", title="another day", **usual)
    labels = [label("event", 50, 900, tier="A"), label("S1", 100, 300), label("lull", 400, 500)]
    replay = run(
        condition(branching.RULE, 104, 200),
        alert(110, "WARN"),
        alert(140, "HIGH", "escalated"),
        heard={"loud": Heard([Alarm(at(130), "market", "five liquidations")], [stretch(0, 3_600)])},
        unread=("a.gz: 2 rows left out: bad_number",),
    )
    calm = run(
        sight=dict.fromkeys((*SHOCK_AND_FLOW, asset_move.RULE), 1.0),
        heard={"loud": Heard([Alarm(at(5), "market", "x")], [stretch(0, 3_600)])},
    )
    ablation = AblationCard(rule=SHOCK, case="crash", own=2, others=(), levels=(), false_alarms=0)
    resting = never_began("S3.depth/1", ["crash"])
    return scorecard(
        [
            Scored(crash, labels, replay),
            Scored(quiet, [], calm),
            Scored(absent, [], None, ABSENT),
        ],
        [ablation, resting],
        [Aside(data="hourly candles", why="one value an hour")],
    )


def test_markdown_tells_everything_in_tables() -> None:
    """The page that is checked in would leave out what went wrong."""
    lines = markdown(a_scorecard(), picture="scorecard.png").splitlines()
    for row in (
        "![Price, conditions and alerts](scorecard.png)",
        "| crash | calm | MISSED | HIGH at 21:02:20 | nothing: it was raised by  |",
        "0 met, 1 missed, 0 not evaluable, 0 not replayed.",
        f"| absent | not scored: {ABSENT} | crash | tuned | recorded | - | - | - | - | - |",
        "| A | recorded | 1 | 1 | 21 % |",
        "| S1 | recorded | 1 | 1 | 1 | 21 % | 1 | +4 s | +4 s |",
        "| WARN | 0 | 1.0 | 0 (at most 504) | 0 | 1.0 | 0 (at most 504) | 0 | 0 (at most 504) |",
        "| CRITICAL | - | 0.0 | - | 0 | 1.0 | 0 (at most 504) | 0 | 0 (at most 504) |",
        f"| {SHOCK} | 100 % | 1.0 | 0 | 0 (at most 504) |",
        "| S3.depth/1 | 0 % | 0.0 | - | - |",
        "| loud | recorded | 1 | 1 | +80 s | - | 1.0 | 1 | 168 (at most 797) |",
        f"| {SHOCK} | crash | 2 | - | only its own conditions | - |",
        "| S3.depth/1 | crash | 0 | - | never began in these parts | - |",
        "| hourly candles | one value an hour |",
        f"| S1 | market | 21:01:40 | 21:01:44 | +4 s | 15 s | +4 s | within | {branching.RULE} |",
        "Resolved within a pause that was not the end: never.",
        "| a.gz: 2 rows left out: bad_number |",
    ):
        assert row in lines, row
    assert "## crash: a | crash" in lines
    assert "| crash | a \\| crash | crash | tuned | recorded | 1.00 | 1 | 1,000 | 0.00 | HIGH |" in lines
    assert not any("## absent" in line for line in lines)


def test_every_row_has_as_many_cells_as_its_table() -> None:
    """A page would show figures under the wrong heading."""
    width = 0
    for line in markdown(a_scorecard()).splitlines():
        cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
        assert not cells or not width or cells == width, line
        width = cells


def test_the_same_figures_give_the_same_page() -> None:
    """What is checked in would change with every run."""
    assert markdown(a_scorecard()) == markdown(a_scorecard())


def test_a_terminal_shows_the_same_tables() -> None:
    """Who looks at the terminal would see less than who reads the page."""
    page = StringIO()
    show(a_scorecard(), Console(file=page, width=200))
    said = page.getvalue()
    for words in ("Goals", "MISSED", "False alarms in all quiet time, by level", "only its own conditions", "21:01:44"):
        assert words in said
