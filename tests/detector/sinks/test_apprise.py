from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from enum import Enum
from types import ModuleType
from typing import Any

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, RetryAt, Unknown
from detector.sinks.apprise import AppriseSettings, AppriseSink
from detector.sinks.settings import SinkSettingsError
from tests.kit.sending import PICTURE, FakeHttp, Remembered, a_delivery, a_message

URLS = "json://canary-of-apprise@a.example\nntfy://canary-topic"


class _Status(Enum):
    SUCCESS = 0
    FAILURE = 1
    PARTIAL = 2
    TIMEOUT = 3


class _Result:
    def __init__(self, status: _Status) -> None:
        self.status = status

    def __bool__(self) -> bool:
        return self.status is _Status.SUCCESS


class _Apprise:
    """The package, as far as it is used."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Callable[[], object]) -> None:
        self.added: list[str] = []
        self.said: list[dict[str, Any]] = []
        self._answer = answer
        package, memory = ModuleType("apprise"), ModuleType("apprise.attachment.memory")
        package.__dict__.update(Apprise=lambda: self, AppriseResult=_Result)
        memory.__dict__.update(AttachMemory=lambda **fields: fields)
        monkeypatch.setitem(sys.modules, "apprise", package)
        monkeypatch.setitem(sys.modules, "apprise.attachment", ModuleType("apprise.attachment"))
        monkeypatch.setitem(sys.modules, "apprise.attachment.memory", memory)
        monkeypatch.setenv("URLS", URLS)

    def add(self, url: str) -> bool:
        self.added.append(url)
        return "bad" not in url

    def notify(self, **said: Any) -> object:
        self.said.append(said)
        return self._answer()


def _sink() -> AppriseSink:
    settings = msgspec.convert({"type": "apprise", "urls_env": "URLS"}, AppriseSettings)
    return AppriseSink("tail", settings, http=FakeHttp(), memory=Remembered())


async def test_a_message_is_handed_over_with_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred services would need a file each."""
    played = _Apprise(monkeypatch, lambda: _Result(_Status.SUCCESS))
    sink = _sink()
    message = a_message(level="CRITICAL")
    assert await sink.send(a_delivery(message=message, picture=PICTURE)) == Delivered()
    said = played.said[0]
    assert (said["title"], said["notify_type"], said["body_format"]) == ("HIGH · market falling", "failure", "text")
    assert "84.2 m$" in said["body"]
    assert said["attach"]["content"] == PICTURE
    assert played.added == URLS.split()
    assert not sink.traits.edits


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (_Result(_Status.SUCCESS), Delivered()),
        (_Result(_Status.PARTIAL), Delivered()),
        (_Result(_Status.FAILURE), RetryAt(None, "no service of apprise took it")),
        (_Result(_Status.TIMEOUT), Unknown("apprise had no answer within 20 s")),
        (True, Delivered()),
        (False, RetryAt(None, "no service of apprise took it")),
        (None, RetryAt(None, "no service of apprise took it")),
    ],
)
async def test_each_result_means_what_the_table_says(
    monkeypatch: pytest.MonkeyPatch, result: object, outcome: object
) -> None:
    """An alert would be lost, or come again and again."""
    _Apprise(monkeypatch, lambda: result)
    assert await _sink().send(a_delivery()) == outcome


async def test_a_plugin_that_breaks_is_named_by_its_error_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words may hold the address."""

    def break_down() -> object:
        raise LookupError("canary-of-apprise")

    _Apprise(monkeypatch, break_down)
    assert await _sink().send(a_delivery()) == Unknown("apprise failed (LookupError)")


async def test_while_a_send_is_under_way_no_other_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread cannot be stopped: messages would overtake each other, and threads pile up."""
    go = threading.Event()
    played = _Apprise(monkeypatch, lambda: _Result(_Status.SUCCESS) if go.wait(5) else None)
    sink = _sink()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await sink.send(a_delivery())
    assert isinstance(await sink.send(a_delivery()), RetryAt)
    assert len(played.said) == 1
    go.set()
    for _ in range(100):
        await asyncio.sleep(0.002)
        if isinstance(await sink.send(a_delivery()), Delivered):
            break
    assert len(played.said) == 2


def test_an_address_that_it_does_not_know_is_named_by_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first alert would find out; and the address is a secret."""
    _Apprise(monkeypatch, lambda: True)
    monkeypatch.setenv("URLS", "json://a.example\nbad://canary")
    with pytest.raises(SinkSettingsError, match="line 2") as caught:
        _sink()
    assert "canary" not in str(caught.value)


def test_without_the_package_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """People would read a traceback."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(SinkSettingsError, match=r"pip install 'cascade-detector\[apprise\]'"):
        _sink()
