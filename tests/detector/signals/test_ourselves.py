"""Our own machine, network and clock."""

from __future__ import annotations

import pytest

from detector.overview import Listed, Overview
from detector.signals import feed, ourselves
from detector.signals.ourselves import DEAF, LOCAL
from detector.verdict import CALM, WARN, Verdict
from tests.kit.heard import hearing, late, set_clock, stream


def said(view: Overview, rule: str) -> Verdict:
    """What one of the two rules says."""
    return next(v for v in ourselves.evaluate(view) if v.rule == rule)


def test_when_every_venue_is_late_it_is_ours_and_no_venues() -> None:
    """Our own overload would be told as a withdrawal of every venue."""
    view = hearing(late("north"), late("north", "ETH"), late("south"), late("south", "ETH"))
    verdict = said(view, LOCAL)
    assert (verdict.severity, verdict.venue) == (WARN, "market")
    assert verdict.evidence[0].note == "all 4 streams of 2 venues"
    assert {v.severity for v in feed.evaluate(view)} == {CALM}


@pytest.mark.parametrize(
    "streams",
    [
        [late("north"), late("north", "ETH"), stream("south")],
        [late("north"), stream("north", "ETH")],
        [late("north"), late("south"), stream("south", "ETH")],
    ],
)
def test_while_one_stream_is_in_time_it_is_not_ours(streams: list[Listed]) -> None:
    """A venue in trouble would be excused."""
    verdict = said(hearing(*streams), LOCAL)
    assert (verdict.severity, verdict.known) == (CALM, True)


def test_a_lone_venue_whose_streams_are_all_late_is_told_with_its_doubt() -> None:
    """With one venue nobody would ever be told that all is late."""
    verdict = said(hearing(late("north"), late("north", "ETH")), LOCAL)
    assert verdict.severity == WARN
    assert verdict.evidence[0].note == ourselves.ALONE


def test_a_leap_of_every_clock_is_our_own_clock() -> None:
    """Every venue would be told to have a wrong clock."""
    verdict = said(hearing(set_clock("north"), set_clock("south", by_s=5.1)), LOCAL)
    assert (verdict.severity, verdict.confirm) == (WARN, 1)
    assert "our own clock" in verdict.evidence[0].note
    assert said(hearing(set_clock("north"), set_clock("south", by_s=-5.0)), LOCAL).severity == CALM
    assert said(hearing(set_clock("north")), LOCAL).severity == CALM


def test_streams_without_times_say_nothing_of_our_lag() -> None:
    """A feed without event times would prove that all is well."""
    assert not said(hearing(stream("north", delay_s=None)), LOCAL).known


@pytest.mark.parametrize(("silent_s", "severity"), [(0.1, CALM), (5.0, CALM), (5.1, WARN)])
def test_nothing_from_anywhere_is_told_after_five_seconds(silent_s: float, severity: int) -> None:
    """A cut cable looks like a calm market."""
    view = hearing(stream("north", silent_s=silent_s), stream("south", silent_s=60.0))
    verdict = said(view, DEAF)
    assert (verdict.severity, verdict.holds) == (severity, severity > CALM)


def test_one_venue_that_is_heard_shows_that_we_are_not_deaf() -> None:
    """A venue's outage would be told as ours."""
    view = hearing(stream("north", silent_s=60.0), stream("south"))
    assert said(view, DEAF).severity == CALM


@pytest.mark.parametrize(("silent_s", "severity"), [(11.9, CALM), (12.1, WARN)])
def test_the_liveliest_venue_says_how_long_a_silence_may_last(silent_s: float, severity: int) -> None:
    """A handful of sleepy markets would be called deaf all night."""
    quiet = [stream("north", silent_s=silent_s), stream("south", silent_s=silent_s)]
    verdict = said(hearing(*quiet, pauses_s={"north": 4.0, "south": 40.0}), DEAF)
    assert verdict.severity == severity


def test_a_lone_venue_that_falls_silent_is_told_with_its_doubt() -> None:
    """With a single venue silence would never be told at all."""
    verdict = said(hearing(stream("north", silent_s=9.0)), DEAF)
    assert verdict.severity == WARN
    assert verdict.evidence[0].note == ourselves.ALONE


def test_at_a_start_nobody_knows_what_silence_means() -> None:
    """Every start would begin with an alarm."""
    view = hearing(stream("north", silent_s=9.0))
    view.pulses["north"].minutes.clear()
    view.pulses["north"].seconds = 5
    assert not said(view, DEAF).known
    assert not said(hearing(), DEAF).known
