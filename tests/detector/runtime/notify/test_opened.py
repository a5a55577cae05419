"""A notifier as its configuration wants it: what it remembers where, and to which cluster its sinks write."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.runtime.notify.clocks import EventClock
from detector.runtime.notify.opened import open_notifier, wants_pictures
from detector.sinks.config import NotifyConfig, load
from detector.sinks.secrets import SecretError
from detector.store.store import Store
from producers.errors import UsageError
from producers.kafka.settings import KafkaSettings
from tests.kit.alerts import T0_NS, an_alert

HERE = KafkaSettings(bootstrap_servers="here:9092,there:9092", topic_prefix="main.")
LINES = '[sinks.lines]\ntype = "file"\nto_file = "alerts.jsonl"\n'


def configured(folder: Path, text: str) -> NotifyConfig:
    file = folder / "cascade.toml"
    file.write_text(text)
    return load(file, {})


def clock() -> EventClock:
    made = EventClock()
    made.reach(T0_NS)
    return made


async def test_what_was_told_is_remembered_beside_the_configuration(tmp_path: Path) -> None:
    """After a restart everything would be told again."""
    config = configured(tmp_path, LINES)
    for _ in range(2):
        async with open_notifier(config, clock()) as notifier:
            notifier.take(an_alert(), 7)
            await notifier.settle()
    assert len((tmp_path / "alerts.jsonl").read_bytes().splitlines()) == 1
    assert config.store.exists()
    async with open_notifier(config, clock(), store=tmp_path / "other.sqlite") as notifier:
        assert notifier.position is None


async def test_a_recording_leaves_no_memory(tmp_path: Path) -> None:
    """Today's stories would be mixed with those of a year ago."""
    config = configured(tmp_path, LINES)
    async with open_notifier(config, clock(), remembers=False) as notifier:
        notifier.take(an_alert())
        await notifier.settle()
    assert not config.store.exists()


async def test_a_sink_that_cannot_be_opened_leaves_the_store_to_others(tmp_path: Path) -> None:
    """The message about a missing token would be followed by one about a locked file."""
    config = configured(tmp_path, f'{LINES}\n[sinks.phone]\ntype = "telegram"\nchat_id = "1"\ntoken_file = "absent"\n')
    with pytest.raises(SecretError, match="absent"):
        async with open_notifier(config, clock()):
            pass
    with Store(config.store) as store:
        assert store.position() is None


async def test_pictures_are_for_sinks_that_show_them(tmp_path: Path) -> None:
    """A day of readings would be read for nobody."""
    (tmp_path / "token").write_text("110201543:not-a-real-one")
    phone = '[sinks.phone]\ntype = "telegram"\nchat_id = "1"\ntoken_file = "token"\n'
    for text, wanted in ((LINES, False), (LINES + phone, True)):
        async with open_notifier(configured(tmp_path, text), clock(), remembers=False) as notifier:
            assert wants_pictures(notifier) is wanted


OWN = 'kafka = {bootstrap_servers = "there:9092", topic_prefix = "main."}\n'


@pytest.mark.parametrize(
    ("more", "reads", "fine"),
    [
        ("", False, True),
        ("", True, False),
        (OWN, True, False),
        ('topic = "main.cascade.alerts.v1"\n', True, False),
        ('topic = "copies"\n', True, True),
        ('kafka = {bootstrap_servers = "far:9092"}\n', True, True),
    ],
)
async def test_what_is_read_is_not_written_again(more: str, reads: bool, fine: bool, tmp_path: Path) -> None:
    """Whoever subscribes would get every alert twice."""
    config = configured(tmp_path, f'[sinks.bus]\ntype = "kafka"\n{more}')
    if fine:
        async with open_notifier(config, clock(), kafka=HERE, reads=reads) as notifier:
            assert list(notifier.sinks) == ["bus"]
    else:
        with pytest.raises(UsageError, match="name another topic"):
            async with open_notifier(config, clock(), kafka=HERE, reads=reads):
                pass
