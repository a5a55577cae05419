"""Telegram: one message for each story, edited as it goes on; its escalations answer it."""

from __future__ import annotations

from typing import Any

from detector.alerts.markup import HTML, render
from detector.alerts.match import rank
from detector.alerts.outcomes import Delivered, Outcome, Rejected
from detector.alerts.traits import Traits
from detector.sinks.addresses import url_fault
from detector.sinks.http import Http
from detector.sinks.settings import SinkSettings
from detector.sinks.sink import Answering, Delivery, Memory
from detector.sinks.telegram_bot import LONGEST_CAPTION, LONGEST_TEXT, Called, TelegramBot
from detector.sinks.telegram_commands import TelegramCommands
from schemas.alert import Level

TRAITS = Traits(
    edits=True,
    pictures=True,
    # About one a second in a chat and twenty a minute in a group, says its FAQ for bots.
    paces=((1, 1.0), (20, 60.0)),
    # A picture that is refused is followed by the text without it.
    send_s=35.0,
)


class TelegramSettings(SinkSettings, frozen=True, kw_only=True, tag="telegram"):
    """A bot in one chat."""

    token_file: str | None = None
    token_env: str | None = None
    chat_id: str
    """`-1001234567890`, `123456789`, or `@name` of a public channel."""
    thread_id: int | None = None
    """The topic of a forum."""
    silent_below: Level = "HIGH"
    """Messages of lower levels come without a sound."""
    commands: bool = False
    """Whether people in the chat may ask and mute: `/status`, `/mute 2h BTC`."""
    api: str = "https://api.telegram.org"

    def __post_init__(self) -> None:
        super().__post_init__()
        if fault := url_fault(self.api):
            raise ValueError(f"api: {fault}")
        digits = self.chat_id.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) and not (self.chat_id[:1] == "@" and len(self.chat_id) > 1):
            raise ValueError('chat_id is a number in quotes, such as "-1001234567890", or "@name"')


class TelegramSink:
    """Sends and edits. `remote` is `chat:message:kind`, where kind says whether it is a text or a photo's caption."""

    def __init__(self, name: str, settings: TelegramSettings, *, http: Http, memory: Memory) -> None:
        self._settings = settings
        self._bot = TelegramBot(settings.secret("token"), settings.chat_id, settings.api, http=http, memory=memory)
        self._unpictured = ""
        """The message whose picture was refused: its retries go without."""

    @property
    def traits(self) -> Traits:
        """It edits, and shows pictures."""
        return TRAITS

    async def send(self, delivery: Delivery) -> Outcome:
        """Send or edit."""
        if delivery.act == "edit" and delivery.remote:
            called = await self._edit(delivery)
            if not called.moved:
                return called.outcome
            # What was said in the old group cannot be changed from the new one.
        called = await self._send(delivery)
        if called.moved:
            called = await self._send(delivery)
        return called.outcome

    async def close(self) -> None:
        """Nothing is held."""

    def commands(self, desk: Answering) -> TelegramCommands | None:
        """Who obeys and answers people in the same chat; to be run beside. None where that is not wanted."""
        return TelegramCommands(self._bot, desk) if self._settings.commands else None

    async def _send(self, delivery: Delivery) -> Called:
        settings, message = self._settings, delivery.message
        fields: dict[str, Any] = {
            "chat_id": self._bot.chat_id,
            "parse_mode": "HTML",
            "disable_notification": delivery.silent
            or delivery.act == "edit"
            or rank(message.level) < rank(settings.silent_below),
        }
        if settings.thread_id is not None:
            fields["message_thread_id"] = settings.thread_id
        chat, before, _ = _parts(delivery.remote)
        if before and chat == self._bot.chat_id:
            fields["reply_parameters"] = {"message_id": int(before), "allow_sending_without_reply": True}
        if delivery.picture is not None and self._unpictured != delivery.message_id:
            caption = render(message, HTML, limit=LONGEST_CAPTION)
            called = await self._bot.call("sendPhoto", fields | {"caption": caption}, photo=delivery.picture)
            if called.moved or not _is_of_message(called.outcome):
                return self._named(called, "photo")
            self._unpictured = delivery.message_id
        fields |= {"text": render(message, HTML, limit=LONGEST_TEXT), "link_preview_options": {"is_disabled": True}}
        return self._named(await self._bot.call("sendMessage", fields), "text")

    async def _edit(self, delivery: Delivery) -> Called:
        chat, message_id, kind = _parts(delivery.remote)
        fields: dict[str, Any] = {"chat_id": chat, "message_id": int(message_id), "parse_mode": "HTML"}
        if kind == "photo":
            fields["caption"] = render(delivery.message, HTML, limit=LONGEST_CAPTION)
            return await self._bot.call("editMessageCaption", fields)
        fields["text"] = render(delivery.message, HTML, limit=LONGEST_TEXT)
        fields["link_preview_options"] = {"is_disabled": True}
        return await self._bot.call("editMessageText", fields)

    def _named(self, called: Called, kind: str) -> Called:
        """With the name by which it can be edited."""
        if not isinstance(called.outcome, Delivered) or not isinstance(called.result, dict):
            return called
        message_id = called.result.get("message_id")
        return Called(Delivered(f"{self._bot.chat_id}:{message_id}:{kind}" if isinstance(message_id, int) else ""))


def _parts(remote: str) -> tuple[str, str, str]:
    chat, _, rest = remote.partition(":")
    message_id, _, kind = rest.partition(":")
    return chat, message_id, kind


def _is_of_message(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.of == "message"
