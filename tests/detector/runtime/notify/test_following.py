"""A notifier beside an engine: what is told, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from detector.alerts.outcomes import Rejected
from detector.alerts.routes import Route
from detector.alerts.traits import Traits
from detector.engine import Engine
from detector.runtime.notify.clocks import EventClock, WallClock
from detector.runtime.notify.following import Live, Replayed, beside, following, must_open, sent_lines
from detector.runtime.notify.notifier import Notifier
from detector.sinks.config import load
from detector.store.store import Store
from producers.errors import ProducerError
from schemas.alert import Alert
from schemas.reading import Reading
from tests.kit.alerts import NS, T0_NS, episode
from tests.kit.channels import RememberingSink

TEXT = '[sinks.lines]\ntype = "file"\nto_file = "alerts.jsonl"\n'


class StandIn:
    """An engine of which only what a follower looks at is there."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.seen: Any = None
        self.market = Engine().market

    def close(self, from_s: int, to_s: int) -> None:
        """Close these seconds after T0."""
        for second in range(from_s, to_s + 1):
            self.now_ns = T0_NS + second * NS
            self.seen(Reading(ts_ns=self.now_ns, partition=0, assets=()))


def replayed(sink: RememberingSink) -> tuple[StandIn, Replayed]:
    """A follower of a recording with one channel."""
    engine, clock = StandIn(), EventClock()
    notifier = Notifier(routes=[Route(sinks=("phone",))], sinks={"phone": sink}, store=Store(None), clock=clock)
    return engine, Replayed(cast("Engine", engine), notifier, clock)


async def told(alerts: Sequence[Alert], *, batch_s: int) -> list[str]:
    """What the channel got of a story, where the engine gives so many seconds at once."""
    sink = RememberingSink()
    engine, follower = replayed(sink)
    for begin in range(0, 300, batch_s):
        engine.close(begin, begin + batch_s - 1)
        for alert in alerts:
            if T0_NS + begin * NS <= alert.ts_ns < T0_NS + (begin + batch_s) * NS:
                follower(alert)
        await follower.catch_up()
    await follower.finish()
    return sink.acts


@pytest.mark.parametrize("batch_s", [1, 10, 300])
async def test_a_recording_gives_the_same_messages_in_chunks_of_any_size(batch_s: int) -> None:
    """How fast it was replayed would decide what people had been told."""
    alerts = episode("WARN", "HIGH", "CRITICAL", "WARN", every_s=20)
    assert await told(alerts, batch_s=batch_s) == ["new WARN", "new HIGH", "new CRITICAL", "edit WARN", "edit CLEAR"]


async def test_what_joins_within_the_wait_of_a_group_is_one_message() -> None:
    """A replay would ring more often than the day itself did."""
    alerts = [*episode("WARN", resolved=False, scope="BTC"), *episode("WARN", resolved=False, scope="ETH")]
    assert await told(alerts, batch_s=300) == ["new WARN"]


async def test_what_is_due_at_the_very_end_is_still_sent() -> None:
    """The last alert of a recording would wait for a second that never comes."""
    sink = RememberingSink()
    engine, follower = replayed(sink)
    engine.close(0, 10)
    follower(episode("CRITICAL", resolved=False)[0])
    await follower.finish()
    assert sink.acts == ["new CRITICAL"]


async def test_a_live_engine_is_told_at_once() -> None:
    """Alerts would wait for the next batch."""
    sink, engine = RememberingSink(), StandIn()
    notifier = Notifier(routes=[Route(sinks=("phone",))], sinks={"phone": sink}, store=Store(None), clock=WallClock())
    follower = Live(cast("Engine", engine), notifier)
    serving = asyncio.create_task(follower.serve())
    follower(episode("CRITICAL", resolved=False)[0])
    async with asyncio.timeout(2):
        await sink.asked.wait()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert sink.acts == ["new CRITICAL"]


async def test_the_end_of_a_live_run_sends_what_waits() -> None:
    """Ctrl-C in the second of an alert would lose it until the next start."""
    sink, engine = RememberingSink(), StandIn()
    notifier = Notifier(routes=[Route(sinks=("phone",))], sinks={"phone": sink}, store=Store(None), clock=WallClock())
    follower = Live(cast("Engine", engine), notifier)
    follower(episode("CRITICAL", resolved=False)[0])
    await follower.finish()
    assert list(sent_lines(notifier)) == ["phone: 1 new messages, 0 edits"]


async def test_the_summary_says_what_was_not_told_and_why() -> None:
    """Somebody would believe that all had arrived."""
    sink = RememberingSink(Traits(paces=()))
    sink.answers = [Rejected("HTTP 401", of="sink")]
    engine, follower = replayed(sink)
    engine.close(0, 20)
    follower(episode("CRITICAL", resolved=False)[0])
    await follower.catch_up()
    await follower.notifier.settle()
    (line,) = sent_lines(follower.notifier)
    assert line.startswith("phone: 0 new messages, 0 edits")
    assert line.endswith("(HTTP 401)")


async def test_a_recording_leaves_the_store_of_today_alone(tmp_path: Path) -> None:
    """A replay of an old day would be taken for what was sent today."""
    (tmp_path / "cascade.toml").write_text(TEXT)
    config = load(tmp_path / "cascade.toml", {})
    async with following(Engine(), config, environ={}, recorded=True) as follower:
        assert isinstance(follower, Replayed)
    assert not config.store.exists()
    async with following(Engine(), config, environ={}, recorded=False) as follower:
        assert isinstance(follower, Live)
    assert config.store.exists()


async def test_a_sink_that_cannot_be_opened_is_said_before_anything_begins(tmp_path: Path) -> None:
    """A run would go for an hour and then not call anybody."""
    text = '[sinks.phone]\ntype = "telegram"\nchat_id = "1"\ntoken_file = "none"\n'
    (tmp_path / "cascade.toml").write_text(text)
    with pytest.raises(ProducerError, match=r"token_file .*none: No such file"):
        await must_open(load(tmp_path / "cascade.toml", {}), environ={})


async def test_the_work_ends_the_service_and_a_service_that_fails_ends_the_work() -> None:
    """A run would hang at its end, or go on without telling anybody."""
    forever = asyncio.Event()

    async def wait() -> None:
        await forever.wait()

    async def end() -> None:
        await asyncio.sleep(0)

    async def fail() -> None:
        raise OSError("ours")

    async with asyncio.timeout(2):
        await beside(end(), wait())
        with pytest.raises(OSError, match="ours"):
            await beside(wait(), fail())
