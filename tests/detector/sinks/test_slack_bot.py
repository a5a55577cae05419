from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.slack_bot import SlackBotSettings, SlackBotSink
from tests.kit.collector.collector import Collector
from tests.kit.collector.script import Pass, Status
from tests.kit.json_answers import said_in_json
from tests.kit.secret_files import secret_file
from tests.kit.sending import PICTURE, FakeHttp, Remembered, a_delivery, a_message

TOKEN = "xoxb-of-a-test"  # noqa: S105 - made up


def a_sink(folder: Path, http: Http, api: str = "https://slack.com/api") -> SlackBotSink:
    settings = SlackBotSettings(token_file=secret_file(folder, TOKEN), channel="C0ALERTS", api=api)
    return SlackBotSink("desk", settings, http=http, memory=Remembered())


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with Collector() as collector:
        yield collector


@pytest.fixture
async def sink(tmp_path: Path, collector: Collector) -> AsyncIterator[SlackBotSink]:
    async with Http(allow_private=("127.0.0.0/8",)) as http:
        yield a_sink(tmp_path, http, f"{collector.url('slack')}/api")


async def test_a_story_is_one_message_and_its_escalations_stand_in_its_thread_and_in_the_channel(
    collector: Collector, sink: SlackBotSink
) -> None:
    """A channel would fill with copies, or an escalation would be hidden in a thread."""
    first = await sink.send(a_delivery())
    assert isinstance(first, Delivered)
    assert (
        await sink.send(a_delivery(act="edit", remote=first.remote, message=a_message(what="it goes on")))
        == Delivered()
    )
    second = await sink.send(a_delivery(message_id="m2", remote=first.remote))
    assert isinstance(second, Delivered)
    third = await sink.send(a_delivery(message_id="m3", remote=second.remote))
    one, two, three = collector.chat("slack")
    assert (one.edits, "it goes on" in one.text) == (1, True)
    assert [(shown.reply_to, shown.in_channel) for shown in (two, three)] == [(one.id, True)] * 2
    assert third == Delivered(f"C0ALERTS:{three.id}:{one.id}")


async def test_a_picture_stands_in_the_thread_of_its_message(collector: Collector, sink: SlackBotSink) -> None:
    """People would see no picture, or see it far away from its words."""
    sent = await sink.send(a_delivery(picture=PICTURE))
    words, picture = collector.chat("slack")
    assert sent == Delivered(f"C0ALERTS:{words.id}:{words.id}")
    assert (picture.picture, picture.reply_to, picture.in_channel) == (PICTURE, words.id, False)


async def test_words_that_stand_are_not_sent_again_for_their_picture(collector: Collector, sink: SlackBotSink) -> None:
    """A missing scope for files would double every message."""
    collector.answer("slack", Pass())
    collector.answer("slack", Status(500))
    assert isinstance(await sink.send(a_delivery(picture=PICTURE)), Delivered)
    assert len(collector.chat("slack")) == 1


async def test_a_thread_that_takes_nothing_any_more_is_left(tmp_path: Path) -> None:
    """A deleted first message would swallow all escalations."""
    http = FakeHttp(
        said_in_json(200, ok=False, error="thread_not_found"), said_in_json(200, ok=True, channel="C0ALERTS", ts="2.0")
    )
    sink = a_sink(tmp_path, http)
    assert await sink.send(a_delivery(remote="C0ALERTS:1.5:1.0")) == Delivered("C0ALERTS:2.0:2.0")
    assert [call.fields.get("thread_ts") for call in http.asked] == ["1.0", None]


def no(error: str) -> Answer:
    return said_in_json(200, ok=False, error=error)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (no("invalid_auth"), Rejected("", of="sink")),
        (no("channel_not_found"), Rejected("", of="sink")),
        (no("not_in_channel"), Rejected("", of="sink")),
        (no("is_archived"), Rejected("", of="sink")),
        (no("msg_too_long"), Rejected("")),
        (no("invalid_blocks"), Rejected("")),
        (no("message_not_found"), Rejected("")),
        (no("a word that is new"), Rejected("")),
        (said_in_json(200, ok=False), Rejected("")),
        (no("ratelimited"), RetryAt(None, "")),
        (Answer(429, {"Retry-After": "9"}, b'{"ok":false,"error":"ratelimited"}'), RetryAt(9.0, "")),
        (no("service_unavailable"), RetryAt(None, "")),
        (no("internal_error"), Unknown("")),
        (Answer(200, {}, b"<html>"), Unknown("")),
        (Answer(503), RetryAt(None, "")),
        (Answer(504), Unknown("")),
        (NotSentError("x"), RetryAt(None, "")),
        (MaybeSentError("x"), Unknown("")),
    ],
)
async def test_its_errors_mean_what_slack_says_they_mean(
    tmp_path: Path, answer: Answer | NotSentError | MaybeSentError, outcome: Outcome
) -> None:
    """All of them come with a good status: what was refused would count as sent."""
    found = await a_sink(tmp_path, FakeHttp(answer)).send(a_delivery())
    assert type(found) is type(outcome)
    if isinstance(found, RetryAt | Rejected):
        assert getattr(found, "after_s", None) == getattr(outcome, "after_s", None)
        assert getattr(found, "of", None) == getattr(outcome, "of", None)


async def test_the_token_is_in_a_header_and_in_no_error(tmp_path: Path) -> None:
    """Whoever reads a log could write in our name."""
    http = FakeHttp(no(f"bad {TOKEN}"))
    found = await a_sink(tmp_path, http).send(a_delivery())
    assert http.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(found)


def test_a_channel_has_to_be_named() -> None:
    """The first alert would be the first to find that it leads nowhere."""
    with pytest.raises(ValueError, match="channel is the id"):
        SlackBotSettings(token_env="TOKEN", channel="")  # noqa: S106 - a name
    with pytest.raises(ValueError, match="api: it has to begin with https"):
        SlackBotSettings(token_env="TOKEN", channel="C1", api="slack.com")  # noqa: S106 - a name
