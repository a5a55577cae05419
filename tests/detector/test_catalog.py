"""The catalog of signals: complete, and without a rule told twice."""

from __future__ import annotations

from pathlib import Path

from detector import signals
from detector.catalog import RULES, SIGNALS


def test_every_signal_in_the_tree_is_in_the_catalog() -> None:
    """A forgotten one would be in no document and no ablation."""
    folder = Path(signals.__path__[0])
    found = {module.__name__.rpartition(".")[2] for module in SIGNALS}
    assert found == {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_no_rule_is_told_twice() -> None:
    """Two rules of one name would share their conditions."""
    assert len(RULES) == sum(len(module.ABOUT) for module in SIGNALS)
