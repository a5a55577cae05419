"""Somebody's own receiver, by the Standard Webhooks specification 1.0: signatures, timestamps, ids."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

from tests.kit.collector.channel import Channel, Reply, from_json
from tests.kit.collector.seen import Book, Heard, Shown

TOLERANCE_S = 300.0
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes or more").decode()


class Webhook(Channel):
    """Takes what is signed with one of its secrets, is fresh, and was not seen before."""

    def __init__(self, book: Book, *, wall_clock: Callable[[], float] = time.time) -> None:
        super().__init__(book)
        self.secrets = [SECRET]
        self.duplicates = 0
        """Requests with an id that had come before."""
        self._seen: set[str] = set()
        self._wall_clock = wall_clock

    async def answer(self, heard: Heard) -> Reply:
        message_id = heard.headers.get("webhook-id", "")
        stamp = heard.headers.get("webhook-timestamp", "")
        if not message_id or not stamp.isdecimal():
            return Reply(400, b"missing headers")
        if abs(self._wall_clock() - int(stamp)) > TOLERANCE_S:
            return Reply(400, b"timestamp is too old or too new")
        if not self._signed(f"{message_id}.{stamp}.".encode() + heard.body, heard.headers.get("webhook-signature", "")):
            return Reply(401, b"no matching signature")
        if message_id in self._seen:
            self.duplicates += 1
        else:
            self._seen.add(message_id)
            self._show(message_id, heard.body)
        return Reply(204, b"")

    def _show(self, message_id: str, body: bytes) -> None:
        """As a receiver would that keeps one line for each message: its `text`, by its `message_id`."""
        fields = from_json(body) or {}
        name, text = str(fields.get("message_id", message_id)), str(fields.get("text", body.decode()))
        shown = self.book.find(name)
        if shown is None:
            self.book.add(Shown(id=name, text=text, silent=bool(fields.get("silent"))))
        else:
            self.book.edit(shown, text)

    def _signed(self, content: bytes, signatures: str) -> bool:
        given = [entry.removeprefix("v1,") for entry in signatures.split() if entry.startswith("v1,")]
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
            if any(hmac.compare_digest(right, entry) for entry in given):
                return True
        return False
