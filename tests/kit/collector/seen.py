"""What a channel's reader sees, and what was sent to make it so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec


class Heard(NamedTuple):
    """One request, as it came."""

    at_s: float
    """By the collector's clock."""
    channel: str
    method: str
    path: str
    """Below the channel's address, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Shown(msgspec.Struct, kw_only=True):
    """One message as a person sees it now."""

    id: str
    text: str
    """Without markup, where the channel shows none."""
    history: list[str] = []
    """What it said before, the oldest first."""
    picture: bytes | None = None
    silent: bool = False
    """It rang nobody's phone."""
    reply_to: str = ""
    """The message that it answers, or the thread in which it stands."""
    in_channel: bool = True
    """False for an answer that only readers of its thread see."""
    state: str = ""
    """Where the channel keeps one: `triggered`, `acknowledged`, `resolved`, `firing`."""

    @property
    def edits(self) -> int:
        """How often it was changed."""
        return len(self.history)


OnShown = Callable[[str, Shown], None]
"""Called with the channel's name after each new message and each change."""


class Book:
    """The messages of one channel, in the order in which they came."""

    def __init__(self, channel: str, on_shown: OnShown) -> None:
        self._channel = channel
        self._on_shown = on_shown
        self.shown: list[Shown] = []

    def find(self, message_id: str) -> Shown | None:
        """The message of this name."""
        return next((shown for shown in self.shown if shown.id == message_id), None)

    def add(self, shown: Shown) -> None:
        """A new message."""
        self.shown.append(shown)
        self._on_shown(self._channel, shown)

    def edit(self, shown: Shown, text: str, *, state: str = "") -> None:
        """Say something else in its place."""
        shown.history.append(shown.text)
        shown.text = text
        shown.state = state or shown.state
        self._on_shown(self._channel, shown)

    def delete(self, message_id: str) -> None:
        """Somebody removed it."""
        self.shown = [shown for shown in self.shown if shown.id != message_id]
