from pathlib import Path

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.settings import SinkSettingsError
from detector.sinks.slack_webhook import SlackWebhookSettings, SlackWebhookSink
from tests.kit.collector.collector import Collector
from tests.kit.secret_files import secret_file
from tests.kit.sending import FakeHttp, Remembered, a_delivery, a_message

URL = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"


def a_sink(folder: Path, http: Http, url: str = URL) -> SlackWebhookSink:
    return SlackWebhookSink(
        "desk", SlackWebhookSettings(url_file=secret_file(folder, url)), http=http, memory=Remembered()
    )


async def test_a_message_is_shown_with_its_title_as_its_header(tmp_path: Path) -> None:
    """A channel would show nothing, or an unreadable block."""
    async with Collector() as collector, Http(allow_private=("127.0.0.0/8",)) as http:
        assert await a_sink(tmp_path, http, collector.url("slack_hook")).send(a_delivery()) == Delivered()
        (shown,) = collector.chat("slack_hook")
    assert shown.text.startswith("HIGH · market falling\n")
    assert shown.text.count("market falling") == 1


async def test_hostile_names_stay_within_the_limits_of_blocks(tmp_path: Path) -> None:
    """One listed symbol would make every message of a storm unsendable."""
    hostile = "<!channel> *_~`& 🔴" * 200
    async with Collector() as collector, Http(allow_private=("127.0.0.0/8",)) as http:
        message = a_message(title=hostile, what=hostile, others=(hostile,) * 40)
        sink = a_sink(tmp_path, http, collector.url("slack_hook"))
        assert await sink.send(a_delivery(message=message)) == Delivered()
    assert not sink.traits.edits


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, {}, b"ok"), Delivered()),
        (Answer(200, {}, b"<html>"), Rejected("", of="sink")),
        (Answer(400, {}, b"invalid_blocks"), Rejected("")),
        (Answer(400, {}, b"user_not_found"), Rejected("", of="sink")),
        (Answer(403, {}, b"action_prohibited"), Rejected("", of="sink")),
        (Answer(404, {}, b"no_service"), Rejected("", of="sink")),
        (Answer(410, {}, b"channel_is_archived"), Rejected("", of="sink")),
        (Answer(429, {"Retry-After": "30"}, b""), RetryAt(30.0, "")),
        (Answer(500, {}, b"rollup_error"), RetryAt(None, "")),
        (NotSentError("x"), RetryAt(None, "")),
        (MaybeSentError("x"), Unknown("")),
    ],
)
async def test_its_words_mean_what_slack_says_they_mean(
    tmp_path: Path, answer: Answer | NotSentError | MaybeSentError, outcome: Outcome
) -> None:
    """An archived channel would be written to for ever, or a busy one given up."""
    found = await a_sink(tmp_path, FakeHttp(answer)).send(a_delivery())
    assert type(found) is type(outcome)
    if isinstance(found, RetryAt | Rejected):
        assert getattr(found, "after_s", None) == getattr(outcome, "after_s", None)
        assert getattr(found, "of", None) == getattr(outcome, "of", None)
    assert "XXXXXXXX" not in repr(found)


def test_an_address_that_cannot_be_one_is_refused_without_being_repeated(tmp_path: Path) -> None:
    """The secret would stand in the error."""
    with pytest.raises(SinkSettingsError) as caught:
        a_sink(tmp_path, FakeHttp(Answer(200)), "hooks.slack.com/services/T0/B0/VERYSECRETWORDS")
    assert "VERYSECRETWORDS" not in str(caught.value)
    assert "https://" in str(caught.value)
