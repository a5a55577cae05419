"""What a played channel is, and what most of them need: forms, JSON answers, and a pace that is held."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from tests.kit.collector.seen import Book, Heard


class Reply(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class Channel:
    """One service. `answer` gets every request below its address."""

    def __init__(self, book: Book) -> None:
        self.book = book

    async def answer(self, heard: Heard) -> Reply:
        """What the service says; what it shows goes to the book."""
        raise NotImplementedError


def as_json(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(status, orjson.dumps(body), {"Content-Type": "application/json", **(headers or {})})


def from_json(body: bytes) -> dict[str, Any] | None:
    """An object; None for anything else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def units(text: str) -> int:
    """UTF-16 code units: no service counts more strictly.

    >>> units("a"), units("🔴")
    (1, 2)
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Form(NamedTuple):
    """Fields by name, and files by name with their bytes."""

    fields: dict[str, str]
    files: dict[str, bytes]


def form(heard: Heard) -> Form:
    """The parts of a request, whichever way they were written: JSON, a form, or a multipart form."""
    kind = heard.headers.get("Content-Type", "")
    if kind.startswith("application/json"):
        return Form({name: _text(value) for name, value in (from_json(heard.body) or {}).items()}, {})
    if kind.startswith("multipart/form-data"):
        return _multipart(heard.body, kind.partition("boundary=")[2].strip('"'))
    return Form(dict(parse_qsl(heard.body.decode())) | dict(heard.query), {})


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _multipart(body: bytes, boundary: str) -> Form:
    found = Form({}, {})
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        if b"filename=" in head:
            found.files[name] = content
        else:
            found.fields[name] = content.decode()
    return found


class Pace:
    """At most so many in so many seconds, for each place; every pair holds. No pairs hold nobody."""

    def __init__(self, pairs: Sequence[tuple[int, float]]) -> None:
        self._pairs = pairs
        self._when: dict[str, deque[float]] = defaultdict(deque)

    def wait_s(self, place: str, now_s: float) -> float:
        """How long too early it is; 0.0 takes it as one that was allowed."""
        when = self._when[place]
        waits = [
            when[-count] + seconds - now_s
            for count, seconds in self._pairs
            if len(when) >= count and when[-count] + seconds > now_s
        ]
        if waits:
            return max(waits)
        when.append(now_s)
        if len(when) > 1_000:
            when.popleft()
        return 0.0
