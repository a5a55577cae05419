"""Prometheus Alertmanager's API v2: an alert is its labels, and is over once `endsAt` has passed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson

from tests.kit.collector.channel import Channel, Reply, as_json
from tests.kit.collector.seen import Book, Heard, Shown

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Alertmanager(Channel):
    """The text of an alert is its summary, or its labels; its name is its labels."""

    def __init__(self, book: Book, *, wall_clock: Callable[[], float] = time.time) -> None:
        super().__init__(book)
        self._wall_clock = wall_clock

    async def answer(self, heard: Heard) -> Reply:
        if heard.path == "/-/healthy":
            return Reply(200, b"OK")
        if heard.path != "/api/v2/alerts" or heard.method != "POST":
            return Reply(404, b"")
        try:
            alerts = orjson.loads(heard.body)
            for alert in alerts:
                _check(alert)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return as_json(str(error), 400)
        for alert in alerts:
            self._post(alert)
        return Reply(200, b"")

    def _post(self, alert: dict[str, Any]) -> None:
        name = orjson.dumps(alert["labels"], option=orjson.OPT_SORT_KEYS).decode()
        text = alert.get("annotations", {}).get("summary", name)
        ends = alert.get("endsAt")
        state = "resolved" if ends and datetime.fromisoformat(ends).timestamp() <= self._wall_clock() else "firing"
        live = [shown for shown in self.book.shown if shown.id == name and shown.state == "firing"]
        if not live:
            self.book.add(Shown(id=name, text=text, state=state))
        elif (text, state) != (live[-1].text, live[-1].state):
            self.book.edit(live[-1], text, state=state)


def _check(alert: dict[str, Any]) -> None:
    labels = alert["labels"]
    if not labels or any(not LABEL.fullmatch(name) or not isinstance(value, str) for name, value in labels.items()):
        raise ValueError("invalid label set")
    if any(not isinstance(value, str) for value in alert.get("annotations", {}).values()):
        raise ValueError("invalid annotations")
    for field in ("startsAt", "endsAt"):
        if field in alert and datetime.fromisoformat(alert[field]).tzinfo is None:
            raise ValueError(f"{field} is no RFC 3339 time")
