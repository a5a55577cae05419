"""A case: what is replayed, what is known about it, and what the detector should have said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from detector.conditions import NS
from detector.scoring.labels import Stretch
from schemas.alert import MARKET, Cause, Level

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

Origin = Literal["recorded", "generated"]


class Window(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}
):
    """A stretch of time; without an end it goes on to the last event."""

    start: Moment | None = None
    end: Moment | None = None

    def within(self, seen: Stretch) -> Stretch:
        """The part of it that was replayed."""
        first = seen.from_ns if self.start is None else max(seen.from_ns, ns_of(self.start))
        last = seen.to_ns if self.end is None else min(seen.to_ns, ns_of(self.end))
        return Stretch(first, last)


class _Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="goal"):
    says: str
    """The goal in words, for the scorecard."""


class OnsetGoal(_Goal, frozen=True, kw_only=True, tag="onset"):
    """A condition begins in time."""

    stage: str
    scope: str = MARKET
    asset: str = "*"
    after: Moment
    """Earlier onsets are about something else."""
    by: Moment
    rules: tuple[str, ...] = ()
    """Rules that answer it; none: all that answer a label of the stage."""
    assets: int = 1
    """So many assets have to have it; a condition of a whole venue, or of the market, is enough by itself."""


class LevelGoal(_Goal, frozen=True, kw_only=True, tag="level"):
    """An alert of the scope reaches a level in time."""

    level: Level
    scope: str = MARKET
    after: Moment
    by: Moment
    second_key: bool = False
    """Whether the alert has to name its second key."""


class CalmGoal(_Goal, frozen=True, kw_only=True, tag="at_most", rename={"start": "from", "end": "to"}):
    """No alert of the scope is above a level, nor stands there when the time begins."""

    level: Level
    scope: str = MARKET
    """`market`, a base asset, or `*`: the market and every asset. What is said of data alone is no cry."""
    start: Moment | None = None
    end: Moment | None = None


class OpenGoal(_Goal, frozen=True, kw_only=True, tag="not_resolved", rename={"start": "from", "end": "to"}):
    """No episode of the market resolves."""

    start: Moment
    end: Moment


class MessagesGoal(_Goal, frozen=True, kw_only=True, tag="messages"):
    """People get no more new messages in all episodes of an event together; edits are free."""

    at: Moment
    """A moment of the event."""
    at_most: int


class LowerGoal(_Goal, frozen=True, kw_only=True, tag="lower", rename={"start": "from", "end": "to"}):
    """One asset's highest level stays below that of each of the others."""

    asset: str
    than: tuple[str, ...]
    start: Moment
    end: Moment


class CauseGoal(_Goal, frozen=True, kw_only=True, tag="cause"):
    """At a moment the market's newest alert says what was behind the moves."""

    cause: Cause
    at: Moment


Goal = OnsetGoal | LevelGoal | CalmGoal | OpenGoal | MessagesGoal | LowerGoal | CauseGoal


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"use": "set"}):
    """One replay."""

    name: str
    title: str
    """What it is, in a few words."""
    kind: Literal["crash", "quiet", "hard negative"]
    use: Literal["tuned", "shown"]
    """`tuned`: thresholds were chosen with a look at it. `shown`: they were not."""
    source: tuple[str, ...]
    """Patterns of recordings below the data folder, or one of what comes with the package (`bundled…`) and of
    the generator's worlds."""
    window: Window = Window()
    """What is replayed of it, by receive time."""
    labels: tuple[str, ...] = ()
    """Files of labels beside the file of cases; `generator`: those that the generator tells of itself."""
    moments: dict[str, Moment] = {}
    """What alerts should lead: the peak minute, the first deleveraging, the trough."""
    picture: tuple[str, ...] = ()
    """Markets whose prices are drawn, as `venue instrument`; none: no picture."""
    drawn: Window = Window()
    """The part that is drawn."""
    ablate: Window | None = None
    """The part that is replayed anew without each rule; none: the case has no part in it."""
    goals: tuple[Goal, ...] = ()

    @property
    def origin(self) -> Origin:
        """Whether it happened or was made up."""
        return "generated" if self.source[0] in GENERATED else "recorded"


class Aside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Data that are known and not replayed."""

    data: str
    why: str


class CaseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file of cases."""

    case: tuple[Case, ...]
    aside: tuple[Aside, ...] = ()


GENERATED = ("reconstruction", "reconstruction-twin", "reconstruction-macro")
"""Sources that are made up."""


def ns_of(moment: datetime) -> int:
    """Nanoseconds of a moment with a time zone.

    >>> ns_of(datetime(2025, 10, 10, 20, 50, tzinfo=UTC))
    1760129400000000000
    """
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return int(whole.timestamp()) * NS + moment.microsecond * 1_000
