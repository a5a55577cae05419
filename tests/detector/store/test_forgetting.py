"""Old rows go; what is told still stays."""

from __future__ import annotations

from detector.alerts.desk import Desk
from detector.alerts.kept import Changes, Kept
from detector.alerts.match import Match
from detector.alerts.routes import Route
from detector.alerts.traits import Traits
from detector.store.forgetting import BATCH
from detector.store.log import LogEntry
from detector.store.silences import new_silence
from detector.store.store import Store
from schemas.alert import Alert
from tests.kit.alerts import NS, T0_NS, an_alert

DAY_NS = 86_400 * NS


def entry(at_ns: int, thread_id: str) -> LogEntry:
    return LogEntry(
        at_ns=at_ns,
        sink="chat",
        thread_id=thread_id,
        message_id="m",
        delivery_id="d",
        act="new",
        revision=1,
        level="WARN",
        outcome="delivered",
    )


def numbered(count: int, ts_ns: int) -> list[Alert]:
    return [an_alert(alert_id=f"{ts_ns}-{n}", ts_ns=ts_ns) for n in range(count)]


def test_what_is_older_goes_and_what_is_newer_stays() -> None:
    """The disk would fill, or a desk lose what it asks for."""
    with Store(None) as store:
        old, new = numbered(2, T0_NS), numbered(3, T0_NS + DAY_NS)
        store.save(Changes(alerts=[*old, *new]), Kept())
        store.log(entry(T0_NS, "old"))
        store.log(entry(T0_NS + DAY_NS, "new"))
        store.add_silence(new_silence(Match(asset=("BTC",)), now_ns=T0_NS, for_s=60))
        assert store.forget(T0_NS + 3_600 * NS) == 4
        assert store.forget(T0_NS + 3_600 * NS) == 0
        assert store.recent(9) == new[::-1]
        assert store.log_of("old") == []
        assert len(store.log_of("new")) == 1


def test_what_a_desk_tells_still_stays_however_old() -> None:
    """A story of a venue that has been gone for months would end the notifier at its next start."""
    with Store(None) as store:
        desk = Desk([Route(sinks=("chat",))], {"chat": Traits(edits=True)})
        desk.take(an_alert(), T0_NS)
        store.save(desk.take_changes(), desk.kept)
        assert store.forget(T0_NS + 999 * DAY_NS) == 0
        assert store.load() == desk.kept


def test_a_batch_at_a_time() -> None:
    """A storm of three months ago would hold up the alerts of today."""
    with Store(None) as store:
        store.save(Changes(alerts=numbered(BATCH + 7, T0_NS)), Kept())
        assert [store.forget(T0_NS + 1) for _ in range(3)] == [BATCH, 7, 0]


def test_which_threads_told_a_story_is_forgotten_with_their_log() -> None:
    """The one table that nothing else cleans would grow for ever."""
    with Store(None) as store:
        desk = Desk([Route(sinks=("feed",))], {"feed": Traits(every_revision=True)})
        desk.take(an_alert(), T0_NS)
        (thread,) = desk.kept.threads.values()
        store.settled(entry(T0_NS, thread.thread_id), desk.take_changes(), desk.kept)
        store.save(Changes(gone={thread.thread_id}), Kept())
        assert len(store.log_of(an_alert().episode_id)) == 1
        while store.forget(T0_NS + DAY_NS):
            pass
        assert store._database.read("SELECT count(*) FROM told") == [(0,)]
