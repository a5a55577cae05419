"""The program that says whether a subscriber has read the undisturbed run: it must not say so lightly."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka_log import deployment
from tests.kit.verifier import ALERTS, alerts_in, alerts_on, compare, main


def alert(number: int, level: str = "HIGH") -> bytes:
    """A line as the detector writes it, as far as the verifier looks."""
    return orjson.dumps(
        {
            "kind": "alert",
            "alert_id": f"a{number}",
            "scope": "BTC",
            "revision": number,
            "status": "open",
            "level": level,
        }
    )


CLEAN = [alert(1), alert(2), alert(3)]


def said(*alerts: bytes, by: str = "w1") -> list[tuple[bytes, str]]:
    return [(line, by) for line in alerts]


def test_the_same_alerts_from_any_workers_in_any_order_are_the_same() -> None:
    """A cluster that works would be called broken: two workers' alerts come in the order of the broker."""
    verdict = compare(CLEAN, said(alert(3)) + said(alert(1), alert(2), by="w2"))
    assert verdict.good
    assert verdict.workers == ("w1", "w2")
    assert verdict.lines() == [
        "3 alerts in the clean run; missing 0, new 0, altered 0, copies under their id 0; said by w1, w2"
    ]


def test_copies_under_their_id_are_counted_and_do_no_harm() -> None:
    """A restarted worker says some things twice, and who drops known ids never sees it."""
    verdict = compare(CLEAN, said(*CLEAN) + said(alert(2), alert(2), by="w2"))
    assert verdict.good
    assert verdict.copies == 2


@pytest.mark.parametrize(
    ("found", "line"),
    [
        ([alert(1), alert(3)], "  missing: a2 BTC revision 2 open HIGH"),
        ([*CLEAN, alert(4)], "  new: a4 BTC revision 4 open HIGH"),
        ([alert(1), alert(2, "WARN"), alert(3)], "  altered: a2 BTC revision 2 open HIGH"),
        ([*CLEAN, alert(2, "WARN")], "  altered: a2 BTC revision 2 open HIGH"),
    ],
)
def test_every_difference_is_named(found: list[bytes], line: str) -> None:
    """A lost alert, an invented one, or one that changed with a restart would pass for a success."""
    verdict = compare(CLEAN, said(*found))
    assert not verdict.good
    assert verdict.lines()[1:] == [line]


def test_nothing_is_not_the_same_as_something() -> None:
    """A run in which no worker ran would pass."""
    assert len(compare(CLEAN, []).missing) == 3


def test_only_alerts_are_taken_from_the_lines_of_a_run(tmp_path: Path) -> None:
    """Every transition would be missing on the topic of alerts."""
    lines = tmp_path / "clean.jsonl"
    lines.write_bytes(b"\n".join([alert(1), b'{"kind":"transition"}', alert(2)]) + b"\n")
    assert alerts_in(lines) == [alert(1), alert(2)]


@pytest.mark.kafka
async def test_the_program_reads_the_topic_and_its_exit_code_says_what_it_found(
    broker: SharedBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever runs it by hand or in a script would be told that all is well."""
    settings = await deployment(broker.bootstrap)
    producer = AIOKafkaProducer(**settings.client())
    await producer.start()
    for line in CLEAN:
        await producer.send_and_wait(settings.topic_prefix + ALERTS, line, headers=[("worker", b"w1")])
    await producer.stop()
    assert await alerts_on(broker.bootstrap, settings.topic_prefix) == said(*CLEAN)
    lines = tmp_path / "clean.jsonl"
    arguments = ["--kafka", broker.bootstrap, "--prefix", settings.topic_prefix, "--expected", str(lines)]
    lines.write_bytes(b"\n".join(CLEAN))
    assert await asyncio.to_thread(main, arguments) == 0
    lines.write_bytes(b"\n".join([*CLEAN, alert(4)]))
    assert await asyncio.to_thread(main, arguments) == 1
    assert "missing: a4" in capsys.readouterr().out
