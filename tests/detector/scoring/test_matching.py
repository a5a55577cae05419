"""Onsets against labels: which answers which, and how far off."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from detector.scoring.matching import match_labels
from detector.signals import (
    branching,
    breadth,
    deleveraging,
    depth,
    dislocation_breadth,
    feed,
    offbook,
    void,
    void_venue,
)
from producers.reconstruction import labels
from schemas.alert import MARKET, Stage, Transition

NS = 1_000_000_000
T0 = 1_760_129_405 * NS


class Truth(NamedTuple):
    """A label at `T0`."""

    stage: str
    scope: str = MARKET
    asset: str = "*"
    onset_ns: int = T0
    clear_ns: int = T0 + 600 * NS
    tolerance_s: float = 15.0


def onset(
    rule: str, stage: Stage, after_s: float = 5.0, venue: str = MARKET, asset: str = "*", *, active: bool = True
) -> Transition:
    """A condition that began so many seconds after the label."""
    since_ns = T0 + int(after_s * NS)
    return Transition(
        stage=stage,
        rule=rule,
        venue=venue,
        asset=asset,
        active=active,
        severity="WATCH" if active else "CLEAR",
        direction="down",
        ts_ns=since_ns + NS,
        since_ns=since_ns,
        evidence=(),
    )


def test_the_first_onset_answers_a_label_with_its_error() -> None:
    """The table would flatter or slander the detector."""
    (match,) = match_labels(
        [Truth("S1")],
        [onset(branching.RULE, "S1", 40.0), onset(breadth.SHOCK, "S1", 5.0), onset(breadth.FLOW, "S2", 1.0)],
    )
    assert (match.onset_ns, match.error_s, match.within) == (T0 + 5 * NS, 5.0, True)


@pytest.mark.parametrize(
    ("after_s", "error_s", "within"),
    [
        (15.0, 15.0, True),
        (16.0, 16.0, False),
        (601.0, None, False),
        (-10.0, -10.0, True),
        (-90.0, -90.0, False),
        (-121.0, None, False),
    ],
)
def test_an_onset_counts_within_the_tolerance_on_either_side(
    after_s: float, error_s: float | None, within: bool
) -> None:
    """An alarm long before the event would be counted as a hit."""
    (match,) = match_labels([Truth("S1")], [onset(branching.RULE, "S1", after_s)])
    assert (match.error_s, match.within) == (error_s, within)


def test_the_delay_ends_when_the_condition_is_told() -> None:
    """Confirmation would cost nothing."""
    (match,) = match_labels([Truth("S1")], [onset(branching.RULE, "S1", 5.0)])
    assert (match.delay_s, match.rule) == (6.0, branching.RULE)


def test_a_stretch_of_time_is_answered_by_no_condition() -> None:
    """Every quiet night would be a miss."""
    assert match_labels([Truth("quiet"), Truth("lull"), Truth("event"), Truth("macro")], []) == []


def test_nothing_seen_is_a_miss() -> None:
    """A miss without a line would not be noticed."""
    (match,) = match_labels([Truth("S1")], [onset(branching.RULE, "S1", active=False)])
    assert (match.onset_ns, match.error_s, match.within) == (None, None, False)


@pytest.mark.parametrize(
    ("label", "transition", "answers"),
    [
        (Truth("S2"), onset(breadth.FLOW, "S2"), True),
        (Truth("S2"), onset("S2.asset_move/1", "S2", venue="north", asset="SOL"), False),
        (Truth("S2"), onset("S2.asset_move/1", "S2", asset="SOL"), False),
        (Truth("S3", "north"), onset(depth.DEPTH, "S3", venue="north", asset="BTC"), True),
        (Truth("S3", "north"), onset(depth.DEPTH, "S3", venue="south", asset="BTC"), False),
        (Truth("S3", "north"), onset(feed.DELAY, "S3", venue="north"), False),
        (Truth("S3", "north", "feed"), onset(feed.DELAY, "S3", venue="north"), True),
        (Truth("S3", "north", "feed"), onset(depth.DEPTH, "S3", venue="north", asset="BTC"), False),
        (Truth("S4", "north"), onset(void_venue.RULE, "S4", venue="north"), True),
        (Truth("S4", "north"), onset(void.IMPACT, "S4", venue="north", asset="BTC"), False),
        (Truth("S4p", "north"), onset(dislocation_breadth.RULE, "S4"), True),
        (Truth("S4", "north"), onset(dislocation_breadth.RULE, "S4"), False),
        (Truth("S5", "south", "USDE"), onset("S5.peg/1", "S5", venue="south", asset="USDE"), True),
        (Truth("S5", "south", "USDE"), onset("S5.peg/1", "S5", venue="south", asset="FDUSD"), False),
        (Truth("S6", "north"), onset(deleveraging.RULE, "S6", venue="north", asset="BTC"), True),
        (Truth("S6", "north"), onset(offbook.RULE, "S6", venue="north"), False),
        (Truth("S6i", "north"), onset(offbook.RULE, "S6", venue="north"), True),
    ],
)
def test_only_the_right_rule_at_the_right_place_answers(label: Truth, transition: Transition, answers: bool) -> None:
    """A late feed would pass for a withdrawal, an inference for a print."""
    (match,) = match_labels([label], [transition])
    assert match.within is answers


def test_the_reconstructions_labels_can_be_answered() -> None:
    """A label of a kind that no rule answers would always be a miss."""
    matches = match_labels(labels(), [])
    assert len(matches) == len(labels())
    assert not any(match.within for match in matches)
