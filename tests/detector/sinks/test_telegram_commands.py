import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from detector.alerts.chat_commands import HELP
from detector.sinks.http import Answer, Http, MaybeSentError
from detector.sinks.secrets import keep_secret
from detector.sinks.telegram_bot import TelegramBot
from detector.sinks.telegram_commands import TelegramCommands
from tests.kit.collector.collector import Collector
from tests.kit.collector.seen import Shown
from tests.kit.json_answers import said_in_json
from tests.kit.sending import FakeHttp, Remembered

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - the example of the documentation
CHAT = "-1001234"
EXPECTED = 5
"""Answers to what is asked all at once."""


class Answers:
    """Who knows the answers."""

    def __init__(self) -> None:
        self.muted: list[tuple[int, tuple[str, ...], str]] = []

    def status(self) -> str:
        return "all calm <b>"

    def mute(self, seconds: int, assets: tuple[str, ...], by: str) -> str:
        self.muted.append((seconds, assets, by))
        return "quiet"

    def unmute(self) -> str:
        return "loud"

    def why(self, alert_id: str) -> str:
        return f"{alert_id}: " + "🔴" * 5_000


class Room:
    """A chat, and who answers there."""

    def __init__(self, http: Http) -> None:
        self.collector = Collector(on_shown=self.saw)
        self.memory = Remembered()
        self.desk = Answers()
        self._http = http
        self.answered = asyncio.Event()

    def commands(self) -> TelegramCommands:
        bot = TelegramBot(TOKEN, CHAT, self.collector.url("telegram"), http=self._http, memory=self.memory)
        return TelegramCommands(bot, self.desk)

    def saw(self, channel: str, shown: Shown) -> None:
        if len(self.seen) == EXPECTED:
            self.answered.set()

    @property
    def seen(self) -> list[str]:
        return [shown.text for shown in self.collector.chat("telegram")]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with Http(allow_private=("127.0.0.0/8",)) as http:
        room = Room(http)
        async with room.collector:
            yield room


async def test_people_ask_and_are_answered_at_once(room: Room) -> None:
    """In the hour in which it matters nobody would learn anything."""
    commands = room.commands()
    running = asyncio.create_task(commands.run())
    try:
        for text in ("good morning", "/status", "/mute 2h btc", "/why 0a1b", "/help", "/mute"):
            room.collector.telegram.say(text)
        async with asyncio.timeout(5):
            await room.answered.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    status, mute, why, help_, how = room.seen
    assert (status, mute, help_) == ("all calm <b>", "quiet", HELP)
    assert why.startswith("0a1b: 🔴")
    assert how.startswith("For how long?")
    assert room.desk.muted == [(7_200, ("BTC",), "ada")]
    assert [entry["command"] for entry in room.collector.telegram.commands] == [
        "status",
        "mute",
        "unmute",
        "why",
        "help",
    ]


async def test_other_chats_are_counted_and_never_answered(room: Room) -> None:
    """Anybody who finds the bot could silence it, or read what we see."""
    room.collector.telegram.say("/mute 2h", chat_id="666")
    commands = room.commands()
    await commands.poll()
    assert (room.seen, room.desk.muted, commands.counts["foreign"]) == ([], [], 1)


async def test_what_was_asked_while_nobody_was_there_is_not_obeyed_later(room: Room) -> None:
    """A mute of yesterday would silence today."""
    room.collector.telegram.say("/mute 2h", date_s=time.time() - 301)
    room.collector.telegram.say("/unmute", date_s=time.time() - 200)
    commands = room.commands()
    await commands.poll()
    assert (room.seen, room.desk.muted, commands.counts["stale"]) == (["loud"], [], 1)


async def test_a_restart_obeys_nothing_twice(room: Room) -> None:
    """A mute that somebody ended would begin again."""
    room.collector.telegram.say("/mute 2h")
    await room.commands().poll()
    room.collector.telegram.say("/unmute")
    await room.commands().poll()
    assert (room.seen, len(room.desk.muted)) == (["quiet", "loud"], 1)


async def test_a_group_that_moved_is_heard_under_its_new_number(room: Room) -> None:
    """Its people would be strangers from then on."""
    commands = room.commands()
    room.memory.set("moved:" + CHAT, "-1009999")
    room.collector.telegram.move("-1009999")
    room.collector.telegram.say("/unmute", chat_id="-1009999")
    await commands.poll()
    assert room.seen == ["loud"]


def scripted(*answers: Any) -> tuple[TelegramCommands, FakeHttp]:
    http = FakeHttp(*answers)
    keep_secret(TOKEN)
    bot = TelegramBot(TOKEN, CHAT, "https://api.telegram.org", http=http, memory=Remembered())
    return TelegramCommands(bot, Answers()), http


@pytest.mark.parametrize(
    ("answer", "least_s", "most_s"),
    [
        (said_in_json(429, ok=False, error_code=429, parameters={"retry_after": 33}), 33.0, 33.0),
        (said_in_json(409, ok=False, error_code=409, description="Conflict: terminated by other"), 1.0, 2.0),
        (said_in_json(401, ok=False, error_code=401, description=f"Unauthorized {TOKEN}"), 1.0, 2.0),
        (MaybeSentError("no answer"), 1.0, 2.0),
        (Answer(502), 1.0, 2.0),
    ],
)
async def test_a_poll_that_fails_is_told_once_and_waits(
    caplog: pytest.LogCaptureFixture, answer: Any, least_s: float, most_s: float
) -> None:
    """Telegram would be asked without a pause, the log would fill, and could hold the token."""
    commands, _ = scripted(answer)
    first_s = await commands.poll()
    second_s = await commands.poll()
    assert least_s <= first_s <= most_s
    assert second_s >= least_s
    assert len(caplog.messages) == 1
    assert TOKEN not in caplog.text


async def test_updates_of_any_shape_are_passed_over() -> None:
    """One message of a new kind would be read again and again for ever."""
    updates = [{"update_id": 7, "message": None}, {"update_id": 8, "message": {"chat": "x"}}, {"update_id": 9}]
    commands, http = scripted(said_in_json(200, ok=True, result=updates))
    assert [await commands.poll(), await commands.poll()] == [0.0, 0.0]
    assert [call.fields.get("offset") for call in http.asked] == [None, 10]
    assert http.asked[0].fields["allowed_updates"] == ["message", "channel_post"]


async def test_a_bot_that_cannot_be_introduced_tries_again() -> None:
    """Commands would be dead until the next restart, because the network was away at the last."""
    commands, _ = scripted(
        Answer(502), said_in_json(200, ok=True, result={"username": "radar_bot"}), said_in_json(200, ok=True)
    )
    assert await commands.introduce() >= 1.0
    assert await commands.introduce() == 0.0


@pytest.mark.parametrize("result", [[], None, {}, ["x"], [{"message": {}}]])
async def test_whoever_answers_at_once_is_not_asked_without_a_pause(result: object) -> None:
    """A server that is not Telegram would be flooded, and we with it."""
    commands, _ = scripted(said_in_json(200, ok=True, result=result))
    assert await commands.poll() >= 1.0


async def test_a_mistake_in_an_answer_ends_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sending of alerts runs beside it, and would end with it."""

    def broken(alert_id: str) -> str:
        raise KeyError(alert_id)

    monkeypatch.setattr(room.desk, "why", broken)
    room.collector.telegram.say("/why 1")
    room.collector.telegram.say("/status")
    await room.commands().poll()
    assert room.seen == ["That failed by an error of ours: see the log.", "all calm <b>"]


async def test_a_channel_is_obeyed_by_its_posts_and_its_name_in_any_case() -> None:
    """Telegram calls what is written there something else, and the name as its owner wrote it."""
    chat = {"id": -1007, "type": "channel", "username": "cascadealerts"}
    post = {"message_id": 1, "chat": chat, "date": int(time.time()), "text": "/status"}
    http = FakeHttp(
        said_in_json(200, ok=True, result=[{"update_id": 7, "channel_post": post}]),
        said_in_json(200, ok=True, result={"message_id": 2}),
    )
    bot = TelegramBot(TOKEN, "@CascadeAlerts", "https://api.telegram.org", http=http, memory=Remembered())
    commands = TelegramCommands(bot, Answers())
    await commands.poll()
    assert dict(commands.counts) == {"answered": 1}
    assert http.asked[1].fields["text"] == "all calm <b>"
