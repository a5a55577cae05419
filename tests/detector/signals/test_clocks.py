"""A venue's clock, or ours."""

from __future__ import annotations

import pytest

from detector.overview import Listed
from detector.signals import clocks
from detector.verdict import CALM, WARN, Verdict
from tests.kit.heard import hearing, late, set_clock, stream


def north(*streams: Listed) -> Verdict:
    """What is said of the first venue."""
    return next(v for v in clocks.evaluate(hearing(*streams)) if v.venue == "north")


def test_a_venue_whose_clock_leaps_while_anothers_goes_on_is_told() -> None:
    """Its events would be late or early, and nobody would know why."""
    verdict = north(set_clock("north"), stream("south"))
    assert (verdict.severity, verdict.holds, verdict.confirm) == (WARN, True, 3)
    assert (verdict.evidence[0].value, verdict.evidence[0].note) == (5.0, "")


def test_a_lone_venue_says_that_it_may_be_our_clock() -> None:
    """A venue would be blamed for our own machine's time."""
    verdict = north(set_clock("north", by_s=-1.27))
    assert (verdict.severity, verdict.confirm) == (WARN, 1)
    assert verdict.evidence[0].value == -1.27
    assert "its clock or ours" in verdict.evidence[0].note


@pytest.mark.parametrize(("other_s", "severity"), [(5.2, CALM), (5.3, WARN), (-5.0, WARN)])
def test_the_same_leap_everywhere_is_ours(other_s: float, severity: int) -> None:
    """Every venue would be told to have set its clock at the same second."""
    assert north(set_clock("north"), set_clock("south", by_s=other_s)).severity == severity


def test_a_venue_that_is_merely_late_has_not_set_its_clock() -> None:
    """A lag would be told twice."""
    verdict = north(late("north"), stream("south"))
    assert (verdict.severity, verdict.known) == (CALM, True)


def test_a_venue_that_tells_no_times_is_unknown() -> None:
    """It would count as having a good clock."""
    assert not north(stream("north", delay_s=None), stream("south")).known
