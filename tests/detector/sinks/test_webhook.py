from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, Rejected
from detector.sinks.http import Answer
from detector.sinks.sink import Beating
from detector.sinks.webhook import MOST_BYTES, WebhookSettings, WebhookSink, body_of, strictest
from producers.errors import UsageError
from schemas.alert import ActiveCondition, Alert
from schemas.state import MarketState
from schemas.webhook import WebhookBody, WebhookHeartbeat, WebhookMessage
from tests.kit.alerts import an_alert, episode
from tests.kit.collector.webhook import Webhook
from tests.kit.sending import FakeHttp, Remembered, a_book, a_delivery

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
AT_S = 1_760_129_460.7


def _settings(**table: Any) -> WebhookSettings:
    return msgspec.convert({"type": "webhook", **table}, WebhookSettings)


def _sink(http: FakeHttp, tmp_path: Path, secret: str = SECRET, **table: Any) -> WebhookSink:
    file = tmp_path / "secret"
    file.write_text(secret + "\n", encoding="utf-8")
    settings = _settings(url="https://bot.example/hook", secret_file=str(file), **table)
    return WebhookSink("bot", settings, http=http, memory=Remembered(), wall_clock=lambda: AT_S)


def _read(body: bytes) -> WebhookMessage:
    found: WebhookBody = msgspec.json.decode(body, type=WebhookBody)
    assert isinstance(found, WebhookMessage)
    return found


async def test_a_receiver_that_verifies_signatures_takes_it(tmp_path: Path) -> None:
    """No bot could tell us from whoever knows its address."""
    http = FakeHttp(Answer(204))
    assert await _sink(http, tmp_path).send(a_delivery()) == Delivered()
    asked = http.asked[0]
    assert (asked.method, asked.url, asked.headers["webhook-id"]) == ("POST", "https://bot.example/hook", "d1")
    receiver = Webhook(a_book(), wall_clock=lambda: AT_S)
    receiver.secrets = [SECRET]
    assert (await receiver.answer(asked.heard())).status == 204


async def test_the_body_says_what_a_bot_decides_by(tmp_path: Path) -> None:
    """It would have to read sentences."""
    http = FakeHttp()
    alerts = (an_alert(level="CRITICAL", posture="reduce"), an_alert(scope="BTC", posture="no_market_orders"))
    await _sink(http, tmp_path).send(a_delivery(alerts=alerts, revision=7, silent=True, act="edit"))
    message = _read(http.asked[0].body or b"")
    assert (message.act, message.message_id, message.thread_id, message.revision) == ("edit", "m1", "t1", 7)
    assert (message.level, message.posture, message.ended, message.silent) == ("HIGH", "no_market_orders", False, True)
    assert message.alerts == alerts
    assert message.title == "HIGH · market falling"
    assert "84.2 m$" in message.text
    assert not message.truncated


def test_a_bot_follows_the_most_careful_of_all_alerts() -> None:
    """It would trade where one of them says not to."""
    assert strictest([an_alert(posture="resume"), an_alert(posture="halt_new")]) == "halt_new"
    assert strictest([an_alert(posture="resume")]) == "resume"


def _big(scope: str, conditions: int) -> Alert:
    condition = an_alert().conditions[0]
    many = tuple(msgspec.structs.replace(condition, asset=f"A{number}") for number in range(conditions))
    assert all(isinstance(one, ActiveCondition) for one in many)
    return an_alert(scope=scope, conditions=many)


@pytest.mark.parametrize("count", [1, 20, 300])
def test_a_large_body_is_cut_to_size_the_gravest_first_and_says_so(count: int) -> None:
    """Receivers refuse what is larger, and would learn nothing at all."""
    alerts = tuple(_big(f"ASSET{number}", 200) for number in range(count))
    body = body_of(a_delivery(alerts=alerts))
    message = _read(body)
    assert len(body) <= MOST_BYTES
    assert message.truncated
    assert [alert.alert_id for alert in message.alerts] == [alert.alert_id for alert in alerts][: len(message.alerts)]
    assert len(message.alerts) == count or len(message.alerts) > 20
    assert message.alerts[0].evidence
    assert len(message.alerts[0].conditions) < 200


def test_what_there_is_room_for_is_sent_whole() -> None:
    """A bot would miss numbers for no reason."""
    alerts = (an_alert(), _big("BTC", 400))
    message = _read(body_of(a_delivery(alerts=alerts)))
    assert message.alerts[0] == alerts[0]
    assert message.alerts[1].evidence == alerts[1].evidence
    assert message.truncated


async def test_a_heartbeat_is_signed_and_says_where_the_market_stands(tmp_path: Path) -> None:
    """A bot could not tell calm from death, or take anybody's word for it."""
    http = FakeHttp()
    sink = _sink(http, tmp_path, heartbeat_s=10)
    assert isinstance(sink, Beating)
    state = MarketState(ts_ns=5, level="WARN", stages=("S1",), direction="down", since_ns=3)
    assert await sink.heartbeat(state) == Delivered()
    assert await sink.heartbeat(None) == Delivered()
    first, second = (msgspec.json.decode(asked.body or b"", type=WebhookBody) for asked in http.asked)
    assert first == WebhookHeartbeat(at_ns=int(AT_S * 1e9), state=state)
    assert second == WebhookHeartbeat(at_ns=int(AT_S * 1e9), state=None)
    assert http.asked[0].headers["webhook-signature"].startswith("v1,")
    assert "." not in http.asked[0].headers["webhook-id"]


async def test_a_receiver_that_is_gone_closes_the_sink(tmp_path: Path) -> None:
    """It asked for no more of it."""
    outcome = await _sink(FakeHttp(Answer(410)), tmp_path).send(a_delivery())
    assert isinstance(outcome, Rejected)
    assert outcome.of == "sink"


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"secret_env": "A"}, "set one of url, url_file and url_env"),
        ({"secret_env": "A", "url": "https://a.example", "url_env": "B"}, "set one of url, url_file and url_env"),
        ({"url": "https://a.example"}, "secret_file"),
        ({"url": "file:///a", "secret_env": "A"}, "https://"),
        ({"url": "https://a.example", "secret_env": "A", "heartbeat_s": -1.0}, "heartbeat_s"),
        ({"url": "https://a.example", "secret_env": "A", "heartbeat_s": 0.5}, "heartbeat_s"),
    ],
)
def test_settings_that_cannot_be_meant_say_why(table: dict[str, Any], why: str) -> None:
    """The first alert would find out."""
    with pytest.raises(msgspec.ValidationError, match=why):
        _settings(**table)


async def test_a_bot_that_wants_each_alert_gets_revisions_of_its_episode(tmp_path: Path) -> None:
    """It could not tell which of two postures of an asset is the newer one."""
    http = FakeHttp()
    sink = _sink(http, tmp_path, every_revision=True)
    assert sink.traits.every_revision
    for alert in episode("WARN", "WARN", scope="BTC"):
        await sink.send(a_delivery(alerts=(alert,), thread_id=alert.alert_id))
    told = [_read(asked.body or b"") for asked in http.asked]
    assert [(message.act, message.revision) for message in told] == [("new", 1), ("edit", 2), ("edit", 3)]
    assert {message.thread_id for message in told} == {told[0].alerts[0].episode_id}


@pytest.mark.parametrize("given", ["gopher://bot.example/canary", "https://user:canary@bot.example/"])
def test_an_address_that_cannot_be_one_is_refused_at_the_start_without_being_repeated(
    given: str, tmp_path: Path
) -> None:
    """The first alert would find out."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "url").write_text(given)
    settings = _settings(url_file=str(tmp_path / "url"), secret_file=str(tmp_path / "secret"))
    with pytest.raises(UsageError, match=r"\[sinks.bot\] url: the address cannot be used") as caught:
        WebhookSink("bot", settings, http=FakeHttp(), memory=Remembered())
    assert "canary" not in str(caught.value)
