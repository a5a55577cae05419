"""The played channels themselves: a test that passes against them must mean something."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.kit.collector.collector import Collector
from tests.kit.collector.script import CloseAfterReceipt, EndlessBody, Hang, Reset, SlowBody, Status, Step
from tests.kit.collector.webhook import SECRET

PNG = b"\x89PNG\r\n\x1a\n--\r\n\r\n"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def bot(collector: Collector, http: aiohttp.ClientSession, method: str, **fields: object) -> dict[str, Any]:
    url = f"{collector.url('telegram')}/bot{collector.telegram.token}/{method}"
    async with http.post(url, json={"chat_id": collector.telegram.chat_id, "parse_mode": "HTML", **fields}) as answer:
        return {"status": answer.status, **json.loads(await answer.read())}


async def test_telegram_shows_what_a_person_reads_and_keeps_what_it_said_before(http: aiohttp.ClientSession) -> None:
    """A message that looks right only as source would pass."""
    async with Collector() as collector:
        sent = await bot(collector, http, "sendMessage", text="<b>a &lt; b</b>", disable_notification=True)
        await bot(collector, http, "editMessageText", message_id=sent["result"]["message_id"], text="c")
        (shown,) = collector.chat("telegram")
    assert (shown.text, shown.history, shown.edits, shown.silent) == ("c", ["a < b"], 1, True)


@pytest.mark.parametrize(
    ("method", "fields", "status", "words"),
    [
        ("sendMessage", {"text": "<blink>x</blink>"}, 400, "can't parse entities"),
        ("sendMessage", {"text": "a < b"}, 400, "can't parse entities"),
        ("sendMessage", {"text": "<b>x"}, 400, "can't find end tag"),
        ("sendMessage", {"text": "x" * 4_097}, 400, "message is too long"),
        ("sendMessage", {"text": " "}, 400, "message text is empty"),
        ("sendMessage", {"text": "x", "chat_id": "5"}, 400, "chat not found"),
        ("sendPhoto", {"caption": "x"}, 400, "no photo"),
        ("editMessageText", {"text": "x", "message_id": 77}, 400, "message to edit not found"),
        ("dance", {}, 404, "not found"),
    ],
)
async def test_telegram_refuses_what_its_documentation_refuses(
    http: aiohttp.ClientSession, method: str, fields: dict[str, object], status: int, words: str
) -> None:
    """A sink would be green here and red in the world."""
    async with Collector() as collector:
        answer = await bot(collector, http, method, **fields)
        assert (answer["status"], answer["ok"], collector.chat("telegram")) == (status, False, [])
    assert words in answer["description"].lower()


async def test_telegram_is_one_message_a_second_where_paces_are_held(http: aiohttp.ClientSession) -> None:
    """A storm would look fine though Telegram had refused most of it."""
    now = [0.0]
    async with Collector(clock=lambda: now[0], enforce_paces=True) as collector:
        assert (await bot(collector, http, "sendMessage", text="1"))["ok"]
        answer = await bot(collector, http, "sendMessage", text="2")
        assert (answer["status"], answer["parameters"]) == (429, {"retry_after": 1})
        for second in range(1, 20):
            now[0] = float(second)
            assert (await bot(collector, http, "sendMessage", text="x"))["ok"]
        now[0] = 20.0
        assert (await bot(collector, http, "sendMessage", text="x"))["parameters"] == {"retry_after": 40}


async def test_a_picture_survives_its_form(http: aiohttp.ClientSession) -> None:
    """A picture with a boundary's look inside would arrive cut."""
    async with Collector() as collector:
        form = aiohttp.FormData()
        form.add_field("chat_id", collector.telegram.chat_id)
        form.add_field("caption", "look")
        form.add_field("photo", PNG, filename="a.png", content_type="image/png")
        async with http.post(f"{collector.url('telegram')}/bot{collector.telegram.token}/sendPhoto", data=form):
            pass
        (shown,) = collector.chat("telegram")
    assert (shown.text, shown.picture) == ("look", PNG)


@pytest.mark.parametrize("step", [Status(500), Reset(), Hang(), SlowBody(1.0), EndlessBody(), CloseAfterReceipt()])
async def test_troubles_come_as_often_as_they_were_asked_for(http: aiohttp.ClientSession, step: Step) -> None:
    """A trouble that never came would prove nothing; only the last of these shows the message."""
    async with Collector() as collector:
        collector.answer("slack_hook", step)
        answered = b""
        try:
            async with http.post(
                collector.url("slack_hook"), json={"text": "1"}, timeout=aiohttp.ClientTimeout(total=0.05)
            ) as answer:
                answered = await answer.read() if answer.status == 200 else str(answer.status).encode()
        except (TimeoutError, aiohttp.ClientError):
            answered = b"nothing"
        assert answered == (b"500" if isinstance(step, Status) else b"nothing")
        assert len(collector.chat("slack_hook")) == isinstance(step, CloseAfterReceipt)
        async with http.post(collector.url("slack_hook"), json={"text": "2"}) as answer:
            assert await answer.read() == b"ok"


async def test_slack_threads_updates_and_refuses_in_a_good_status(http: aiohttp.ClientSession) -> None:
    """A sink that looks at the status alone would count refusals as sent."""
    async with Collector() as collector:
        url, headers = f"{collector.url('slack')}/api/", {"Authorization": f"Bearer {collector.slack.token}"}

        async def call(method: str, **payload: object) -> dict[str, Any]:
            async with http.post(url + method, json={"channel": "C0ALERTS"} | payload, headers=headers) as answer:
                assert answer.status == 200
                found: dict[str, Any] = await answer.json()
                return found

        first = await call("chat.postMessage", text="a &lt; b")
        await call("chat.update", ts=first["ts"], text="b")
        await call("chat.postMessage", text="c", thread_ts=first["ts"])
        section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
        assert (await call("chat.postMessage", text="x", blocks=[section]))["error"] == "invalid_blocks"
        assert (await call("chat.postMessage", channel="nobody", text="x"))["error"] == "channel_not_found"
        collector.slack.refusal = "is_archived"
        assert (await call("chat.postMessage", text="x"))["error"] == "is_archived"
        seen = [(shown.text, shown.history, shown.in_channel) for shown in collector.chat("slack")]
    assert seen == [("b", ["a < b"], True), ("c", [], False)]


async def test_a_webhook_takes_only_what_is_signed_and_fresh_and_shows_a_copy_once(http: aiohttp.ClientSession) -> None:
    """A wrong signature, or an old one that is played again, would pass for a message of ours."""
    async with Collector(wall_clock=lambda: 1_000_000.0) as collector:

        async def post(stamp: int, key: bytes) -> int:
            content = f"id-1.{stamp}.".encode() + b"{}"
            signature = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
            headers = {"webhook-id": "id-1", "webhook-timestamp": str(stamp), "webhook-signature": signature}
            async with http.post(collector.url("webhook"), data=b"{}", headers=headers) as answer:
                return answer.status

        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        assert [await post(1_000_000, b"other"), await post(999_000, key)] == [401, 400]
        assert [await post(1_000_000, key), await post(1_000_001, key)] == [204, 204]
        assert (len(collector.chat("webhook")), collector.webhook.duplicates) == (1, 1)


async def test_incidents_and_alerts_open_change_and_end(http: aiohttp.ClientSession) -> None:
    """What is over would stay open, or what goes on would open twice."""
    async with Collector(wall_clock=lambda: 1_000_000.0) as collector:

        async def event(action: str, summary: str) -> int:
            payload = {"summary": summary, "source": "us", "severity": "critical"}
            body = {"routing_key": collector.pagerduty.routing_key, "event_action": action, "dedup_key": "k"}
            url = f"{collector.url('pagerduty')}/v2/enqueue"
            async with http.post(url, json=body | {"payload": payload}) as answer:
                return answer.status

        assert [await event(*each) for each in (("trigger", "a"), ("trigger", "b"), ("resolve", "b"))] == [202] * 3
        assert await event("dance", "a") == 400
        for ends in ("2030-01-01T00:00:00Z", "1970-01-02T00:00:00Z"):
            alert = {"labels": {"alertname": "x"}, "annotations": {"summary": "s"}, "endsAt": ends}
            async with http.post(f"{collector.url('alertmanager')}/api/v2/alerts", json=[alert]) as answer:
                assert answer.status == 200
        async with http.get(f"http://127.0.0.1:{collector.port}/seen") as answer:
            seen = await answer.json()
    assert [(each["text"], each["state"], each["edits"]) for each in seen["pagerduty"]] == [("b", "resolved", 2)]
    assert [(each["text"], each["state"], each["edits"]) for each in seen["alertmanager"]] == [("s", "resolved", 1)]


async def test_discord_gives_an_id_to_who_waits_and_edits_by_it(http: aiohttp.ClientSession) -> None:
    """Without the id no message could ever be changed."""
    async with Collector() as collector:
        url = collector.url("discord")
        async with http.post(url, json={"content": "x"}) as answer:
            assert (answer.status, await answer.read()) == (204, b"")
        async with http.post(f"{url}?wait=true", json={"content": "a", "flags": 4_096}) as answer:
            name = (await answer.json())["id"]
        async with http.patch(f"{url}/messages/{name}", json={"content": "b"}) as answer:
            assert answer.status == 200
        async with http.post(url, json={"content": "x" * 2_001}) as answer:
            assert answer.status == 400
        shown = collector.chat("discord")[1]
    assert (shown.text, shown.history, shown.silent) == ("b", ["a"], True)
