"""What people in the configured chat ask, and the answers: long polling of a Telegram bot's updates.

Only one program may poll for a bot: Telegram tells a second one that there is a conflict.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from detector.alerts.chat_commands import COMMANDS, HELP, Command, Help, Misread, Mute, Status, Unmute, Why, parse
from detector.alerts.clean import cut
from detector.alerts.outcomes import Delivered, RetryAt
from detector.sinks.secrets import redact
from detector.sinks.sink import Answering
from detector.sinks.telegram_bot import LONGEST_TEXT, TelegramBot
from producers.backoff import Backoff

logger = logging.getLogger(__name__)

OFFSET = "commands:offset"
POLL_S = 10
"""Shorter than the client's patience."""
STALE_S = 300.0
"""What was asked longer ago was asked of a program that was not there: nobody waits for it, or wants it any more."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 120.0
SHORTEST_PAUSE_S = 1.0


class _Update(msgspec.Struct):
    update_id: int
    message: Any = None
    channel_post: Any = None
    """In a channel nobody writes but the channel."""


class _Chat(msgspec.Struct):
    id: int
    type: str = ""
    username: str = ""


class _User(msgspec.Struct):
    first_name: str = ""
    username: str = ""


class _Said(msgspec.Struct):
    message_id: int
    chat: _Chat
    date: int
    text: str = ""
    from_: _User | None = msgspec.field(default=None, name="from")
    message_thread_id: int | None = None
    is_topic_message: bool = False
    migrate_to_chat_id: int | None = None


class TelegramCommands:
    """Polls, obeys and answers, beside the sink of the same bot.

    `counts` holds what became of messages: `answered`, `unanswered`, `foreign` (of another chat, never answered),
    `stale`, `failed_polls`.
    """

    def __init__(self, bot: TelegramBot, desk: Answering, *, clock_s: Callable[[], float] = time.time) -> None:
        self._bot = bot
        self._desk = desk
        self._clock_s = clock_s
        self._backoff = Backoff(base_s=FIRST_PAUSE_S, cap_s=LONGEST_PAUSE_S)
        self._name = ""
        self._failing = False
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Until cancelled."""
        introduced = False
        while True:
            pause_s = await (self.poll() if introduced else self.introduce())
            introduced = introduced or not pause_s
            if pause_s:
                await asyncio.sleep(pause_s)

    async def introduce(self) -> float:
        """Learn our own name, and show people what they may ask; returns after how long to try again, 0 for done."""
        called = await self._bot.call("getMe", {})
        if not isinstance(called.outcome, Delivered):
            self._fails(called.outcome.reason)
            return self._pause_s()
        if isinstance(called.result, dict):
            self._name = str(called.result.get("username", ""))
        menu = [{"command": command, "description": words} for command, words in COMMANDS.items()]
        # A menu is a help: without it commands work all the same.
        await self._bot.call(
            "setMyCommands", {"commands": menu, "scope": {"type": "chat", "chat_id": self._bot.chat_id}}
        )
        return 0.0

    async def poll(self) -> float:
        """Wait for what is said next and answer it; returns for how long to let Telegram alone then."""
        fields: dict[str, Any] = {"timeout": POLL_S, "allowed_updates": ["message", "channel_post"]}
        offset = self._bot.recall(OFFSET)
        if offset is not None:
            fields["offset"] = int(offset)
        begun_s = time.monotonic()
        called = await self._bot.call("getUpdates", fields)
        if not isinstance(called.outcome, Delivered):
            self._fails(called.outcome.reason)
            asked_s = called.outcome.after_s if isinstance(called.outcome, RetryAt) else None
            return self._pause_s() if asked_s is None else max(SHORTEST_PAUSE_S, asked_s)
        try:
            updates = msgspec.convert(called.result, list[_Update])
        except msgspec.ValidationError:
            self._fails("not an answer of the Bot API")
            return self._pause_s()
        self._failing = False
        self._backoff.reset()
        for update in updates:
            # Written down before it is obeyed: what breaks us must not break us again after a restart.
            self._bot.keep(OFFSET, str(update.update_id + 1))
            await self._take(update.message or update.channel_post)
        # Whoever answers at once that there is nothing would be asked without end.
        return 0.0 if updates or time.monotonic() - begun_s > SHORTEST_PAUSE_S else SHORTEST_PAUSE_S

    async def _take(self, message: object) -> None:
        try:
            said = msgspec.convert(message, _Said)
        except msgspec.ValidationError:
            return
        # Telegram finds a name whatever its case, and says it as its owner wrote it.
        if self._bot.chat_id.lower() not in (str(said.chat.id), f"@{said.chat.username}".lower()):
            self.counts["foreign"] += 1
            return
        if said.migrate_to_chat_id is not None:
            self._bot.move(str(said.migrate_to_chat_id))
            return
        command = parse(said.text, bot=self._name, alone=said.chat.type == "private")
        if command is None:
            return
        if self._clock_s() - said.date > STALE_S:
            self.counts["stale"] += 1
            return
        by = said.from_ or _User()
        await self._answer(said, self._obey(command, by.username or by.first_name))

    def _obey(self, command: Command, by: str) -> str:
        try:
            return self._say(command, by)
        except Exception:
            # A mistake in an answer must not end the sending of alerts beside it.
            logger.exception("a command could not be answered")
            return "That failed by an error of ours: see the log."

    def _say(self, command: Command, by: str) -> str:
        match command:
            case Status():
                return self._desk.status()
            case Mute(seconds, assets):
                return self._desk.mute(seconds, assets, by)
            case Unmute():
                return self._desk.unmute()
            case Why(alert_id):
                return self._desk.why(alert_id)
            case Help():
                return HELP
            case Misread(answer):
                return answer

    async def _answer(self, said: _Said, text: str) -> None:
        """As plain text: without a `parse_mode` nothing in it is markup."""
        fields: dict[str, Any] = {
            "chat_id": self._bot.chat_id,
            "text": cut(text, LONGEST_TEXT),
            "disable_notification": True,
            "link_preview_options": {"is_disabled": True},
            "reply_parameters": {"message_id": said.message_id, "allow_sending_without_reply": True},
        }
        if said.is_topic_message and said.message_thread_id is not None:
            fields["message_thread_id"] = said.message_thread_id
        called = await self._bot.call("sendMessage", fields)
        self.counts["answered" if isinstance(called.outcome, Delivered) else "unanswered"] += 1

    def _pause_s(self) -> float:
        return max(SHORTEST_PAUSE_S, self._backoff.next_s())

    def _fails(self, reason: str) -> None:
        self.counts["failed_polls"] += 1
        if not self._failing:
            logger.warning("commands from Telegram cannot be read: %s", redact(reason))
        self._failing = True
