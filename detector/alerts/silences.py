"""What somebody does not want to hear for a while. It ends by itself."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detector.alerts.match import Match
from schemas.alert import Alert


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """One silence. People's messages of what it matches are held back; feeds for machines go on."""

    id: str
    match: Match
    from_ns: int
    until_ns: int
    by: str = ""
    """Who asked for it."""
    comment: str = ""
    sink: str = ""
    """Of this sink alone: who mutes a chat mutes nobody else. Empty for all."""

    def holds(self, now_ns: int) -> bool:
        """Whether it is in force."""
        return self.from_ns <= now_ns < self.until_ns


def silencing(alert: Alert, sink: str, silences: Iterable[Silence], now_ns: int) -> Silence | None:
    """The silence that keeps this alert from this sink now."""
    for silence in silences:
        if silence.holds(now_ns) and silence.sink in ("", sink) and silence.match.matches(alert):
            return silence
    return None
