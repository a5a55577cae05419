from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError
from detector.sinks.telegram import TelegramSettings, TelegramSink
from tests.kit.collector.collector import Collector
from tests.kit.collector.script import CloseAfterReceipt
from tests.kit.json_answers import said_in_json
from tests.kit.secret_files import secret_file
from tests.kit.sending import PICTURE, FakeHttp, Remembered, a_delivery, a_message

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - the example of the documentation
CHAT = "-1001234"


class Room:
    """A sink and the chat that it writes to."""

    def __init__(self, collector: Collector, http: Http, folder: Path) -> None:
        self.collector = collector
        self.memory = Remembered()
        self._http = http
        self._token_file = secret_file(folder, collector.telegram.token)

    def sink(self, **settings: Any) -> TelegramSink:
        given = {"token_file": self._token_file, "chat_id": CHAT, "api": self.collector.url("telegram")} | settings
        return TelegramSink("phone", TelegramSettings(**given), http=self._http, memory=self.memory)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with Collector() as collector, Http(allow_private=("127.0.0.0/8",)) as http:
        yield Room(collector, http, tmp_path)


def scripted(folder: Path, *answers: Answer | NotSentError | MaybeSentError) -> tuple[TelegramSink, FakeHttp]:
    http = FakeHttp(*answers)
    settings = TelegramSettings(token_file=secret_file(folder, TOKEN), chat_id=CHAT)
    return TelegramSink("phone", settings, http=http, memory=Remembered()), http


def refusal(code: int, description: str, **parameters: int) -> Answer:
    return said_in_json(code, ok=False, error_code=code, description=description, parameters=parameters)


async def test_a_story_is_one_message_that_changes_and_an_escalation_answers_it(room: Room) -> None:
    """A chat would fill with copies, or an escalation would ring nobody."""
    sink, chat = room.sink(), room.collector.telegram.book
    first = await sink.send(a_delivery())
    assert first == Delivered(f"{CHAT}:{chat.shown[0].id}:text")
    assert isinstance(first, Delivered)
    changed = a_delivery(act="edit", remote=first.remote, silent=True, message=a_message(what="it goes on"))
    assert await sink.send(changed) == Delivered()
    await sink.send(a_delivery(message_id="m2", remote=first.remote, message=a_message(level="EMERGENCY")))
    assert [(shown.edits, shown.silent, shown.reply_to) for shown in chat.shown] == [
        (1, False, ""),
        (0, False, chat.shown[0].id),
    ]
    assert "it goes on" in chat.shown[0].text


async def test_a_picture_comes_with_the_words_as_its_caption_and_the_caption_is_what_changes(room: Room) -> None:
    """An edit of a photo's text is refused: the story would stand still."""
    sink = room.sink()
    sent = await sink.send(a_delivery(picture=PICTURE, message=a_message(others=("an asset " * 30,) * 20)))
    assert isinstance(sent, Delivered)
    await sink.send(a_delivery(act="edit", remote=sent.remote, message=a_message(what="it goes on")))
    (shown,) = room.collector.chat("telegram")
    assert shown.picture == PICTURE
    assert "it goes on" in shown.text


async def test_a_picture_that_is_refused_costs_nobody_the_words(room: Room) -> None:
    """A faulty picture, or a chat that allows none, would make an alert unsendable."""
    sink = room.sink()
    assert isinstance(await sink.send(a_delivery(picture=b"no picture")), Delivered)
    (shown,) = room.collector.chat("telegram")
    assert shown.picture is None
    assert shown.text.startswith("HIGH · market falling")


async def test_low_levels_and_late_news_come_without_a_sound(room: Room) -> None:
    """A phone would ring at night for what is not worth it."""
    sink = room.sink()
    for level, silent in (("WARN", False), ("HIGH", False), ("CRITICAL", True)):
        await sink.send(a_delivery(silent=silent, message=a_message(level=level)))
    assert [shown.silent for shown in room.collector.chat("telegram")] == [True, False, True]


async def test_a_group_that_became_a_supergroup_is_followed_and_stays_known(room: Room) -> None:
    """After an upgrade of the group nothing would arrive any more."""
    sink = room.sink()
    old = await sink.send(a_delivery())
    room.collector.telegram.move("-1009999")
    assert isinstance(old, Delivered)
    # What stands in the old group cannot be changed: it is said again, without a sound.
    assert await sink.send(a_delivery(act="edit", remote=old.remote)) == Delivered("-1009999:3:text")
    assert room.collector.chat("telegram")[1].silent
    assert isinstance(await room.sink().send(a_delivery()), Delivered)
    assert [heard.path.rpartition("/")[2] for heard in room.collector.requests("telegram")] == [
        "sendMessage",
        "editMessageText",
        "sendMessage",
        "sendMessage",
    ]


async def test_a_deleted_message_is_refused_and_what_did_not_change_is_delivered(room: Room) -> None:
    """One edit would be tried for ever, and keep all others from being sent."""
    sink = room.sink()
    sent = await sink.send(a_delivery())
    assert isinstance(sent, Delivered)
    assert await sink.send(a_delivery(act="edit", remote=sent.remote)) == Delivered()
    room.collector.telegram.book.delete(sent.remote.split(":")[1])
    outcome = await sink.send(a_delivery(act="edit", remote=sent.remote, message=a_message(what="else")))
    assert outcome == Rejected("HTTP 400: Bad Request: message to edit not found")


async def test_an_edit_of_what_was_never_accepted_is_a_new_message(room: Room) -> None:
    """A first revision that was refused would take all later ones with it."""
    assert isinstance(await room.sink().send(a_delivery(act="edit", remote="")), Delivered)
    assert room.collector.chat("telegram")[0].silent


async def test_whether_it_arrived_is_unknown_where_the_answer_is_lost(room: Room) -> None:
    """Taken for not sent, it would be sent again as if nothing had happened; taken for sent, it might be lost."""
    room.collector.answer("telegram", CloseAfterReceipt())
    assert isinstance(await room.sink().send(a_delivery()), Unknown)
    assert len(room.collector.chat("telegram")) == 1


async def test_names_that_look_like_markup_are_shown_as_they_are(room: Room) -> None:
    """A symbol's name would break the message, or format it."""
    hostile = "</b><a href='x'>&amp; 🔴\u202e \x00" * 50
    sent = await room.sink().send(a_delivery(message=a_message(title=hostile, others=(hostile,) * 40)))
    assert isinstance(sent, Delivered)


SINK = "sink"
MESSAGE = "message"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (refusal(429, "Too Many Requests: retry after 7", retry_after=7), RetryAt(7.0, "")),
        (said_in_json(200, ok=False, error_code=429, parameters={"retry_after": 3}), RetryAt(3.0, "")),
        (refusal(401, "Unauthorized"), Rejected(SINK, of="sink")),
        (refusal(403, "Forbidden: bot was blocked by the user"), Rejected(SINK, of="sink")),
        (refusal(404, "Not Found"), Rejected(SINK, of="sink")),
        (refusal(400, "Bad Request: chat not found"), Rejected(SINK, of="sink")),
        (refusal(400, "Bad Request: TOPIC_CLOSED"), Rejected(SINK, of="sink")),
        (refusal(400, "Bad Request: not enough rights to send text messages to the chat"), Rejected(SINK, of="sink")),
        (refusal(400, "Bad Request: can't parse entities"), Rejected(MESSAGE)),
        (refusal(400, "Bad Request: message is not modified: specified new"), Delivered()),
        (said_in_json(200, ok=False), Rejected(MESSAGE)),
        (refusal(500, "Internal Server Error"), RetryAt(None, "")),
        (refusal(502, "Bad Gateway"), Unknown("")),
        (Answer(200, {}, b"<html>sign in to this network</html>"), Unknown("")),
        (Answer(200, {}, b""), Unknown("")),
        (NotSentError("no connection"), RetryAt(None, "")),
        (MaybeSentError("no answer"), Unknown("")),
    ],
)
async def test_every_answer_means_what_the_api_says_it_means(
    tmp_path: Path, answer: Answer | NotSentError | MaybeSentError, outcome: Outcome
) -> None:
    """What was not taken would count as sent, or a chat that is gone would be written to for ever."""
    sink, _ = scripted(tmp_path, answer)
    found = await sink.send(a_delivery())
    assert type(found) is type(outcome)
    if isinstance(found, RetryAt) and isinstance(outcome, RetryAt):
        assert found.after_s == outcome.after_s
    if isinstance(found, Rejected) and isinstance(outcome, Rejected):
        assert found.of == outcome.of


@pytest.mark.parametrize(
    "answer",
    [
        refusal(400, f"Bad Request: https://api.telegram.org/bot{TOKEN}/sendMessage"),
        Answer(500, {}, f"{TOKEN} failed".encode()),
        refusal(401, TOKEN),
    ],
)
async def test_the_token_is_in_nothing_that_is_said_of_a_failure(tmp_path: Path, answer: Answer) -> None:
    """Whoever reads a log could write in our name."""
    sink, http = scripted(tmp_path, answer)
    outcome = await sink.send(a_delivery())
    assert TOKEN in http.asked[0].url
    assert TOKEN not in repr(outcome)
    assert TOKEN not in repr(vars(sink)["_settings"])


async def test_a_topic_and_no_preview_of_links_are_asked_for(tmp_path: Path) -> None:
    """Messages would stand in another topic, or drag pictures of web pages along."""
    http = FakeHttp(said_in_json(200, ok=True, result={"message_id": 5}))
    settings = TelegramSettings(token_file=secret_file(tmp_path, TOKEN), chat_id="@radar", thread_id=77)
    sink = TelegramSink("phone", settings, http=http, memory=Remembered())
    assert await sink.send(a_delivery()) == Delivered("@radar:5:text")
    fields = http.asked[0].fields
    assert (fields["message_thread_id"], fields["link_preview_options"]) == (77, {"is_disabled": True})


@pytest.mark.parametrize("chat_id", ["", "radar", "@", "12a", "1:2"])
def test_a_chat_that_cannot_be_one_is_refused_at_once(chat_id: str) -> None:
    """A slip would be found by the first alert, which nobody gets."""
    with pytest.raises(ValueError, match="chat_id is a number"):
        TelegramSettings(token_env="TOKEN", chat_id=chat_id)  # noqa: S106 - a name


def test_an_address_of_the_api_that_cannot_be_one_is_refused_at_once() -> None:
    """A slip would be found by the first alert, which nobody gets."""
    with pytest.raises(ValueError, match="api: it has to begin with https"):
        TelegramSettings(token_env="TOKEN", chat_id=CHAT, api="api.telegram.org")  # noqa: S106 - a name


def test_people_are_listened_to_only_where_the_settings_say_so(tmp_path: Path) -> None:
    """Whoever is in the chat could mute it, unasked."""

    class Nobody:
        def status(self) -> str:
            return ""

        def mute(self, seconds: int, assets: tuple[str, ...], by: str) -> str:
            return ""

        def unmute(self) -> str:
            return ""

        def why(self, alert_id: str) -> str:
            return ""

    quiet, _ = scripted(tmp_path, Answer(200))
    assert quiet.commands(Nobody()) is None
    settings = TelegramSettings(token_file=secret_file(tmp_path, TOKEN), chat_id=CHAT, commands=True)
    assert TelegramSink("phone", settings, http=FakeHttp(), memory=Remembered()).commands(Nobody()) is not None
