"""`cascade produce`: its options, its words, and how it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from detector.commands.produce import Status, produce
from producers.bundled import CALM_SECONDS
from producers.kafka.errors import BrokerError, TopicError
from producers.kafka.pump import Pump, SpoolSize
from producers.kafka.settings import KafkaSettings
from producers.venues.binance_spot import BinanceSpot
from schemas.codec import decode_output
from schemas.state import Heartbeat
from schemas.topics import FRAMES, STATE
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment, read_frames, read_topic
from tests.kit.stream import trade

ROOT = Path(__file__).resolve().parents[3]
NOBODY = KafkaSettings(bootstrap_servers="127.0.0.1:1")


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The address of a venue server with the bundled spot recording."""
    command = [sys.executable, "-m", "producers.venue_server", str(CALM_SECONDS[2]), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("listening on ").strip()
        finally:
            server.kill()


def produce_spot(folder: Path, url: str = "http://127.0.0.1:1", **changes: Any) -> None:
    """Produce one venue of the server, with the recording's clock."""
    arguments: dict[str, Any] = {
        "settings": NOBODY,
        "venue_names": ["binance-spot"],
        "symbols": ["BTC"],
        "endpoints": [f"all={url}"],
        "spool": SpoolSize(folder=folder),
        "record_to": None,
        "at_most": None,
        "recorded_clock": True,
        "producer_id": "here-1",
        "drain_s": 10.0,
        "alive": None,
    }
    produce(**(arguments | changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"venue_names": ["mtgox"]}, "unknown venue 'mtgox'"),
        ({"endpoints": ["here"]}, "write VENUE=URL"),
    ],
)
def test_what_nobody_knows_is_refused_before_anything_is_opened(
    changes: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """A typing mistake would produce nothing for hours."""
    with pytest.raises(ValueError, match=says):
        produce_spot(tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []


def test_a_broker_that_is_not_there_ends_it_within_seconds(tmp_path: Path) -> None:
    """It would try for ever and look alive."""
    began_s = time.monotonic()
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1: connection refused"):
        produce_spot(tmp_path)
    assert time.monotonic() - began_s < 10


async def test_the_status_says_what_flows_and_what_waits(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody would see that data is dropped before it is missed."""
    pump = Pump(
        settings=NOBODY,
        worker="here-1",
        size=SpoolSize(folder=tmp_path),
        venues=[BinanceSpot()],
        symbols=["BTC"],
        overrides={},
    )
    status = Status(pump)
    pump.publisher.publish([trade(ms) for ms in range(100)])
    pump.publisher.flush()
    assert status.line(2.0).startswith("50 events/s in 1 frames/s; spool 0.0 MB, on disk 0.0 MB; Kafka 0.")
    pump.publisher.overflow.drop(trade(1))
    pump.disk.lost_records = 3
    assert status.line(2.0).startswith("0 events/s in 0 frames/s; ")
    assert status.line(2.0).endswith("dropped 1; LOST 3 records that must not be lost")
    status.show()
    assert capfd.readouterr().err == ""
    pump.disk.close()


@pytest.mark.kafka
def test_topics_that_are_missing_end_it_with_the_remedy(broker: SharedBroker, tmp_path: Path) -> None:
    """Records for a topic that does not exist would wait for ever."""
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix="nobody-made-these.")
    with pytest.raises(TopicError, match="cascade topics create"):
        produce_spot(tmp_path, settings=settings)


def command(settings: KafkaSettings, url: str, folder: Path, *more: str) -> list[str]:
    """The command line."""
    return [
        *(sys.executable, "-m", "detector.cli", "produce", "--venue", "binance-spot", "--symbols", "BTC"),
        *("--endpoint", f"all={url}", "--kafka", settings.bootstrap_servers, "--spool", str(folder)),
        *("--producer-id", "here-1", "--recorded-clock", *more),
    ]


@contextmanager
def producing(settings: KafkaSettings, url: str, folder: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own."""
    environment = {"PATH": "", "CASCADE_TOPIC_PREFIX": settings.topic_prefix}
    with subprocess.Popen(  # noqa: S603
        command(settings, url, folder, *more),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


async def first_frame(settings: KafkaSettings) -> None:
    """Until something is in the log."""
    async with asyncio.timeout(30):
        while not await read_topic(settings, FRAMES):  # noqa: ASYNC110  # another process writes
            await asyncio.sleep(0.05)


@pytest.mark.kafka
async def test_a_recording_is_produced_to_its_end(broker: SharedBroker, tmp_path: Path) -> None:
    """A replay through Kafka would never say that it is done, or end before the log has everything."""
    settings = await deployment(broker.bootstrap)
    with serving("--speed", "0") as url, producing(settings, url, tmp_path) as running:
        out, err = await asyncio.to_thread(running.communicate, None, 60)
    assert (running.returncode, out) == (0, b"")
    assert b"here-1: BTC on binance-spot to Kafka at " in err
    assert b"8,943 events in " in err
    assert b"binance-spot frames: 8,943" in err
    (log,) = (events for events in (await read_frames(settings)).values() if len(events) > 1_000)
    assert sum(event.instrument == "BTC-USDT-SPOT" for event in log) > 8_900


@pytest.mark.kafka
@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_sends_what_waits_and_ends_well(
    which: signal.Signals, broker: SharedBroker, tmp_path: Path
) -> None:
    """A supervisor's stop would look like a failure, or lose the last frames."""
    settings = await deployment(broker.bootstrap)
    with serving("--speed", "1") as url, producing(settings, url, tmp_path) as running:
        await first_frame(settings)
        running.send_signal(which)
        _, err = await asyncio.to_thread(running.communicate, None, 30)
    assert running.returncode == 0
    assert b"Traceback" not in err
    summary = err.decode().splitlines()
    events = next(int(line.split(" events")[0].replace(",", "")) for line in summary if " events in " in line)
    log = [event for events in (await read_frames(settings)).values() for event in events]
    told = [event for event in log if event.venue == "binance-spot" and not getattr(event, "keyframe", False)]
    assert len({json.dumps(str(event)) for event in told}) == events
    beats = [decode_output(record.value) for record in await read_topic(settings, STATE)]
    assert isinstance(beats[-1], Heartbeat)
    assert beats[-1].state == "stopping"


@pytest.mark.kafka
async def test_a_second_signal_ends_it_at_once(broker: SharedBroker, tmp_path: Path) -> None:
    """Who is in a hurry would have to kill it."""
    settings = await deployment(broker.bootstrap)
    with serving("--speed", "1") as url, producing(settings, url, tmp_path, "--drain-s", "60") as running:
        await first_frame(settings)
        # Nothing is answered any more by a broker that is away; here the process itself is held while both come.
        running.send_signal(signal.SIGSTOP)
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGTERM)
        running.send_signal(signal.SIGCONT)
        _, err = await asyncio.to_thread(running.communicate, None, 30)
    assert running.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert b"ended at once" in err
