"""Stories that nobody follows any more."""

from __future__ import annotations

from detector.alerts.advice import UNFOLLOWED, advice
from detector.alerts.lost_sight import is_lost, lost
from detector.alerts.titles import title
from schemas.alert import Coverage
from tests.kit.alerts import T0_NS, an_alert, episode


def test_it_ends_and_is_no_all_clear() -> None:
    """People would come back to a market that still falls."""
    gone = lost(an_alert(level="CRITICAL", scope="DOT"), T0_NS)
    assert (gone.status, gone.level, gone.peak_level, gone.posture) == ("resolved", "CLEAR", "CRITICAL", "normal")
    assert is_lost(gone)
    assert title([gone]) == "⚪ LOST SIGHT · DOT"
    assert advice([gone]) == UNFOLLOWED


def test_what_was_seen_to_end_is_over() -> None:
    """Every end would be doubted."""
    assert not is_lost(episode("HIGH")[-1])
    assert not is_lost(an_alert(coverage=Coverage(live=0, families=6)))


def test_the_same_story_is_lost_under_the_same_id() -> None:
    """A copy after a kill would be another alert."""
    alert = an_alert()
    assert lost(alert, T0_NS).alert_id == lost(alert, T0_NS + 1).alert_id != alert.alert_id
