"""PagerDuty's Events API v2 (developer.pagerduty.com): one incident for each deduplication key."""

from __future__ import annotations

from tests.kit.collector.channel import Channel, Reply, as_json, from_json
from tests.kit.collector.seen import Book, Heard, Shown

BIGGEST_BYTES = 512 << 10
LONGEST_SUMMARY = 1_024
LONGEST_KEY = 255
SEVERITIES = ("critical", "error", "warning", "info")
STATES = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}


class PagerDuty(Channel):
    """One integration. An incident's text is its summary; its state is in `Shown.state`."""

    def __init__(self, book: Book) -> None:
        super().__init__(book)
        self.routing_key = "R0123456789ABCDEF0123456789ABCDE"

    async def answer(self, heard: Heard) -> Reply:
        event = from_json(heard.body)
        if heard.path != "/v2/enqueue" or heard.method != "POST":
            return Reply(404, b"")
        if len(heard.body) > BIGGEST_BYTES:
            return Reply(413, b"")
        wrong = ["Event is not JSON"] if event is None else self._wrong(event)
        if event is None or wrong:
            return as_json({"status": "invalid event", "message": "Event object is invalid", "errors": wrong}, 400)
        action, key = event["event_action"], event.get("dedup_key") or f"made-{len(self.book.shown)}"
        # What happens after a resolution is another incident of the same key.
        live = [shown for shown in self.book.shown if shown.id == key and shown.state != "resolved"]
        if not live:
            # To acknowledge or resolve what is not there does nothing, and is no error.
            if action == "trigger":
                self.book.add(Shown(id=key, text=event["payload"]["summary"], state="triggered"))
        elif action != "trigger":
            self.book.edit(live[-1], live[-1].text, state=STATES[action])
        else:
            self.book.edit(live[-1], event["payload"]["summary"])
        return as_json({"status": "success", "message": "Event processed", "dedup_key": key}, 202)

    def _wrong(self, event: dict[str, object]) -> list[str]:
        wrong = []
        if event.get("routing_key") != self.routing_key:
            wrong.append("'routing_key' is invalid")
        if event.get("event_action") not in STATES:
            wrong.append("'event_action' is invalid")
        if len(str(event.get("dedup_key", ""))) > LONGEST_KEY:
            wrong.append("'dedup_key' is too long")
        if event.get("event_action") == "trigger":
            payload = event.get("payload")
            payload = payload if isinstance(payload, dict) else {}
            if not 0 < len(payload.get("summary", "")) <= LONGEST_SUMMARY or not payload.get("source"):
                wrong.append("'payload.summary' or 'payload.source' is missing or too long")
            if payload.get("severity") not in SEVERITIES:
                wrong.append("'payload.severity' is invalid")
        elif not event.get("dedup_key"):
            wrong.append("'dedup_key' is missing or blank")
        return wrong
