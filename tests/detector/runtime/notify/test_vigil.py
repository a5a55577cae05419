"""Nobody watches: told once, more gravely when it lasts, and over when a detector works again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.alerts.inhibition import Inhibition
from detector.alerts.match import about
from detector.alerts.routes import Route
from detector.alerts.telling import tell
from detector.alerts.threads import Thread
from detector.runtime.notify.vigil import BEHIND_S, GRAVE_S, NS, SILENT_S, Vigil
from schemas.alert import OURS, Alert
from schemas.codec import decode_output, encode
from schemas.state import Heartbeat

T0_NS = 1_760_129_400 * NS


def beat(
    at_s: float, *, state: str = "running", role: str = "detector", note: str = "", lag_s: float | None = 0.0
) -> Heartbeat:
    return Heartbeat(
        worker="w-1", role=role, at_ns=T0_NS + int(at_s * NS), watermark_ns=0, lag_s=lag_s, state=state, note=note  # type: ignore[arg-type]
    )  # fmt: skip


def vigil(*told: Alert) -> Vigil:
    return Vigil(began_ns=T0_NS, told=told)


def at(seconds: float) -> int:
    return T0_NS + int(seconds * NS)


def hear(listening: Vigil, at_s: float, **how: Any) -> None:
    listening.take(beat(at_s, **how), at(at_s), at(at_s))


def test_a_living_detector_is_no_news() -> None:
    """People would be called for nothing, every minute."""
    listening = vigil()
    for second in range(0, 300, 5):
        hear(listening, second)
        assert listening.news(at(second + 4)) is None


def test_a_detector_that_falls_silent_is_told_once() -> None:
    """The silence of a dead program would be taken for a calm market."""
    listening = vigil()
    hear(listening, 10)
    assert listening.news(at(10 + SILENT_S)) is None
    told = listening.news(at(11 + SILENT_S))
    assert told is not None
    assert (told.status, told.level, told.scope, told.revision) == ("open", "WARN", OURS, 1)
    assert told.since_ns == at(10)
    assert "20:50:10" in told.headline
    assert listening.unwatched
    assert listening.news(at(16 + SILENT_S)) is None


def test_it_is_graver_when_it_lasts_and_that_is_told_once() -> None:
    """Who is called from HIGH on alone would never hear that nothing can come any more."""
    listening = vigil()
    hear(listening, 0)
    first = listening.news(at(SILENT_S + 1))
    graver = listening.news(at(GRAVE_S + 1))
    assert first is not None
    assert graver is not None
    assert (graver.status, graver.level, graver.revision) == ("escalated", "HIGH", 2)
    assert graver.episode_id == first.episode_id
    assert listening.news(at(GRAVE_S + 600)) is None


def test_it_is_over_when_a_detector_works_again() -> None:
    """The message would say for ever that nobody watches."""
    listening = vigil()
    hear(listening, 0)
    first = listening.news(at(SILENT_S + 1))
    hear(listening, SILENT_S + 2)
    over = listening.news(at(SILENT_S + 3))
    assert first is not None
    assert over is not None
    assert (over.status, over.level, over.peak_level, over.revision) == ("resolved", "CLEAR", "WARN", 2)
    assert over.episode_id == first.episode_id
    assert not listening.unwatched
    assert listening.news(at(SILENT_S + 8)) is None


@pytest.mark.parametrize("how", [{"role": "producer"}, {"role": "notifier"}, {"state": "stopping"}])
def test_what_others_say_and_a_farewell_are_no_watch(how: dict[str, str]) -> None:
    """A producer that lives would hide that all detectors are dead."""
    listening = vigil()
    for second in range(0, 100, 5):
        hear(listening, second, **how)
    told = listening.news(at(99))
    assert told is not None
    assert "no detector was ever heard" in told.headline


def test_detectors_without_data_do_not_watch_and_say_why() -> None:
    """With all producers dead every detector lives, and no alert can come."""
    listening = vigil()
    hear(listening, 0)
    for second in range(5, 100, 5):
        hear(listening, second, state="waiting", note="no frames for 40 s")
    told = listening.news(at(99))
    assert told is not None
    assert (
        told.headline == "WARN detector data: nobody is watching, detectors live and have no data, no frames for 40 s"
    )


def test_who_is_hours_behind_does_not_watch_the_present() -> None:
    """A detector that works through last night would look like one that sees the crash of today."""
    listening = vigil()
    for second in range(0, 100, 5):
        hear(listening, second, lag_s=BEHIND_S)
        assert listening.news(at(second)) is None
    for second in range(100, 200, 5):
        hear(listening, second, lag_s=18_000.0)
    told = listening.news(at(199))
    assert told is not None
    assert told.headline == "WARN detector data: nobody watches the present, detectors are 300 min behind"
    hear(listening, 200, lag_s=3.0)
    over = listening.news(at(201))
    assert over is not None
    assert over.status == "resolved"


def test_while_what_detectors_say_cannot_be_read_nobody_watches_for_us() -> None:
    """Without its topic no alert can come, and every heartbeat would say that all is well."""
    listening, missing = vigil(), "missing topic cascade.alerts.v1"
    told = []
    for second in range(0, 200, 5):
        hear(listening, second)
        told.append(listening.news(at(second), why=missing if 20 < second < 150 else ""))
    first, over = (alert for alert in told if alert is not None)
    assert first.headline == (f"WARN detector data: nobody is watching, what detectors say cannot be read ({missing})")
    assert (first.since_ns, first.ts_ns) == (at(20), at(85))
    assert (over.status, over.ts_ns) == ("resolved", at(150))


def test_a_broker_whose_clock_is_ahead_does_not_delay_silence() -> None:
    """A dead detector would be alive for as long as that clock is ahead."""
    listening = vigil()
    listening.take(beat(0), at(600), at(0))
    assert listening.news(at(SILENT_S + 1)) is not None


def test_a_silence_from_before_the_start_is_told_only_after_a_while() -> None:
    """Who starts a whole cluster after a weekend would be called at once."""
    listening = vigil()
    hear(listening, -200_000)
    assert listening.news(at(5)) is None
    hear(listening, 30)
    assert listening.news(at(70)) is None


def test_the_same_silence_has_the_same_id_after_a_restart() -> None:
    """People would be called again each time that the notifier is restarted."""
    told = []
    for began_s in (0, 90):
        listening = Vigil(began_ns=at(began_s))
        hear(listening, -3)
        told.append(listening.news(at(began_s + SILENT_S + 1)))
    assert told[0] is not None
    assert told[1] is not None
    assert told[0].alert_id == told[1].alert_id


def test_a_story_of_an_earlier_life_is_gone_on_with() -> None:
    """It would never end: what the next life tells is another story."""
    first = vigil()
    hear(first, 0)
    told = first.news(at(SILENT_S + 1))
    assert told is not None
    stored = decode_output(encode(told))
    assert isinstance(stored, Alert)
    second = Vigil(began_ns=at(200), told=[stored])
    hear(second, 0)
    assert second.unwatched
    assert second.news(at(201)) is None, "the same level is not told again"
    hear(second, 203)
    over = second.news(at(204))
    assert over is not None
    assert (over.episode_id, over.revision, over.status) == (told.episode_id, 2, "resolved")


def test_other_stories_about_ourselves_are_not_taken_for_ours() -> None:
    """The detector's own story would be ended by the notifier."""
    mine = vigil()
    told = mine.news(at(SILENT_S + 1))
    assert told is not None
    assert vigil(told).unwatched
    assert not vigil(msgspec.structs.replace(told, episode_id="0123456789abcdef")).unwatched


def test_people_can_read_it() -> None:
    """It would be held back, or be a message without words."""
    listening = vigil()
    hear(listening, 0)
    told = listening.news(at(SILENT_S + 1), why="Kafka at kafka:9092: nobody answers")
    assert told is not None
    assert about(told) == "data"
    assert Inhibition().allows(told)
    thread = Thread(thread_id="t", sink="phone", group="data", number=1, since_ns=told.since_ns)
    thread.take(told, regroup_ns=0, ready_ns=0)
    message = tell(thread, (told,), Route(sinks=("phone",)), now_ns=told.ts_ns, late_ns=0)
    words = repr(message)
    assert message.level == "WARN"
    assert "nobody is watching" in words.lower()
    assert "kafka:9092" in words
