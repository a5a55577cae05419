"""What rules could see, over stretches of time."""

from __future__ import annotations

from detector.scoring.labels import Stretch
from detector.scoring.run import Sight
from tests.kit.told import at, run, stretch


def test_the_share_of_a_stretch_is_that_between_its_ends() -> None:
    """A rule that was blind in the night would be credited with the day."""
    sight = Sight()
    sight.sample(10, {"a": 10}, {"a": 0})
    sight.sample(20, {"a": 20, "b": 5}, {"a": 5, "b": 5})
    sight.sample(30, {"a": 30, "b": 15}, {"a": 15, "b": 5})
    assert sight.share("a", Stretch(10, 30)) == 0.75
    assert sight.share("a", Stretch(20, 30)) == 1.0
    assert sight.share("a", Stretch(0, 100)) == 0.5
    assert sight.share("b", Stretch(0, 20)) == 1.0
    assert sight.share("b", Stretch(20, 30)) == 0.0


def test_a_rule_that_is_not_told_of_keeps_its_counts() -> None:
    """Its figures would move to other times."""
    sight = Sight()
    sight.sample(10, {"a": 5, "b": 5}, {})
    sight.sample(20, {"a": 8}, {})
    sight.sample(30, {"a": 9, "b": 9}, {"b": 4})
    assert sight.asked == {"a": [5, 8, 9], "b": [5, 5, 9]}
    assert sight.share("b", Stretch(20, 30)) == 1.0


def test_a_hole_was_not_looked_at() -> None:
    """A recording of two seconds a week apart would be a week of calm."""
    sight = Sight()
    for second, asked in ((0, 0), (100, 100), (9_100, 2_000), (9_200, 2_000), (9_300, 2_100)):
        sight.sample(at(second), {"a": asked}, {"a": asked})
    assert sight.looked(stretch(0, 9_300), "a") == [stretch(0, 2_000), stretch(9_200, 9_300)]
    assert sight.looked_s(stretch(50, 150)) == 100.0
    assert sight.looked(stretch(0, 9_300), "b") == []


def test_a_rule_that_was_never_asked_has_no_share() -> None:
    """A rule without any market to look at would count as one that saw nothing wrong."""
    assert Sight().share("a", Stretch(0, 10)) is None
    assert run(sight={"a": 1.0}).sight.share("b", stretch(0, 100)) is None


def test_a_replay_knows_what_time_it_saw() -> None:
    """Labels of hours that were not replayed would be misses."""
    assert run(seconds=60).seen == stretch(0, 60)
