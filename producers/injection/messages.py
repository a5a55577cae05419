"""Events that came in one message share its fate: it is lost, repeated or delayed as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from schemas.base import Event

Fate = TypeVar("Fate")


class Fates(Generic[Fate]):
    """Draws one fate a message; a message is what came from a venue at one moment."""

    def __init__(self, draw: Callable[[], Fate]) -> None:
        self._draw = draw
        self._drawn: dict[str, tuple[int, Fate]] = {}

    def of(self, event: Event) -> Fate:
        """The fate of the message that brought this event."""
        known = self._drawn.get(event.venue)
        if known is not None and known[0] == event.ts_recv_ns:
            return known[1]
        fate = self._draw()
        self._drawn[event.venue] = event.ts_recv_ns, fate
        return fate
