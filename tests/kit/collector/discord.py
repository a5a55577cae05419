"""Discord's webhooks (docs.discord.com, resource "Webhook"): execute with `wait`, edit, pictures, buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.kit.collector.channel import Channel, Pace, Reply, as_json, form, from_json, units
from tests.kit.collector.seen import Book, Heard, Shown

LONGEST_CONTENT = 2_000
MOST_EMBEDS = 10
LONGEST_EMBEDS = 6_000
LONGEST_DESCRIPTION = 4_096
PER_HOOK = ((5, 2.0), (30, 60.0))
"""As its headers have said for webhooks; a client must read them and not count on this."""
SUPPRESS_NOTIFICATIONS = 1 << 12


class Discord(Channel):
    """One webhook in one channel."""

    def __init__(self, book: Book, *, clock: Callable[[], float], enforce: bool) -> None:
        super().__init__(book)
        self.path = "/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b1b44f"
        self._clock = clock
        self._pace = Pace(PER_HOOK if enforce else ())
        self._next = 1_160_137_200_000_000_000
        self.mentions: list[object] = []
        """What each message asked to be allowed to call; None where it left that to Discord."""

    async def answer(self, heard: Heard) -> Reply:
        if not heard.path.startswith(self.path):
            return as_json({"message": "Unknown Webhook", "code": 10015}, 404)
        wait_s = self._pace.wait_s("", self._clock())
        if wait_s:
            body = {"message": "You are being rate limited.", "retry_after": round(wait_s, 3), "global": False}
            return as_json(body, 429, {"Retry-After": f"{wait_s:.3f}", "X-RateLimit-Scope": "user"})
        sent = form(heard)
        multipart = heard.headers.get("Content-Type", "").startswith("multipart/form-data")
        payload = from_json(sent.fields.get("payload_json", "").encode() if multipart else heard.body)
        if payload is None:
            return as_json({"message": "The request body contains invalid JSON.", "code": 50109}, 400)
        wrong = _wrong(payload)
        if wrong:
            return as_json({"message": wrong, "code": 50035 if "Form" in wrong else 50006}, 400)
        self.mentions.append(payload.get("allowed_mentions"))
        rest = heard.path.removeprefix(self.path)
        if heard.method == "PATCH" and rest.startswith("/messages/"):
            return self._edit(rest.removeprefix("/messages/"), payload)
        if heard.method != "POST" or rest:
            return as_json({"message": "404: Not Found", "code": 0}, 404)
        return self._new(payload, next(iter(sent.files.values()), None), wait=heard.query.get("wait") == "true")

    def _new(self, payload: dict[str, Any], picture: bytes | None, *, wait: bool) -> Reply:
        self._next += 1
        silent = bool(payload.get("flags", 0) & SUPPRESS_NOTIFICATIONS)
        self.book.add(Shown(id=str(self._next), text=_seen(payload), picture=picture, silent=silent))
        return as_json({"id": str(self._next)}) if wait else Reply(204, b"")

    def _edit(self, message_id: str, payload: dict[str, Any]) -> Reply:
        shown = self.book.find(message_id)
        if shown is None:
            return as_json({"message": "Unknown Message", "code": 10008}, 404)
        self.book.edit(shown, _seen(payload))
        return as_json({"id": message_id})


def _wrong(payload: dict[str, Any]) -> str:
    content, embeds = payload.get("content") or "", payload.get("embeds") or []
    if not content.strip() and not embeds:
        return "Cannot send an empty message"
    descriptions = [units(embed.get("description", "")) for embed in embeds]
    texts = sum(descriptions) + sum(units(embed.get("title", "")) for embed in embeds)
    if (
        units(content) > LONGEST_CONTENT
        or len(embeds) > MOST_EMBEDS
        or texts > LONGEST_EMBEDS
        or any(length > LONGEST_DESCRIPTION for length in descriptions)
    ):
        return "Invalid Form Body"
    return ""


def _seen(payload: dict[str, Any]) -> str:
    lines = [payload.get("content") or ""]
    for embed in payload.get("embeds") or []:
        lines += [embed.get("title", ""), embed.get("description", "")]
    return "\n".join(line for line in lines if line)
