"""One sink's sends: paced, bounded in time, patient, and nobody else's trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from msgspec.structs import replace

from detector.alerts.desk import Desk
from detector.alerts.message import Message
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.routes import Route
from detector.alerts.steps import Step, settle
from detector.alerts.threads import Thread
from detector.alerts.traits import Traits
from detector.runtime.notify.clocks import WallClock
from detector.runtime.notify.pause import CLOSED_S
from detector.runtime.notify.worker import Sent, Worker
from detector.sinks.sink import Delivery
from tests.kit.alerts import an_alert
from tests.kit.hurried import START_NS, hurried


class Channel:
    """A sink that answers as it is told, and remembers when it was asked."""

    def __init__(self, *answers: Outcome, paces: tuple[tuple[int, float], ...] = ((1, 1.0),)) -> None:
        self.traits = Traits(edits=True, paces=paces)
        self.answers = list(answers)
        self.at_s: list[float] = []
        self.hangs = False
        self.takes_s = 0.0

    async def send(self, delivery: Delivery) -> Outcome:
        self.at_s.append(round(asyncio.get_running_loop().time(), 3))
        await asyncio.sleep(10_000 if self.hangs else self.takes_s)
        return self.answers.pop(0) if self.answers else Delivered("m")

    async def close(self) -> None: ...


class Office:
    """A desk whose every story is a message."""

    def __init__(self, channel: Channel, stories: int, now_ns: Callable[[], int]) -> None:
        route = Route(sinks=("phone",), group_by="scope", group_wait_s=0)
        self.desk = Desk([route], {"phone": channel.traits})
        self.now_ns = now_ns
        self.begun = 0
        self.speechless = False
        for number in range(stories):
            self.desk.take(an_alert(scope=f"COIN{number}", since_ns=START_NS), START_NS)

    def due(self, sink: str) -> tuple[Thread, Step] | None:
        return self.desk.due(sink, self.now_ns())

    def begins(self, thread: Thread, step: Step) -> None:
        self.begun += 1

    async def prepare(self, thread: Thread, step: Step) -> Delivery:
        if self.speechless:
            raise ValueError("no words")
        return self.unworded(thread, step)

    def unworded(self, thread: Thread, step: Step) -> Delivery:
        alerts = self.desk.alerts_of(thread)
        return Delivery(
            delivery_id=f"{thread.thread_id}|{thread.revision}",
            message_id="m",
            thread_id=thread.thread_id,
            act=step.act,
            revision=thread.revision,
            message=Message(level="HIGH", peak="HIGH", title="t", what="w"),
            alerts=alerts,
            ended=thread.ended,
        )

    def settled(self, sent: Sent) -> None:
        settle(
            sent.thread,
            sent.step,
            sent.outcome,
            Traits(edits=True),
            revision=sent.delivery.revision,
            rings=sent.rings,
            now_ns=self.now_ns(),
        )


async def work(channel: Channel, stories: int, for_s: float) -> tuple[Worker, Office]:
    """A worker for so long."""
    clock = WallClock()
    office = Office(channel, stories, clock.now_ns)
    worker = Worker("phone", channel, office, clock, polite=False)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(for_s):
            await worker.run()
    return worker, office


@hurried
async def test_the_pace_of_a_channel_is_kept_and_all_of_it_is_sent() -> None:
    """The channel would shut us out in the middle of a storm."""
    channel = Channel(paces=((1, 1.0), (5, 60.0)))
    _, office = await work(channel, 12, 300)
    assert len(channel.at_s) == 12
    assert channel.at_s[:5] == pytest.approx([0, 1, 2, 3, 4], abs=0.01)
    assert channel.at_s[5] == pytest.approx(60, abs=0.01)
    assert office.desk.waiting("phone") == 0


@hurried
async def test_a_channel_that_asks_to_wait_is_waited_for() -> None:
    """Going on would lengthen the ban."""
    channel = Channel(RetryAt(30, "429"))
    worker, _ = await work(channel, 1, 100)
    assert channel.at_s == pytest.approx([0, 30], abs=0.01)
    assert (worker.counts["retryat"], worker.counts["new"]) == (1, 1)
    assert worker.trouble == ""


@hurried
async def test_a_channel_that_is_away_is_asked_less_and_less_often() -> None:
    """It would be hammered when it comes back."""
    channel = Channel(*[RetryAt(None, "500")] * 12)
    await work(channel, 1, 1000)
    waits = [after - before for before, after in zip(channel.at_s, channel.at_s[1:], strict=False)]
    assert len(channel.at_s) == 13
    assert 0.5 <= waits[0] <= 1.01
    assert all(30 <= wait <= 60.01 for wait in waits[-4:])


@hurried
async def test_a_send_without_an_answer_is_given_up_in_time_and_tried_again() -> None:
    """One dead connection would end all messages of the channel."""
    channel = Channel()
    channel.hangs = True
    worker, _ = await work(channel, 1, 20)
    assert worker.trouble == "no answer within 15 s"
    assert worker.counts["unknown"] == 1
    assert len(channel.at_s) == 2


@hurried
async def test_a_sink_that_refuses_us_is_left_alone_for_an_hour() -> None:
    """Ten thousand refusals in ten minutes get an address banned."""
    channel = Channel(Rejected("401", of="sink"), Unknown("x"))
    worker, _ = await work(channel, 2, CLOSED_S + 100)
    assert channel.at_s[:2] == pytest.approx([0, CLOSED_S], abs=0.01)
    assert worker.counts["new"] == 2


@hurried
async def test_a_message_that_is_refused_is_not_tried_again_and_the_others_go_on() -> None:
    """One bad text would stand before all others for ever."""
    channel = Channel(Rejected("bad text"))
    worker, office = await work(channel, 3, 100)
    assert len(channel.at_s) == 3
    assert (worker.counts["rejected"], worker.counts["new"]) == (1, 2)
    assert office.desk.waiting("phone") == 0


@hurried
async def test_an_error_of_ours_is_tried_again_told_and_does_not_hold_up_the_others_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A fault in one text would silence the channel, or a passing one would lose a message."""
    channel = Channel()
    channel.send = broken(channel, times=4)  # type: ignore[method-assign, assignment]
    worker, office = await work(channel, 2, 60)
    assert (worker.counts["retryat"], worker.counts["rejected"], worker.counts["new"]) == (3, 1, 1)
    assert office.desk.waiting("phone") == 0
    assert "the sink phone failed" in caplog.text


def broken(channel: Channel, times: int) -> Callable[[Delivery], Coroutine[Any, Any, Outcome]]:
    """Raises so often, then works."""
    good, calls = channel.send, [0]

    async def send(delivery: Delivery) -> Outcome:
        calls[0] += 1
        if calls[0] <= times:
            raise KeyError("ours")
        return await good(delivery)

    return send


@hurried
async def test_an_edit_that_has_to_wait_holds_back_no_new_message_for_long() -> None:
    """An emergency would wait fifty minutes because an old message was edited too often."""
    channel, clock = Channel(Delivered("m"), RetryAt(3000, "too many edits")), WallClock()
    office = Office(channel, 1, clock.now_ns)
    worker = Worker("phone", channel, office, clock, polite=False)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(5)
    (story,) = office.desk.kept.stories.values()
    office.desk.take(replace(story.alert, revision=2, alert_id="b", status="updated"), clock.now_ns())
    await asyncio.sleep(5)
    worse = replace(story.alert, revision=3, alert_id="c", status="escalated", level="EMERGENCY")
    office.desk.take(worse, clock.now_ns())
    await asyncio.sleep(100)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(channel.at_s) == 3
    assert channel.at_s[2] - channel.at_s[1] <= 61


@hurried
async def test_all_that_is_due_at_a_moment_is_sent_at_once_where_the_pace_allows() -> None:
    """A replay would wait for the wall clock, or send what was not yet due."""
    channel, clock = Channel(paces=((3, 60.0),)), WallClock()
    office = Office(channel, 5, clock.now_ns)
    worker = Worker("phone", channel, office, clock, polite=False)
    await worker.settle()
    assert len(channel.at_s) == 3
    await worker.settle()
    assert len(channel.at_s) == 3


@hurried
async def test_a_replay_is_polite_to_real_channels() -> None:
    """A day in a minute would send a day's messages in a minute."""

    class Recording:
        def __init__(self) -> None:
            self.ns = START_NS

        def now_ns(self) -> int:
            self.ns += 10**10
            return self.ns

        def steady_ns(self) -> int:
            return self.now_ns()

    channel, clock = Channel(paces=((1, 2.0),)), Recording()
    office = Office(channel, 4, lambda: START_NS)
    await Worker("phone", channel, office, clock, polite=True).settle()
    assert channel.at_s == pytest.approx([0, 2, 4, 6], abs=0.01)


@hurried
async def test_what_cannot_be_put_in_words_ends_neither_the_worker_nor_the_next_message() -> None:
    """One alert of a kind that nobody thought of would silence all channels."""
    channel, clock = Channel(), WallClock()
    office = Office(channel, 2, clock.now_ns)
    office.speechless = True
    worker = Worker("phone", channel, office, clock, polite=False)
    await worker.settle()
    office.speechless = False
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (worker.counts["rejected"], worker.counts["new"]) == (1, 1)


@hurried
async def test_a_send_that_is_under_way_is_finished_though_the_work_is_ended() -> None:
    """Every restart in the middle of a message would send it twice."""
    channel, clock = Channel(), WallClock()
    channel.takes_s = 3.0
    office = Office(channel, 1, clock.now_ns)
    worker = Worker("phone", channel, office, clock, polite=False)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert worker.is_sending
    await worker.settle()
    assert len(channel.at_s) == 1
    assert office.desk.waiting("phone") == 0


@hurried
async def test_edits_leave_room_for_what_is_new() -> None:
    """An emergency would wait half a minute behind numbers that changed."""
    channel, clock = Channel(paces=((20, 60.0),)), WallClock()
    office = Office(channel, 1, clock.now_ns)
    worker = Worker("phone", channel, office, clock, polite=False)
    running = asyncio.create_task(worker.run())
    (story,) = office.desk.kept.stories.values()
    for number in range(2, 32):
        await asyncio.sleep(1)
        office.desk.take(replace(story.alert, revision=number, alert_id=f"r{number}", status="updated"), clock.now_ns())
        worker.woken.set()
    began_s = asyncio.get_running_loop().time()
    office.desk.take(an_alert(scope="NEW", level="EMERGENCY", since_ns=clock.now_ns()), clock.now_ns())
    worker.woken.set()
    await asyncio.sleep(2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert worker.counts["new"] == 2
    assert channel.at_s[-1] - began_s < 1
