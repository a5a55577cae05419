from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.discord import DiscordSettings, DiscordSink
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.settings import SinkSettingsError
from tests.kit.collector.collector import Collector
from tests.kit.collector.script import Status
from tests.kit.json_answers import said_in_json
from tests.kit.secret_files import secret_file
from tests.kit.sending import PICTURE, FakeHttp, Remembered, a_delivery, a_message

URL = "https://discord.com/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b1b44f"


def a_sink(folder: Path, http: Http, url: str = URL, thread_id: str | None = None) -> DiscordSink:
    settings = DiscordSettings(url_file=secret_file(folder, url), thread_id=thread_id)
    return DiscordSink("room", settings, http=http, memory=Remembered())


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with Collector() as collector:
        yield collector


@pytest.fixture
async def sink(tmp_path: Path, collector: Collector) -> AsyncIterator[DiscordSink]:
    async with Http(allow_private=("127.0.0.0/8",)) as http:
        yield a_sink(tmp_path, http, collector.url("discord"))


async def test_a_story_is_one_message_that_changes_and_calls_nobody_by_name(
    collector: Collector, sink: DiscordSink
) -> None:
    """A channel would fill with copies, or a symbol's name would call everybody."""
    first = await sink.send(a_delivery(picture=PICTURE))
    assert isinstance(first, Delivered)
    changed = a_delivery(act="edit", remote=first.remote, message=a_message(what="it goes on"))
    assert await sink.send(changed) == Delivered()
    (shown,) = collector.chat("discord")
    assert (first.remote, shown.edits, shown.picture, shown.silent) == (shown.id, 1, PICTURE, False)
    assert "it goes on" in shown.text
    assert collector.discord.mentions == [{"parse": []}] * 2


async def test_late_news_come_without_a_sound(collector: Collector, sink: DiscordSink) -> None:
    """A phone would ring for what is over."""
    await sink.send(a_delivery(silent=True))
    assert collector.chat("discord")[0].silent


async def test_a_picture_that_is_refused_costs_nobody_the_words(collector: Collector, sink: DiscordSink) -> None:
    """A picture that is too large for a server would make its alert unsendable."""
    collector.answer("discord", Status(413))
    assert isinstance(await sink.send(a_delivery(picture=PICTURE)), Delivered)
    assert collector.chat("discord")[0].picture is None


async def test_hostile_names_stay_within_the_limit(sink: DiscordSink) -> None:
    """The message of the gravest hour, which is the longest, would be refused."""
    hostile = "@everyone **_~`| 🔴" * 100
    message = a_message(title=hostile, what=hostile, others=(hostile,) * 40)
    assert isinstance(await sink.send(a_delivery(message=message)), Delivered)


async def test_it_waits_where_the_headers_say_that_the_bucket_is_empty(tmp_path: Path) -> None:
    """Too many refusals in ten minutes bar our address from all of Discord."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "7.5"}
    http = FakeHttp(Answer(200, headers, b'{"id":"1"}'))
    sink = a_sink(tmp_path, http)
    assert await sink.send(a_delivery()) == Delivered("1")
    waits = await sink.send(a_delivery())
    assert isinstance(waits, RetryAt)
    assert waits.after_s is not None
    assert 7.0 < waits.after_s <= 7.5
    assert len(http.asked) == 1


async def test_an_empty_bucket_of_edits_does_not_hold_back_what_is_new(tmp_path: Path) -> None:
    """The gravest alert would wait minutes because an old one was edited often."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "300"}
    sink = a_sink(tmp_path, FakeHttp(Answer(200, headers, b'{"id":"1"}'), Answer(200, {}, b'{"id":"2"}')))
    assert await sink.send(a_delivery(act="edit", remote="1")) == Delivered()
    assert await sink.send(a_delivery()) == Delivered("2")
    assert isinstance(await sink.send(a_delivery(act="edit", remote="1")), RetryAt)


async def test_a_thread_of_the_channel_is_named_in_posts_and_edits(tmp_path: Path) -> None:
    """Messages would stand in the channel, and edits would find none."""
    http = FakeHttp(Answer(200, {}, b'{"id":"1"}'))
    sink = a_sink(tmp_path, http, thread_id="55")
    await sink.send(a_delivery())
    await sink.send(a_delivery(act="edit", remote="1"))
    assert [(call.method, call.url.removeprefix(URL)) for call in http.asked] == [
        ("POST", "?thread_id=55&wait=true"),
        ("PATCH", "/messages/1?thread_id=55"),
    ]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(204), Delivered()),
        (Answer(200, {}, b"<html>"), Unknown("")),
        (said_in_json(404, code=10_015, message="Unknown Webhook"), Rejected("", of="sink")),
        (said_in_json(404, code=10_008, message="Unknown Message"), Rejected("")),
        (said_in_json(400, code=50_035, message="Invalid Form Body"), Rejected("")),
        (said_in_json(400, code=30_046, message="Maximum number of edits"), Rejected("")),
        (said_in_json(400, code=220_001, message="Webhooks posted to forum channels must"), Rejected("", of="sink")),
        (said_in_json(401, code=50_027, message="Invalid Webhook Token"), Rejected("", of="sink")),
        (said_in_json(429, retry_after=0.53, message="You are being rate limited."), RetryAt(0.53, "")),
        (Answer(429, {"Retry-After": "120"}, b"<html>"), RetryAt(120.0, "")),
        (Answer(500), RetryAt(None, "")),
        (Answer(502), Unknown("")),
        (NotSentError("x"), RetryAt(None, "")),
        (MaybeSentError("x"), Unknown("")),
    ],
)
async def test_its_answers_mean_what_discord_says_they_mean(
    tmp_path: Path, answer: Answer | NotSentError | MaybeSentError, outcome: Outcome
) -> None:
    """A webhook that is gone would be asked again until our address is barred."""
    found = await a_sink(tmp_path, FakeHttp(answer)).send(a_delivery())
    assert type(found) is type(outcome)
    if isinstance(found, RetryAt | Rejected):
        assert getattr(found, "after_s", None) == getattr(outcome, "after_s", None)
        assert getattr(found, "of", None) == getattr(outcome, "of", None)
    assert "3d89bb75" not in repr(found)


def test_an_address_that_cannot_be_one_is_refused_without_being_repeated(tmp_path: Path) -> None:
    """The secret would stand in the error."""
    with pytest.raises(SinkSettingsError) as caught:
        a_sink(tmp_path, FakeHttp(Answer(200)), "ftp://discord.com/VERYSECRETWORDS")
    assert "VERYSECRETWORDS" not in str(caught.value)
