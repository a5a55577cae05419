"""Slack: an incoming webhook, and a bot's Web API (docs.slack.dev) with threads, updates and uploads in three steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson

from tests.kit.collector.channel import Channel, Pace, Reply, as_json, from_json, units
from tests.kit.collector.seen import Book, Heard, Shown

MOST_BLOCKS = 50
LONGEST_SECTION = 3_000
LONGEST_HEADER = 150
LONGEST_TEXT = 40_000
PER_CHANNEL = ((1, 1.0),)
HOOK = "/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"


class SlackHook(Channel):
    """An incoming webhook: words for answers, and no edits."""

    def __init__(self, book: Book, *, clock: Callable[[], float], enforce: bool) -> None:
        super().__init__(book)
        self.path = HOOK
        self._clock = clock
        self._pace = Pace(PER_CHANNEL if enforce else ())

    async def answer(self, heard: Heard) -> Reply:
        if heard.path != self.path:
            return Reply(404, b"no_service")
        payload = from_json(heard.body)
        if payload is None:
            return Reply(400, b"invalid_payload")
        wait_s = self._pace.wait_s("", self._clock())
        if wait_s:
            return Reply(429, b"rate_limited", {"Retry-After": str(math.ceil(wait_s))})
        wrong = _wrong(payload)
        if wrong:
            return Reply(400, wrong.encode())
        self.book.add(Shown(id=str(len(self.book.shown) + 1), text=_seen(payload)))
        return Reply(200, b"ok")


class SlackBot(Channel):
    """A bot in one channel; each answer is 200 with `ok`."""

    def __init__(self, book: Book, *, clock: Callable[[], float], enforce: bool) -> None:
        super().__init__(book)
        self.token = "xoxb-of-a-test"  # noqa: S105 - made up
        self.channel = "C0ALERTS"
        self.refusal = ""
        """What every call is told, such as `is_archived`; empty where all is well."""
        self.base = ""
        """Where this channel is served, for the addresses of uploads."""
        self._clock = clock
        self._pace = Pace(PER_CHANNEL if enforce else ())
        self._uploads: dict[str, bytes] = {}
        self._ts = 0

    async def answer(self, heard: Heard) -> Reply:
        if heard.path.startswith("/upload/"):
            self._uploads[heard.path.removeprefix("/upload/")] = heard.body
            return Reply(200, b"OK - " + str(len(heard.body)).encode())
        if heard.headers.get("Authorization") != f"Bearer {self.token}":
            return _no("invalid_auth")
        if self.refusal:
            return _no(self.refusal)
        if heard.headers.get("Content-Type", "").startswith("application/json"):
            payload = from_json(heard.body) or {}
        else:
            payload = dict(parse_qsl(heard.body.decode())) | dict(heard.query)
        match heard.path.removeprefix("/api/"):
            case "chat.postMessage":
                return self._paced(payload) or self._post(payload)
            case "chat.update":
                return self._paced(payload) or self._update(payload)
            case "files.getUploadURLExternal":
                return self._begin_upload(payload)
            case "files.completeUploadExternal":
                return self._end_upload(payload)
            case _:
                return _no("unknown_method")

    def _paced(self, payload: dict[str, Any]) -> Reply | None:
        wait_s = self._pace.wait_s(str(payload.get("channel")), self._clock())
        if not wait_s:
            return None
        return as_json({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(math.ceil(wait_s))})

    def _post(self, payload: dict[str, Any]) -> Reply:
        if payload.get("channel") != self.channel:
            return _no("channel_not_found")
        wrong = _wrong(payload)
        if wrong:
            return _no(wrong)
        thread = str(payload.get("thread_ts", ""))
        in_channel = not thread or bool(payload.get("reply_broadcast"))
        shown = Shown(id=self._take(), text=_seen(payload), reply_to=thread, in_channel=in_channel)
        self.book.add(shown)
        return as_json({"ok": True, "channel": self.channel, "ts": shown.id})

    def _update(self, payload: dict[str, Any]) -> Reply:
        if payload.get("channel") != self.channel:
            return _no("channel_not_found")
        shown = self.book.find(str(payload.get("ts")))
        if shown is None:
            return _no("message_not_found")
        wrong = _wrong(payload)
        if wrong:
            return _no(wrong)
        self.book.edit(shown, _seen(payload))
        return as_json({"ok": True, "channel": self.channel, "ts": shown.id})

    def _begin_upload(self, payload: dict[str, Any]) -> Reply:
        if not payload.get("filename") or int(payload.get("length", 0)) <= 0:
            return _no("invalid_arguments")
        name = f"F{len(self._uploads):06}"
        self._uploads[name] = b""
        return as_json({"ok": True, "upload_url": f"{self.base}/upload/{name}", "file_id": name})

    def _end_upload(self, payload: dict[str, Any]) -> Reply:
        files = payload["files"] if isinstance(payload["files"], list) else orjson.loads(payload["files"])
        picture = self._uploads.get(files[0]["id"], b"")
        if not picture or payload.get("channel_id") != self.channel:
            return _no("file_not_found" if not picture else "channel_not_found")
        thread = str(payload.get("thread_ts", ""))
        self.book.add(
            Shown(
                id=self._take(), text=files[0].get("title", ""), picture=picture, reply_to=thread, in_channel=not thread
            )
        )
        return as_json({"ok": True, "files": files})

    def _take(self) -> str:
        self._ts += 1
        return f"17601372{self._ts:02}.000100"


def _no(error: str) -> Reply:
    return as_json({"ok": False, "error": error})


def _wrong(payload: dict[str, Any]) -> str:
    text, blocks = payload.get("text", ""), payload.get("blocks", [])
    if not text and not blocks:
        return "no_text"
    if units(text) > LONGEST_TEXT:
        return "msg_too_long"
    if len(blocks) > MOST_BLOCKS:
        return "invalid_blocks"
    for block in blocks:
        limit = LONGEST_HEADER if block["type"] == "header" else LONGEST_SECTION
        parts = block.get("elements", [block.get("text")])
        if any(not 0 < units(part["text"]) <= limit for part in parts):
            return "invalid_blocks"
        if block["type"] == "header" and block["text"]["type"] != "plain_text":
            return "invalid_blocks"
    return ""


def _seen(payload: dict[str, Any]) -> str:
    """The blocks where there are any; `text` is then for notifications alone."""
    lines = [part["text"] for block in payload.get("blocks", []) for part in block.get("elements", [block.get("text")])]
    text = "\n".join(lines) or str(payload["text"])
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
