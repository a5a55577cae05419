"""Every rule, what it sees and when it is blind."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from detector.catalog import RULES
from detector.commands.rules import page, show
from producers.errors import UsageError


def test_the_table_has_every_rule_of_the_stages_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule that is not told cannot be judged."""
    show(["S1", "S6"], as_json=False)
    printed = capsys.readouterr().out
    for rule, about in RULES.items():
        assert (rule in printed) == (about.stage in ("S1", "S6"))


def test_json_lines_carry_what_each_rule_says_of_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """A dashboard would scrape a table."""
    show([], as_json=True)
    lines = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["rule"] for line in lines] == list(RULES)


def test_an_unknown_stage_is_refused_with_those_that_exist() -> None:
    """An empty table would look as if nothing were watched."""
    with pytest.raises(UsageError, match=r"no stage 'S9'; there are S1, .* D"):
        show(["S9"], as_json=False)


def test_the_page_names_every_rule_with_its_thresholds() -> None:
    """A document that is written by hand falls behind the code."""
    text = page(None)
    assert all(f"### `{rule}`" in text for rule in RULES)
    assert "`shock.branching_on` 0.85" in text


def test_what_is_no_scorecard_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A traceback says nothing to whoever updates the documents."""
    old = tmp_path / "scorecard.json"
    old.write_text("{}")
    with pytest.raises(UsageError, match="make scorecard"):
        page(old)
