"""`cascade notify`: what it says before it begins, in what order it ends, and a recording as it is told."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from detector.alerts.routes import Route
from detector.commands import notify as command
from detector.commands.notify import notify
from detector.runtime.notify.clocks import EventClock, WallClock
from detector.runtime.notify.notifier import Notifier
from detector.sinks.config import ConfigError
from detector.store.store import Store
from producers.errors import UsageError
from producers.kafka.errors import BrokerError
from producers.kafka.settings import KafkaSettings
from schemas.state import MarketState
from tests.kit.alerts import NS, T0_NS, an_alert
from tests.kit.channels import RememberingSink

NOBODY = KafkaSettings(bootstrap_servers="127.0.0.1:1")


def run(folder: Path, config: str) -> None:
    file = folder / "cascade.toml"
    file.write_text(config)
    notify(settings=NOBODY, config_path=file, store=None, alive=None, recorded_clock=False)


def test_without_a_sink_it_does_not_start(tmp_path: Path) -> None:
    """Somebody would believe that they are called."""
    with pytest.raises(ConfigError, match="has no sink"):
        run(tmp_path, "")


def test_without_kafka_it_says_so_and_remembers_nothing(tmp_path: Path) -> None:
    """It would try for ever, in silence."""
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1"):
        run(tmp_path, '[sinks.output]\ntype = "stdout"\n')
    assert [path.name for path in tmp_path.iterdir()] == ["cascade.toml"]


@pytest.mark.parametrize("more", ["", 'topic = "cascade.alerts.v1"\nkafka = {bootstrap_servers = "127.0.0.1:1"}\n'])
def test_it_does_not_write_what_it_reads(more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every alert would come twice to whoever subscribes."""

    async def there(*_: object) -> None:
        pass

    monkeypatch.setattr(command, "check_cluster", there)
    with pytest.raises(UsageError, match="name another topic"):
        run(tmp_path, f'[sinks.bus]\ntype = "kafka"\n{more}')


def a_notifier(phone: RememberingSink, clock: EventClock | WallClock) -> Notifier:
    return Notifier(
        routes=[Route(sinks=("phone",), group_wait_s=2.0)], sinks={"phone": phone}, store=Store(None), clock=clock
    )


async def test_at_the_end_what_waits_is_sent() -> None:
    """A restart in the middle of a crash would keep the news back."""
    phone = RememberingSink()
    notifier = a_notifier(phone, WallClock())
    sending = asyncio.create_task(notifier.run())
    notifier.take(an_alert(level="CRITICAL", since_ns=time.time_ns()))
    await command._drain(notifier, sending)
    sending.cancel()
    assert phone.acts == ["new CRITICAL"]


async def test_a_channel_that_does_not_answer_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever supervises the process would kill it."""
    monkeypatch.setattr(command, "DRAIN_S", 0.1)
    phone = RememberingSink()
    phone.hangs = True
    notifier = a_notifier(phone, WallClock())
    sending = asyncio.create_task(notifier.run())
    notifier.take(an_alert(level="CRITICAL", since_ns=time.time_ns()))
    await command._drain(notifier, sending)
    sending.cancel()
    assert "1 messages wait still" in capsys.readouterr().err


class Played:
    """As much of a source as a recording needs: each read is one alert or the end."""

    def __init__(self, notifier: Notifier, clock: EventClock) -> None:
        self.notifier, self.clock = notifier, clock
        self.alerts = [an_alert(level="WARN")]
        self.market: MarketState | None = None

    @property
    def caught_up(self) -> bool:
        return not self.alerts

    async def read_readings(self, until_ns: int) -> None:
        assert until_ns == self.clock.now_ns(), "pictures show what was before"

    async def read_one(self) -> bool:
        if not self.alerts:
            self.market = MarketState(ts_ns=T0_NS + 60 * NS, level="WARN", stages=(), direction="down", since_ns=T0_NS)
            await asyncio.sleep(0)
            return False
        alert = self.alerts.pop(0)
        self.clock.reach(alert.ts_ns)
        self.notifier.take(alert)
        return True


async def test_a_recording_is_told_by_its_own_time() -> None:
    """Its messages would be late by a year, or wait for a time that never comes."""
    phone, clock = RememberingSink(), EventClock()
    notifier = a_notifier(phone, clock)
    source = Played(notifier, clock)
    playing = asyncio.create_task(command._play(source, notifier, clock))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await phone.asked.wait()
    playing.cancel()
    assert phone.acts == ["new WARN"]
    assert phone.deliveries[0].message.late == ""
    assert clock.now_ns() == T0_NS + 60 * NS
