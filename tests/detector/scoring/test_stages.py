"""Stages against labels, by hand."""

from __future__ import annotations

import pytest

from detector.scoring.matching import match_labels
from detector.scoring.spans import condition_spans
from detector.scoring.stages import stage_cards
from detector.signals import branching, breadth, feed
from tests.kit.told import at, condition, label, stretch


def test_all_labels_of_a_kind_and_place_are_one_row() -> None:
    """A stage seen once of twice would have a perfect row and an empty one."""
    labels = [label("S1", 100, 200), label("S1", 1_000, 1_100), label("S3", 100, 200, scope="north", asset="feed")]
    transitions = [
        *condition(branching.RULE, 110, 150),
        *condition(breadth.SHOCK, 130, 220),
        *condition(feed.DELAY, 104, 204, venue="north"),
        *condition(feed.DELAY, 300, 999, venue="south"),
    ]
    shock, late = stage_cards(
        match_labels(labels, transitions), condition_spans(transitions, at(2_000)), stretch(0, 2_000)
    )
    assert (shock.stage, shock.where, shock.labels, shock.seen, shock.onset_error_s) == ("S1", "market", 2, 1, 10.0)
    assert shock.recall == pytest.approx(90 / 200)
    assert shock.precision == pytest.approx(90 / 110)
    assert shock.jaccard == pytest.approx(90 / 220)
    assert late.where == "north feed"
    assert late.jaccard == pytest.approx(96 / 104)


def test_what_was_never_seen_has_no_error_and_no_overlap() -> None:
    """A miss would have the smallest error."""
    (card,) = stage_cards(match_labels([label("S2", 100, 200)], []), [], stretch(0, 500))
    assert (card.seen, card.onset_error_s, card.recall, card.precision, card.jaccard) == (0, None, 0.0, None, 0.0)


def test_only_replayed_time_counts() -> None:
    """A replay that ends in the crash would be blamed for what came after."""
    labels, transitions = [label("S2", 100, 5_000)], condition(breadth.FLOW, 100, 4_000)
    (card,) = stage_cards(match_labels(labels, transitions), condition_spans(transitions, at(300)), stretch(0, 300))
    assert card.jaccard == 1.0
