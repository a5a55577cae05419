"""What another program's rule has to be."""

from __future__ import annotations

from typing import get_args

from detector.baselines.baseline import Need
from detector.baselines.known import MAKERS
from schemas.base import Event


def test_every_known_rule_says_what_it_needs_and_hears() -> None:
    """A rule without its input would be called silent instead of blind."""
    for name, make in MAKERS.items():
        rule = make()
        assert rule.needs, name
        assert set(rule.needs) <= set(get_args(Need)), name
        assert all(issubclass(kind, Event) for kind in rule.hears), name
