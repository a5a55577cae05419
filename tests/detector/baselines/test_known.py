import pickle

from detector.baselines.known import MAKERS, baselines


def test_makers_reach_other_processes_and_make_fresh_rules() -> None:
    """Cases are replayed in parallel: a rule that cannot be sent there ends the scorecard."""
    for name, make in baselines().items():
        there = pickle.loads(pickle.dumps(make))  # noqa: S301
        first, second = there(), there()
        assert first is not second, name
        assert first.saw == []


def test_every_rule_needs_something() -> None:
    """A rule without needs would be called seeing in a recording of nothing."""
    for make in MAKERS.values():
        assert make().needs
