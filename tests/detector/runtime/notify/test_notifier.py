"""From alerts to messages: once, in order, whatever fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from detector.alerts.outcomes import Rejected, RetryAt, Unknown
from detector.alerts.routes import Route
from detector.alerts.slim_reading import SlimReading
from detector.alerts.traits import Traits
from detector.runtime.notify.clocks import Clock, EventClock, WallClock
from detector.runtime.notify.notifier import Notifier
from detector.sinks.sink import Sink
from detector.store.errors import StoreError
from detector.store.store import Store
from schemas.alert import Alert, Transition
from schemas.reading import Reading
from tests.kit.alerts import NS, T0_NS, an_alert, episode
from tests.kit.channels import RememberingSink
from tests.kit.hurried import START_NS, hurried


def a_notifier(sinks: Mapping[str, Sink], store: Store | None = None, clock: Clock | None = None) -> Notifier:
    """One route to all sinks, in memory unless a store is given, at 20:50."""
    if clock is None:
        clock = EventClock()
        clock.reach(T0_NS)
    route = Route(sinks=tuple(sinks), group_wait_s=0)
    return Notifier(routes=[route], sinks=sinks, store=store or Store(None), clock=clock)


async def tell(notifier: Notifier, *alerts: Alert) -> None:
    """Each is sent before the next one comes."""
    for alert in alerts:
        notifier.take(alert)
        await notifier.settle()


async def test_an_episode_is_one_message_with_edits_and_a_new_one_for_each_escalation() -> None:
    """Subscribers would leave after the first crash."""
    phone = RememberingSink()
    await tell(a_notifier({"phone": phone}), *episode("WARN", "WARN", "HIGH", "WARN"))
    assert phone.acts == ["new WARN", "edit WARN", "new HIGH", "edit WARN", "edit CLEAR"]
    new, edit, worse, *_ = phone.deliveries
    assert (edit.remote, worse.remote) == ("m1", "m1")
    assert new.message_id == edit.message_id != worse.message_id
    assert new.delivery_id != edit.delivery_id
    assert phone.deliveries[-1].ended


async def test_what_was_sent_before_a_kill_is_sent_again_under_its_id_and_then_no_more(tmp_path: Path) -> None:
    """Two messages of one crash would look like two crashes."""
    path = tmp_path / "store.sqlite"
    alert = an_alert()
    first, second, third = RememberingSink(), RememberingSink(), RememberingSink()
    first.hangs = True
    with Store(path) as store:
        notifier = a_notifier({"phone": first}, store)
        notifier.take(alert, position=7)
        sending = asyncio.create_task(notifier.settle())
        await first.asked.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    with Store(path) as store:
        notifier = a_notifier({"phone": second}, store)
        assert notifier.position == 7
        await tell(notifier, alert)
    with Store(path) as store:
        await tell(a_notifier({"phone": third}, store), alert)
    assert [delivery.delivery_id for delivery in second.deliveries] == [first.deliveries[0].delivery_id]
    assert third.deliveries == []


async def test_while_a_channel_is_away_only_the_newest_is_kept_for_it() -> None:
    """It would get the whole story when it is back, the oldest first."""
    clock = EventClock()
    clock.reach(T0_NS)
    phone = RememberingSink()
    phone.answers = [RetryAt(600, "503")]
    notifier = a_notifier({"phone": phone}, clock=clock)
    over = episode("WARN", scope="okx", stages=("D",))
    await tell(notifier, *episode("WARN", "HIGH", "CRITICAL", resolved=False), *over)
    assert len(phone.deliveries) == 1
    clock.reach(T0_NS + 600 * NS)
    await notifier.settle()
    assert phone.acts == ["new WARN", "new CRITICAL"]
    assert phone.deliveries[1].revision == 3
    assert "20:50" in phone.deliveries[1].message.late
    (entry,) = [e for e in notifier.store.log_of(over[0].episode_id) if e.outcome == "expired"]
    assert entry.reason


@hurried
async def test_a_channel_that_hangs_keeps_nobody_else_waiting() -> None:
    """One dead webhook would silence the pager."""
    dead, phone = RememberingSink(), RememberingSink()
    dead.hangs = True
    notifier = a_notifier({"dead": dead, "phone": phone}, clock=WallClock())
    running = asyncio.create_task(notifier.run())
    for alert in episode("WARN", "HIGH", "CRITICAL", since_ns=START_NS):
        notifier.take(alert)
        await asyncio.sleep(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert phone.acts == ["new WARN", "new HIGH", "new CRITICAL", "edit CLEAR"]
    assert len(dead.deliveries) == 1


async def test_a_sink_that_refuses_us_is_told_of_by_the_others() -> None:
    """Somebody believes that they would be called."""
    phone, desk = RememberingSink(), RememberingSink()
    phone.answers = [Rejected("the bot was blocked", of="sink")]
    notifier = a_notifier({"phone": phone, "desk": desk})
    await tell(notifier, an_alert())
    await notifier.settle()
    assert [d.alerts[0].scope for d in desk.deliveries] == ["market", "sink phone"]
    assert "the bot was blocked" in desk.deliveries[1].message.what
    assert len(phone.deliveries) == 1


async def test_a_disk_that_is_full_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash fills logs, too: that is when messages matter."""
    phone, store = RememberingSink(), Store(None)
    notifier = a_notifier({"phone": phone}, store)

    def full(*_: object, **__: object) -> None:
        raise StoreError("disk full: make room")

    with monkeypatch.context() as patch:
        patch.setattr(store, "save", full)
        patch.setattr(store, "settled", full)
        await tell(notifier, *episode("WARN", "HIGH", resolved=False))
    assert phone.acts == ["new WARN", "new HIGH"]
    assert notifier.unwritten > 0
    notifier.save()
    assert [thread.sent_rings for thread in store.load().threads.values()] == [2]
    assert len(store.recent(10)) == 2


async def test_what_may_have_arrived_is_sent_again_under_the_same_id() -> None:
    """Silence is worse than a copy that can be told from news."""
    clock = EventClock()
    clock.reach(T0_NS)
    phone = RememberingSink()
    phone.answers = [Unknown("timeout")]
    notifier = a_notifier({"phone": phone}, clock=clock)
    await tell(notifier, an_alert())
    clock.reach(T0_NS + 5 * NS)
    await notifier.settle()
    first, again = phone.deliveries
    assert first.delivery_id == again.delivery_id


class OnePicture:
    """Always the same."""

    def take_reading(self, reading: Reading | SlimReading) -> None: ...

    def take_transition(self, transition: Transition) -> None: ...

    async def draw(self, alerts: tuple[Alert, ...], now_ns: int) -> bytes | None:
        return b"png"


async def test_pictures_come_with_new_messages_from_high_on_where_they_can_be_seen() -> None:
    """A pager would be sent a picture, or a phone none of the crash."""
    phone, pager = RememberingSink(Traits(edits=True, pictures=True, paces=())), RememberingSink()
    clock = EventClock()
    clock.reach(T0_NS)
    route = Route(sinks=("phone", "pager"), group_wait_s=0)
    notifier = Notifier(
        routes=[route],
        sinks={"phone": phone, "pager": pager},
        store=Store(None),
        clock=clock,
        pictures=OnePicture(),
    )
    await tell(notifier, *episode("WARN", "HIGH", "HIGH"))
    assert [delivery.picture for delivery in phone.deliveries] == [None, b"png", None, None]
    assert {delivery.picture for delivery in pager.deliveries} == {None}


@hurried
async def test_what_is_under_way_is_finished_within_its_time_and_the_rest_is_counted() -> None:
    """A restart would lose a message, or take for ever."""
    phone, dead = RememberingSink(), RememberingSink()
    dead.hangs = True
    notifier = a_notifier({"phone": phone, "dead": dead}, clock=WallClock())
    notifier.take(an_alert(since_ns=START_NS))
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    assert await notifier.drain(5) == 1
    assert loop.time() - began_s <= 5.1
    assert phone.acts == ["new HIGH"]


async def test_a_story_whose_detector_was_restarted_is_not_called_over(tmp_path: Path) -> None:
    """In the middle of a crash people would read that it is over, or that it goes on for ever."""
    path = tmp_path / "store.sqlite"
    with Store(path) as store:
        await tell(a_notifier({"phone": RememberingSink()}, store), an_alert(level="CRITICAL"))
    phone = RememberingSink()
    with Store(path) as store:
        notifier = a_notifier({"phone": phone}, store)
        notifier.begin_anew()
        await notifier.settle()
    (told,) = phone.deliveries
    assert (told.act, told.ended) == ("edit", True)
    assert told.message.title == "⚪ LOST SIGHT · market"
    assert "not take this for calm" in told.message.do
    assert "restarted" in told.message.what


async def test_what_was_sent_before_a_kill_gets_its_end_though_nobody_wrote_it_down(tmp_path: Path) -> None:
    """A message would say for ever that the market falls."""
    path = tmp_path / "store.sqlite"
    first, over = episode("HIGH")
    phone = RememberingSink()
    phone.hangs = True
    with Store(path) as store:
        notifier = a_notifier({"phone": phone}, store)
        notifier.take(first)
        sending = asyncio.create_task(notifier.settle())
        await phone.asked.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    phone.hangs = False
    with Store(path) as store:
        await tell(a_notifier({"phone": phone}, store), over)
    assert phone.acts == ["new HIGH", "edit CLEAR"]
