"""Answers of channels that speak JSON."""

from __future__ import annotations

import msgspec

from detector.sinks.http import Answer


def said_in_json(status: int, **fields: object) -> Answer:
    """An answer with a JSON object."""
    return Answer(status, {"Content-Type": "application/json"}, msgspec.json.encode(fields))
