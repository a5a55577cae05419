"""Telegram's Bot API (core.telegram.org/bots/api): messages, photos, edits, and updates by long polling.

A group of one chat; whoever names another chat finds none.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import orjson

from tests.kit.collector.channel import Channel, Form, Pace, Reply, as_json, form, units
from tests.kit.collector.seen import Book, Heard, Shown
from tests.kit.collector.telegram_html import MarkupError, read

LONGEST_TEXT = 4_096
LONGEST_CAPTION = 1_024
"""Both after entities are parsed."""
BIGGEST_PHOTO_BYTES = 10 << 20
PER_CHAT = ((1, 1.0), (20, 60.0))
"""About one a second in a chat, and twenty a minute in a group (its FAQ for bots)."""
LONGEST_POLL_S = 50.0
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


class Refusal(Exception):
    """An answer that is not ok."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.reply = as_json(
            {"ok": False, "error_code": code, "description": description}
            | ({"parameters": parameters} if parameters else {}),
            code,
        )


class Telegram(Channel):
    """One bot and one chat."""

    def __init__(self, book: Book, *, clock: Callable[[], float], enforce: bool) -> None:
        super().__init__(book)
        self.token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - the example of the documentation
        self.chat_id = "-1001234"
        self.moved_to = ""
        self.blocked = ""
        """Why the bot may not write, in the API's words; empty where it may."""
        self.commands: list[dict[str, str]] = []
        """The menu that people see."""
        self._clock = clock
        self._pace = Pace(PER_CHAT if enforce else ())
        self._next = 1
        self._update = 1
        self._updates: list[dict[str, Any]] = []
        self._said = asyncio.Event()

    # The side of people in the chat

    def move(self, chat_id: str) -> None:
        """The group becomes a supergroup, which has another number."""
        self.moved_to = chat_id

    def say(self, text: str, *, chat_id: str = "", name: str = "Ada", date_s: float | None = None) -> None:
        """Somebody writes."""
        message = {
            "message_id": self._take(),
            "from": {"id": 7, "is_bot": False, "first_name": name, "username": name.lower()},
            "chat": {"id": int(chat_id or self.chat_id), "type": "supergroup"},
            "date": int(time.time() if date_s is None else date_s),
            "text": text,
        }
        self._updates.append({"update_id": self._update, "message": message})
        self._update += 1
        self._said.set()

    # The API

    async def answer(self, heard: Heard) -> Reply:
        token, _, method = heard.path.removeprefix("/bot").partition("/")
        if token != self.token:
            return Refusal(401, "Unauthorized").reply
        known = {
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "editMessageText": self._edit_text,
            "editMessageCaption": self._edit_caption,
            "setMyCommands": self._set_commands,
            "getMe": self._get_me,
        }
        try:
            if method == "getUpdates":
                return as_json({"ok": True, "result": await self._get_updates(form(heard).fields)})
            if method not in known:
                raise Refusal(404, "Not Found")
            return as_json({"ok": True, "result": known[method](form(heard))})
        except Refusal as refusal:
            return refusal.reply

    def _send_message(self, sent: Form) -> object:
        self._enter(sent)
        text = _readable(sent, "text", LONGEST_TEXT, empty="message text is empty", long="message is too long")
        return self._show(sent, text, None)

    def _send_photo(self, sent: Form) -> object:
        self._enter(sent)
        name = sent.fields.get("photo", "").removeprefix("attach://") or "photo"
        photo = sent.files.get(name)
        if not photo:
            raise Refusal(400, "Bad Request: there is no photo in the request")
        if len(photo) > BIGGEST_PHOTO_BYTES or not photo.startswith((b"\x89PNG", b"\xff\xd8")):
            raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
        return self._show(sent, _readable(sent, "caption", LONGEST_CAPTION, long="message caption is too long"), photo)

    def _edit_text(self, sent: Form) -> object:
        shown = self._edited(sent)
        if shown.picture is not None:
            raise Refusal(400, "Bad Request: there is no text in the message to edit")
        text = _readable(sent, "text", LONGEST_TEXT, empty="message text is empty", long="message is too long")
        return self._change(shown, text)

    def _edit_caption(self, sent: Form) -> object:
        shown = self._edited(sent)
        if shown.picture is None:
            raise Refusal(400, "Bad Request: there is no caption in the message to edit")
        return self._change(shown, _readable(sent, "caption", LONGEST_CAPTION, long="message caption is too long"))

    def _get_me(self, sent: Form) -> object:
        return {"id": int(self.token.partition(":")[0]), "is_bot": True, "first_name": "Radar", "username": "radar_bot"}

    def _set_commands(self, sent: Form) -> object:
        self.commands = orjson.loads(sent.fields["commands"])
        return True

    async def _get_updates(self, fields: dict[str, str]) -> list[dict[str, Any]]:
        offset = int(fields.get("offset", 0))
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        if not self._updates:
            self._said.clear()
            try:
                async with asyncio.timeout(min(LONGEST_POLL_S, float(fields.get("timeout", 0)))):
                    await self._said.wait()
            except TimeoutError:
                return []
        return self._updates[: int(fields.get("limit", 100))]

    def _enter(self, sent: Form) -> None:
        """Whether the bot may write there now."""
        if self.blocked:
            raise Refusal(403, f"Forbidden: {self.blocked}")
        chat_id = sent.fields.get("chat_id", "")
        if self.moved_to and chat_id == self.chat_id:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, description, migrate_to_chat_id=int(self.moved_to))
        if chat_id != (self.moved_to or self.chat_id):
            raise Refusal(400, "Bad Request: chat not found")
        wait_s = self._pace.wait_s(chat_id, self._clock())
        if wait_s:
            seconds = math.ceil(wait_s)
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)

    def _edited(self, sent: Form) -> Shown:
        self._enter(sent)
        shown = self.book.find(sent.fields.get("message_id", ""))
        if shown is None:
            raise Refusal(400, "Bad Request: message to edit not found")
        return shown

    def _show(self, sent: Form, text: str, photo: bytes | None) -> object:
        reply = orjson.loads(sent.fields.get("reply_parameters", "{}"))
        target = str(reply.get("message_id", ""))
        if target and self.book.find(target) is None:
            if not reply.get("allow_sending_without_reply"):
                raise Refusal(400, "Bad Request: message to be replied not found")
            target = ""
        silent = sent.fields.get("disable_notification") == "true"
        shown = Shown(id=str(self._take()), text=text, picture=photo, silent=silent, reply_to=target)
        self.book.add(shown)
        return self._message(shown)

    def _change(self, shown: Shown, text: str) -> object:
        if text == shown.text:
            raise Refusal(400, f"Bad Request: {UNCHANGED}")
        self.book.edit(shown, text)
        return self._message(shown)

    def _message(self, shown: Shown) -> object:
        return {"message_id": int(shown.id), "chat": {"id": int(self.moved_to or self.chat_id)}, "date": 0}

    def _take(self) -> int:
        self._next += 1
        return self._next


def _readable(sent: Form, field: str, limit: int, *, long: str, empty: str = "") -> str:
    text = sent.fields.get(field, "")
    if sent.fields.get("parse_mode") == "HTML":
        try:
            text = read(text)
        except MarkupError as error:
            raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
    if not text.strip() and empty:
        raise Refusal(400, f"Bad Request: {empty}")
    if units(text) > limit:
        raise Refusal(400, f"Bad Request: {long}")
    return text.strip()
