"""`cascade topics`: what stands on standard output, what on standard error, and the exit code."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from detector import cli
from detector.commands import topics as command
from producers.kafka.admin import Difference, TopicStatus
from producers.kafka.settings import KafkaSettings
from schemas.topics import TOPICS
from tests.kit.kafka.choice import SharedBroker

ROOT = Path(__file__).resolve().parents[3]
SAME = [TopicStatus(name=topic.name, state="same", partitions=topic.partitions, replicas=1) for topic in TOPICS]
WRONG = TopicStatus(
    name=TOPICS[0].name,
    state="differs",
    partitions=5,
    replicas=1,
    differences=(Difference(setting="partitions", wanted="12", found="5"),),
)


def cascade(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command in this process."""
    monkeypatch.setattr(sys, "argv", ["cascade", "topics", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[KafkaSettings]:
    """A cluster in which one topic differs; the settings that it was asked with."""
    settings: list[KafkaSettings] = []

    async def diff_topics(given: KafkaSettings) -> list[TopicStatus]:
        settings.append(given)
        return [WRONG, *SAME[1:]]

    monkeypatch.setattr(command, "diff_topics", diff_topics)
    return settings


def test_what_differs_is_told_and_fails(
    asked: list[KafkaSettings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deployment script would go on over topics that lose data."""
    assert cascade(monkeypatch, "diff", "--kafka", "kafka:1") == 1
    out, err = capsys.readouterr()
    assert "market.frames.v1: partitions is 5, wanted 12" in out
    assert "cascade.alerts.v1" not in out
    assert "its keys would move" in err
    assert asked[0].bootstrap_servers == "kafka:1"


@pytest.mark.usefixtures("asked")
def test_json_has_one_line_a_topic_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script could not read it."""
    assert cascade(monkeypatch, "diff", "--json") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["differences"] == [{"setting": "partitions", "wanted": "12", "found": "5"}]
    assert cascade(monkeypatch, "list", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines] == [topic.name for topic in TOPICS]
    assert lines[0]["config"]["cleanup.policy"] == "delete"


@pytest.mark.usefixtures("asked")
def test_the_list_says_what_is_there_and_how_long_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user would have to read the source to find a topic."""
    assert cascade(monkeypatch, "list") == 0
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["market.frames.v1"] == ["differs", "5", "asset", "6", "h"]
    assert lines["cascade.alerts.v1"] == ["same", "1", "episode", "30", "d"]
    assert lines["cascade.state.v1"] == ["same", "1", "place", "the", "latest", "of", "each", "key"]


def test_settings_come_from_file_and_environment(
    asked: list[KafkaSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command would look at another cluster than the programs."""
    (tmp_path / "c.toml").write_text('[kafka]\nbootstrap_servers = "file:1"\ntopic_prefix = "file."\n')
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "environment:1")
    monkeypatch.setattr(command, "TOPICS", ())
    monkeypatch.setattr(command, "_print_table", lambda *_: None)
    cascade(monkeypatch, "diff", "--config", str(tmp_path / "c.toml"))
    assert (asked[0].bootstrap_servers, asked[0].topic_prefix) == ("environment:1", "file.")


@pytest.mark.parametrize("verb", ["create", "list", "diff"])
def test_without_a_broker_there_is_one_line_and_no_noise(verb: str) -> None:
    """The reason would be lost among a client's warnings, or the command hang."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    run = [sys.executable, "-X", "dev", "-m", "detector.cli", "topics", verb, "--kafka", f"127.0.0.1:{port}"]
    start = time.monotonic()
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"cascade: Kafka at 127.0.0.1:{port}: connection refused, nobody listens there\n"
    assert time.monotonic() - start < 10


def test_a_wrong_address_is_a_fault_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script could not tell a typing error from a broker that is down."""
    assert cascade(monkeypatch, "list", "--kafka", "http://kafka") == 2
    assert "write HOST:PORT" in capsys.readouterr().err


@pytest.mark.kafka
def test_create_then_diff_on_a_real_broker(
    broker: SharedBroker, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The commands of the documentation would not work."""
    monkeypatch.setenv("CASCADE_TOPIC_PREFIX", f"{secrets.token_hex(4)}.")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap)
    assert cascade(monkeypatch, "diff") == 1
    assert "run cascade topics create" in capfd.readouterr().err
    assert cascade(monkeypatch, "create") == 0
    out, err = capfd.readouterr()
    assert (out.count("created"), err) == (len(TOPICS), "")
    assert cascade(monkeypatch, "create") == 0
    assert cascade(monkeypatch, "diff") == 0
    out, err = capfd.readouterr()
    assert (out.splitlines()[-1], err) == (f"{len(TOPICS)} topics are as they have to be", "")
