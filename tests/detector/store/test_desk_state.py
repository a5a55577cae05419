"""A desk that goes on where it was."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.alerts.desk import Desk
from detector.alerts.kept import Kept
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.routes import Route
from detector.alerts.steps import settle
from detector.alerts.traits import Traits
from detector.store.errors import StoreError
from detector.store.store import Store
from schemas.alert import Alert
from tests.kit.alerts import NS, T0_NS, an_alert, episode

ROUTES = (Route(sinks=("chat", "feed")),)
SINKS = {"chat": Traits(edits=True), "feed": Traits(every_revision=True)}
OUTCOMES: tuple[Outcome, ...] = (
    Delivered("chat:7"),
    Delivered(),
    RetryAt(None, "502"),
    Unknown("timeout"),
    Rejected("400"),
)
STORIES = (
    episode("WARN", "HIGH", "CRITICAL", "WARN"),
    episode("HIGH", "HIGH", scope="BTC", every_s=4_000),
    episode("WARN", scope="1000PEPE", since_ns=T0_NS + 3 * 3_600 * NS),
    episode("WARN", "HIGH", scope="okx", stages=("D",), resolved=False),
)


def send(desk: Desk, sink: str, now_ns: int, outcome: Outcome) -> None:
    due = desk.due(sink, now_ns)
    if due is not None:
        thread, step = due
        settle(thread, step, outcome, SINKS[sink], revision=thread.revision, rings=thread.rings, now_ns=now_ns)
        desk.changes.threads.add(thread.thread_id)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_was_saved_is_what_is_loaded_whatever_happened(data: st.DataObject) -> None:
    """After a restart a message would be sent again, never, or as an edit of another one."""
    waiting = [list(story) for story in STORIES]
    with Store(None) as store:
        desk = Desk(ROUTES, SINKS)
        now_ns = T0_NS
        for _ in range(data.draw(st.integers(1, 25))):
            stories = [story for story in waiting if story]
            match data.draw(st.sampled_from(("take", "send", "tick", "save"))):
                case "take" if stories:
                    alert: Alert = data.draw(st.sampled_from(stories)).pop(0)
                    now_ns = max(now_ns, alert.ts_ns)
                    desk.take(alert, now_ns)
                case "send":
                    outcome = data.draw(st.sampled_from(OUTCOMES))
                    send(desk, data.draw(st.sampled_from(("chat", "feed"))), now_ns + 5 * NS, outcome)
                case "tick":
                    desk.tick(now_ns)
                case _:
                    store.save(desk.take_changes(), desk.kept)
                    assert store.load() == desk.kept
        store.save(desk.take_changes(), desk.kept)
        loaded = store.load()
        assert loaded == desk.kept
        # Their order is the order in which people are told.
        assert [list(named) for named in (loaded.stories, loaded.threads)] == [
            list(named) for named in (desk.kept.stories, desk.kept.threads)
        ]


def test_a_new_process_goes_on_from_the_file(tmp_path: Path) -> None:
    """A message would be edited that belongs to another story."""
    path = tmp_path / "notify.db"
    story = STORIES[0]
    with Store(path) as store:
        desk = Desk(ROUTES, SINKS, kept=store.load())
        desk.take(story[0], T0_NS)
        send(desk, "chat", T0_NS + 60 * NS, Delivered("chat:7"))
        store.save(desk.take_changes(), desk.kept, position=41)
    with Store(path) as store:
        assert store.position() == 41
        desk = Desk(ROUTES, SINKS, kept=store.load())
        assert not desk.take(story[0], T0_NS), "it is known"
        assert desk.take(story[1], T0_NS)
        due = desk.due("chat", T0_NS + 60 * NS)
        assert due is not None
        assert (due[0].remote, due[0].number) == ("chat:7", 1)


def test_what_the_desk_forgot_is_forgotten_and_stays_in_the_history() -> None:
    """The desk would grow with every story, or nobody could ask about it later."""
    with Store(None) as store:
        desk = Desk(ROUTES, SINKS)
        for alert in STORIES[0]:
            desk.take(alert, alert.ts_ns)
        store.save(desk.take_changes(), desk.kept)
        assert len(store.load().stories) == 1
        desk.take(STORIES[2][0], STORIES[2][0].ts_ns)
        desk.tick(STORIES[2][0].ts_ns)
        desk.tick(STORIES[2][0].ts_ns)
        store.save(desk.take_changes(), desk.kept)
        assert list(store.load().stories) == [STORIES[2][0].episode_id]
        assert store.load() == desk.kept
        assert len(store.alert(STORIES[0][0].episode_id)) == len(STORIES[0])


def test_what_could_not_be_written_is_written_with_what_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a disk that was full for a while, a restart would not know what was told meanwhile."""
    with Store(None) as store:
        desk = Desk(ROUTES, SINKS)
        first, second = an_alert(), an_alert(scope="BTC")
        desk.take(first, T0_NS)
        changes = desk.take_changes()
        with monkeypatch.context() as patch:
            patch.setattr("detector.store.store.put", _full)
            with pytest.raises(StoreError):
                store.save(changes, desk.kept, position=1)
        assert store.load() == Kept()
        desk.take(second, T0_NS)
        store.save(changes.and_then(desk.take_changes()), desk.kept, position=2)
        assert store.load() == desk.kept
        assert store.recent(9) == [second, first]


def _full(*_: object) -> None:
    raise StoreError("the disk is full")


def test_a_memory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A traceback at the start would not say which file to move away."""
    with Store(tmp_path / "notify.db") as store:
        desk = Desk(ROUTES, SINKS)
        desk.take(an_alert(), T0_NS)
        store.save(desk.take_changes(), desk.kept)
        with store._database.transaction() as connection:
            connection.execute("UPDATE threads SET thread = '{}'")
        with pytest.raises(StoreError, match=r"missing required field.*move the file away"):
            store.load()
        with store._database.transaction() as connection:
            connection.execute("DELETE FROM threads")
            connection.execute("UPDATE alerts SET alert = ?", (msgspec.json.encode([]).decode(),))
        with pytest.raises(StoreError, match="an alert cannot be read"):
            store.load()
