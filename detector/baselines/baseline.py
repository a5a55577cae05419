"""What another program's rule has to be, to be fed with a replay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import Instrument

Need = Literal["liquidations", "open interest", "funding", "mark and index", "books", "the program itself"]


class Baseline(Protocol):
    """One rule. Its memory is bounded by the number of assets and by its windows, not by the length of a replay."""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Without any of these it is blind, and its silence is worth nothing."""

    @property
    def hears(self) -> frozenset[type[Event]]:
        """The kinds of events that it is fed with."""

    @property
    def ready(self) -> bool:
        """Whether it has seen enough to judge."""

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Take an event of a market that is defined; `now_ns` never runs backwards."""

    def close_second(self, now_s: int) -> Iterable[Alarm]:
        """Everything that happened before this second has been fed."""
