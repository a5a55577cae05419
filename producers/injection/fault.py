"""What every fault is: a plan of when and where, and a change of the stream of events. Pure and seeded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from enum import IntEnum
from random import Random
from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec

from producers.injection.stamps import NS
from schemas.base import Event

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3_600)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=600_000)]
BasisPoints = Annotated[float, msgspec.Meta(gt=0, le=1_000)]

NEVER_NS = 1 << 63
"""Later than any moment: before the stream has begun nobody knows which day it is of."""


class Layer(IntEnum):
    """Where on the way a fault sits. Those of the venue come first, whatever order they are asked for in."""

    VENUE = 1
    WAY = 2
    STAMPS = 3
    COPIES = 4
    ORDER = 5
    MACHINE = 6


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `key=value` can say of a fault; most have more than a seed."""

    seed: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One fault as somebody asked for it."""

    text: str
    """The option as it was written."""
    kind: str
    start_ns: int | None = None
    """Since midnight of the stream's first day, or since 1970 where `dated`; None: from the beginning."""
    dated: bool = False
    lasts_ns: int | None = None
    """None: to the end."""
    venue: str | None = None
    """None: every venue."""
    instrument: str | None = None
    """None: every market of the venue."""
    options: Options = Options()


OptionsT = TypeVar("OptionsT", bound=Options)


class Fault(ABC, Generic[OptionsT]):
    """One fault at work on one stream.

    Attributes
    ----------
    touched
        Events by what became of them: `lost`, `changed`, `added`, `repeated`, `delayed`.
    """

    kind: ClassVar[str]
    about: ClassVar[str]
    """One line for people."""
    layer: ClassVar[Layer]
    lasts_s: ClassVar[float | None] = None
    """How long unless told; None: to the end."""
    at_a_moment: ClassVar[bool] = False
    """Whether the option must say when."""
    everywhere: ClassVar[bool] = False
    """Whether it is our own machine's and takes no venue."""
    options_type: ClassVar[type[Options]] = Options

    def __init__(self, plan: Plan, options: OptionsT) -> None:
        self.plan = plan
        self.options = options
        self.touched: Counter[str] = Counter()
        self.random = Random(options.seed)  # noqa: S311 - reproducible, nothing secret
        self.start_ns = NEVER_NS
        self.end_ns: int | None = None

    def begin(self, midnight_ns: int) -> None:
        """The stream has begun: times of day are those of its first day."""
        plan = self.plan
        if plan.start_ns is None:
            self.start_ns = 0
        else:
            self.start_ns = plan.start_ns if plan.dated else midnight_ns + plan.start_ns
        if plan.lasts_ns is not None:
            self.end_ns = self.start_ns + plan.lasts_ns

    def holds(self, at_ns: int) -> bool:
        """Whether it is under way."""
        return at_ns >= self.start_ns and not self.over(at_ns)

    def over(self, at_ns: int) -> bool:
        """Whether it is past."""
        return self.end_ns is not None and at_ns >= self.end_ns

    def concerns(self, event: Event) -> bool:
        """Whether the event is of a market that the plan names."""
        plan = self.plan
        if plan.venue is not None and event.venue != plan.venue:
            return False
        return plan.instrument is None or event.instrument == plan.instrument

    @abstractmethod
    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """What goes on instead of the event that arrived when the stream's time was `at_ns`."""

    def finish(self) -> Iterable[Event]:
        """What is still under way when the stream ends."""
        return ()


def nanoseconds(seconds: float) -> int:
    """Whole nanoseconds.

    >>> nanoseconds(1.27)
    1270000000
    """
    return round(seconds * NS)


Market = tuple[str, str]
"""Venue and instrument."""


def market_of(event: Event) -> Market:
    """Which market an event is about."""
    return event.venue, event.instrument
