"""A record of a log, whoever read it, and the copy of one that nobody could read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What bytes that are no message make the decoder raise; the last where they are nested without end."""

Headers = tuple[tuple[str, bytes | None], ...]

LONGEST_REASON = 500
"""Characters of a reason in a header: the broker bounds a record, and a person reads one line."""


class Record(NamedTuple):
    """What a partition holds at an offset."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    def header(self, name: str) -> str:
        """The header's text; empty where there is none."""
        return next(((value or b"").decode(errors="replace") for key, value in self.headers if key == name), "")


class Readable(Protocol):
    """What both aiokafka's and Faust's records have."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]] | None


def record_of(message: Readable) -> Record:
    """The plain record in a client's own."""
    headers = message.headers.items() if isinstance(message.headers, dict) else message.headers or ()
    return Record(message.topic, message.partition, message.offset, message.key, message.value, tuple(headers))


def dead_letter_headers(record: Record, reason: str, worker: str) -> list[tuple[str, bytes | None]]:
    """Why a record lies in the dead-letter topic and where it came from, beside the headers that it had."""
    return [
        *record.headers,
        ("dlq-reason", reason[:LONGEST_REASON].encode(errors="replace")),
        ("dlq-topic", record.topic.encode()),
        ("dlq-partition", str(record.partition).encode()),
        ("dlq-offset", str(record.offset).encode()),
        ("dlq-worker", worker.encode()),
    ]
