"""From alerts to messages: once, in order, whatever fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from detector.alerts.match import Match
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.routes import Route
from detector.alerts.slim_reading import SlimReading
from detector.alerts.traits import Traits
from detector.runtime.notify.chat_desk import ChatDesk
from detector.runtime.notify.clocks import Clock, EventClock, WallClock
from detector.runtime.notify.notifier import Notifier
from detector.sinks.sink import Sink
from detector.store.errors import StoreError
from detector.store.store import Store
from schemas.alert import Alert, Transition
from schemas.reading import Reading
from schemas.state import MarketState
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
    notifier_clock_s = time.monotonic()

    def full(*_: object, **__: object) -> None:
        raise StoreError("disk full: make room")

    with monkeypatch.context() as patch:
        patch.setattr(store, "save", full)
        patch.setattr(store, "settled", full)
        await tell(notifier, *episode("WARN", "HIGH", resolved=False))
    assert phone.acts == ["new WARN", "new HIGH"]
    assert notifier.ledger.failures > 0
    monkeypatch.setattr(time, "monotonic", lambda: notifier_clock_s + 60)
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


class Watched(RememberingSink):
    """Hears that somebody watches, and fails at first."""

    heartbeat_s = 5.0

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[float] = []

    async def heartbeat(self, state: MarketState | None) -> Outcome:
        """Fails once by our own fault, then asks to wait."""
        self.beats.append(asyncio.get_running_loop().time())
        if len(self.beats) == 1:
            raise RecursionError
        return RetryAt(120, "429") if len(self.beats) == 2 else Delivered()


@hurried
async def test_what_fails_beside_the_messages_ends_none_of_them_and_waits_as_it_is_asked_to() -> None:
    """One odd answer to a heartbeat would silence all channels; or the receiver would be hammered."""
    bot, phone = Watched(), RememberingSink()
    notifier = a_notifier({"bot": bot, "phone": phone}, clock=WallClock())
    running = asyncio.create_task(notifier.run())
    await asyncio.sleep(20)
    notifier.take(an_alert(since_ns=START_NS))
    await asyncio.sleep(200)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert phone.acts == ["new HIGH"]
    assert bot.beats[1] - bot.beats[0] == pytest.approx(10, abs=0.1)
    assert bot.beats[2] - bot.beats[1] >= 120
    assert bot.beats[3] - bot.beats[2] == pytest.approx(5, abs=0.1)


async def test_a_phone_that_hears_of_one_asset_alone_hears_of_it_in_a_crash() -> None:
    """What the market's story says would be kept from those who do not get the market's story."""
    clock = EventClock()
    clock.reach(T0_NS)
    phone, desk = RememberingSink(), RememberingSink()
    routes = [
        Route(sinks=("phone",), match=Match(asset=("BTC",)), group_wait_s=0),
        Route(sinks=("desk",), group_wait_s=0),
    ]
    notifier = Notifier(routes=routes, sinks={"phone": phone, "desk": desk}, store=Store(None), clock=clock)
    market, over = episode("CRITICAL")
    await tell(notifier, market, an_alert(scope="BTC", level="CRITICAL"))
    assert phone.acts == ["new CRITICAL"]
    assert desk.acts == ["new CRITICAL"]
    await tell(notifier, over)
    assert desk.acts == ["new CRITICAL", "new CRITICAL", "edit CLEAR"]
    assert desk.deliveries[1].alerts[0].scope == "BTC"


async def test_a_mute_holds_what_waits_already_and_it_is_told_when_it_ends() -> None:
    """Ninety-nine messages would follow upon `/mute`."""
    clock = EventClock()
    clock.reach(T0_NS)
    phone = RememberingSink(Traits(edits=True, paces=((1, 1.0),)))
    route = Route(sinks=("phone",), group_by="scope", group_wait_s=0)
    notifier = Notifier(routes=[route], sinks={"phone": phone}, store=Store(None), clock=clock)
    for number in range(5):
        notifier.take(an_alert(scope=f"COIN{number}"))
    await notifier.settle()
    ChatDesk(notifier, "phone").mute(60, [], by="ann")
    for second in range(1, 30):
        clock.reach(T0_NS + second * NS)
        await notifier.settle()
    assert len(phone.deliveries) == 1
    for second in range(60, 90):
        clock.reach(T0_NS + second * NS)
        await notifier.settle()
    assert len(phone.deliveries) == 5


async def test_a_story_is_told_to_its_end_though_no_route_leads_there_any_more(tmp_path: Path) -> None:
    """A pager would ring for ever about a crash of last week."""
    path, phone, other = tmp_path / "store.sqlite", RememberingSink(), RememberingSink()
    first, over = episode("HIGH")
    with Store(path) as store:
        await tell(a_notifier({"phone": phone}, store), first)
    clock = EventClock()
    clock.reach(T0_NS)
    with Store(path) as store:
        sinks = {"phone": phone, "other": other}
        notifier = Notifier(routes=[Route(sinks=("other",))], sinks=sinks, store=store, clock=clock)
        await tell(notifier, over)
    assert phone.acts == ["new HIGH", "edit CLEAR"]


async def test_the_trouble_of_a_sink_that_was_taken_away_is_over(tmp_path: Path) -> None:
    """It would be told for ever, and nobody could mend it."""
    path, phone, desk = tmp_path / "store.sqlite", RememberingSink(), RememberingSink()
    phone.answers = [Rejected("401", of="sink")]
    with Store(path) as store:
        notifier = a_notifier({"phone": phone, "desk": desk}, store)
        await tell(notifier, an_alert())
        await notifier.settle()
    with Store(path) as store:
        await a_notifier({"desk": desk}, store).settle()
    assert desk.acts[-2:] == ["new WARN", "edit CLEAR"]


async def test_what_may_have_arrived_before_the_channel_went_away_gets_its_end() -> None:
    """An incident that somebody was called for would stay open for ever."""
    clock = EventClock()
    clock.reach(T0_NS)
    phone = RememberingSink()
    phone.answers = [Unknown("timeout"), RetryAt(5, "503")]
    notifier = a_notifier({"phone": phone}, clock=clock)
    first, over = episode("HIGH")
    await tell(notifier, first)
    clock.reach(T0_NS + 5 * NS)
    await notifier.settle()
    clock.reach(T0_NS + 20 * NS)
    await tell(notifier, over)
    assert phone.acts == ["new HIGH", "new HIGH", "edit CLEAR"]


async def test_a_channel_without_edits_hears_that_what_was_over_goes_on() -> None:
    """People would read that it is over while it is not."""
    room = RememberingSink(Traits(paces=()))
    first, over = episode("WARN")
    again = an_alert(revision=3, status="updated", level="WARN")
    await tell(a_notifier({"room": room}), first, over, again)
    assert room.acts == ["new WARN", "end CLEAR", "new WARN"]
    assert [delivery.silent for delivery in room.deliveries] == [False, True, True]


class NoPicture(OnePicture):
    """Cannot read what it is given."""

    def take_reading(self, reading: Reading | SlimReading) -> None:
        raise ZeroDivisionError


async def test_what_pictures_cannot_read_stops_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """A price of nought would end the notifier at every restart."""
    clock = EventClock()
    clock.reach(T0_NS)
    phone = RememberingSink()
    route = Route(sinks=("phone",), group_wait_s=0)
    sinks = {"phone": phone}
    notifier = Notifier(routes=[route], sinks=sinks, store=Store(None), clock=clock, pictures=NoPicture())
    for _ in range(3):
        notifier.take_reading(Reading(ts_ns=T0_NS, partition=0, assets=()))
    await tell(notifier, an_alert())
    assert phone.acts == ["new HIGH"]
    assert caplog.text.count("pictures leave out") == 1
