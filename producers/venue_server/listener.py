"""What one connection has asked for, and how it breaks the rules."""

from __future__ import annotations

from typing import Any

import orjson


class Listener:
    """What one connection has asked for."""

    def __init__(self, path: str, *, combined: bool = True) -> None:
        self.path = path
        self.combined = combined
        self.names: dict[str, None] = {}
        """Everything that was acknowledged, deliverable or not."""
        self.topics: dict[str, str] = {}
        """What is delivered: topic → the name it was asked for by."""
        self.operations = 0
        """How often the subscriptions changed."""


class ViolationError(Exception):
    """The client broke a limit; the venue says `answer` (if anything) and closes with 1008."""

    def __init__(self, reason: str, answer: bytes = b"") -> None:
        super().__init__(reason)
        self.answer = answer


def loads(raw: bytes | str) -> Any:
    """Any JSON, or None where it is none."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
