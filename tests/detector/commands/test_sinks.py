"""`cascade sinks`: what channels there are, and whether one truly arrives."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.commands.sinks import configured_in_words, in_words, kinds_in_words, try_sink
from detector.runtime.notify.pace import Pace
from detector.sinks.config import NotifyConfig, load
from detector.sinks.secrets import keep_secret
from producers.errors import UsageError
from tests.kit.collector.collector import Collector
from tests.kit.collector.script import Status


def configured(folder: Path, there: Collector) -> NotifyConfig:
    """Channels that the collector plays."""
    (folder / "token").write_text(there.telegram.token)
    (folder / "key").write_text(there.pagerduty.routing_key)
    (folder / "cascade.toml").write_text(
        '[notify]\nallow_private = ["127.0.0.1"]\n'
        f'[sinks.phone]\ntype = "telegram"\nchat_id = "{there.telegram.chat_id}"\n'
        f'token_file = "token"\napi = "{there.url("telegram")}"\n'
        f'[sinks.duty]\ntype = "pagerduty"\nrouting_key_file = "key"\napi = "{there.url("pagerduty")}"\n'
        '[sinks.lines]\ntype = "file"\nto_file = "alerts.jsonl"\n'
        '[[routes]]\nsinks = ["phone"]\n'
    )
    return load(folder / "cascade.toml", {})


async def tried(folder: Path, there: Collector, name: str, *, edit: bool = False) -> bool:
    """Whether all of it arrived."""
    return await asyncio.to_thread(try_sink, configured(folder, there), name, edit=edit)


async def test_a_message_arrives_that_says_that_it_is_a_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody would be woken for nothing, or believe that something had happened."""
    monkeypatch.setattr(Pace, "wait_ns", lambda *_: 0)
    async with Collector() as there:
        assert await tried(tmp_path, there, "phone", edit=True)
        (shown,) = there.chat("telegram")
    assert "TEST · nothing has happened, and this was edited" in str(shown)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "phone: Delivered"
    assert out[1] == "phone: edited: Delivered"


async def test_an_incident_is_ended_though_nobody_asked_for_an_edit(tmp_path: Path) -> None:
    """A test would page a whole team until somebody resolved it by hand."""
    async with Collector() as there:
        assert await tried(tmp_path, there, "duty")
        actions = [msgspec.json.decode(heard.body)["event_action"] for heard in there.requests("pagerduty")]
    assert actions == ["trigger", "resolve"]


async def test_what_a_program_gets_is_over_before_it_has_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bot would close its positions."""
    async with Collector() as there:
        assert await tried(tmp_path, there, "lines", edit=True)
    (line,) = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
    alert = msgspec.json.decode(line)
    assert (alert["status"], alert["level"], alert["posture"]) == ("resolved", "CLEAR", "normal")
    assert "cannot edit" in capsys.readouterr().out


async def test_a_refusal_says_why_and_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A channel would be believed to work until the day that it is needed."""
    async with Collector() as there:
        there.answer("telegram", Status(401, b'{"ok":false,"description":"Unauthorized"}'))
        assert not await tried(tmp_path, there, "phone")
        secret = there.telegram.token
    said = "".join(capsys.readouterr())
    assert "phone: REFUSED: HTTP 401: Unauthorized" in said
    assert secret.partition(":")[2] not in said


async def test_a_name_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    """A typing mistake would be a traceback."""
    async with Collector() as there:
        with pytest.raises(UsageError, match=r"has no sink 'fone' \(phone\?\); there are: phone, duty, lines"):
            await tried(tmp_path, there, "fone")


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Delivered('{"7f3a":"HIGH"}'), "Delivered"),
        (RetryAt(None, "HTTP 500"), "NOT delivered, try again later: HTTP 500"),
        (Rejected("HTTP 400"), "REFUSED: HTTP 400"),
        (Unknown("no answer"), "it is not known whether it was delivered: no answer"),
        (Rejected("of CANARY-kept"), "REFUSED: of ***"),
    ],
)
def test_an_outcome_is_told_in_words(outcome: Outcome, says: str) -> None:
    """`Rejected(...)` says nothing to a user."""
    keep_secret("CANARY-kept")
    assert in_words(outcome) == says


def test_every_type_is_listed_with_what_it_needs() -> None:
    """A channel's keys could only be found in the source."""
    lines = list(kinds_in_words())
    assert any(line.startswith("telegram: needs chat_id, token_file or token_env; may have") for line in lines)
    assert "stdout: needs nothing" in lines


async def test_the_sinks_of_a_configuration_are_listed_with_their_routes(tmp_path: Path) -> None:
    """Nobody could see what leads where without reading the whole file."""
    async with Collector() as there:
        lines = list(configured_in_words(configured(tmp_path, there)))
    assert lines == [
        "phone: telegram, [[routes]] 1",
        "duty: pagerduty, [[routes]] none",
        "lines: file, [[routes]] none",
    ]
