"""What a rule says of itself: complete enough for a document and an alert."""

from __future__ import annotations

from operator import attrgetter

import pytest

from detector.about import About
from detector.catalog import RULES
from detector.config import Config


@pytest.mark.parametrize("about", RULES.values(), ids=attrgetter("rule"))
def test_every_rule_says_what_it_sees_and_when_it_is_blind(about: About) -> None:
    """A reader of an alert could not judge it."""
    assert all((about.told, about.sees, about.blind, about.reads, about.source, about.clears))
    assert about.rule.startswith(f"{about.stage}.")


@pytest.mark.parametrize("about", RULES.values(), ids=attrgetter("rule"))
def test_every_limit_that_a_rule_names_is_in_the_configuration(about: About) -> None:
    """The table of thresholds would name one that nobody can change."""
    for limit in about.limits:
        assert attrgetter(limit)(Config()) is not None
