"""The catalog of signals: complete, in order, and names that people may write."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector import signals
from detector.catalog import RULES, SIGNALS, rules_named


def test_every_signal_in_the_tree_is_in_the_catalog() -> None:
    """A forgotten one would be in no document and no ablation."""
    folder = Path(signals.__path__[0])
    found = {module.__name__.rpartition(".")[2] for module in SIGNALS}
    assert found == {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_no_rule_is_told_twice() -> None:
    """Two rules of one name would share their conditions."""
    assert len(RULES) == sum(len(module.ABOUT) for module in SIGNALS)


def test_a_rule_is_named_with_or_without_its_version() -> None:
    """Nobody remembers versions when turning a rule off."""
    assert rules_named(("S1.branching",)) == rules_named(("S1.branching/1",)) == {"S1.branching/1"}


def test_an_unknown_rule_is_refused_with_those_that_exist() -> None:
    """A misspelt name would turn off nothing, and look as if the rule did nothing."""
    with pytest.raises(ValueError, match=r"no rule 'S9\.magic'; there are S1\.branching"):
        rules_named(("S9.magic",))
