"""Which alerts go where, when, and how they are put together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from detector.alerts.match import Match, about, is_of_sink, rank
from schemas.alert import MARKET, Alert, Level

GroupBy = Literal["kind", "scope", "episode"]


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When nobody is to be called. What is still true afterwards is told then."""

    start: str
    """HH:MM on the clock of `timezone`."""
    end: str
    """HH:MM; before `start` it is the next day's."""
    timezone: str = "UTC"
    unless: Level = "EMERGENCY"
    """From this level on people are called all the same."""

    def __post_init__(self) -> None:
        for text in (self.start, self.end):
            if not _is_time(text):
                raise ValueError(f"quiet hours: {text!r} is no time of day: write HH:MM")
        if self.start == self.end:
            raise ValueError("quiet hours that end when they begin: write a start and another end")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"quiet hours: there is no time zone {self.timezone!r}, such as Europe/Berlin") from None

    def holds(self, now_ns: int) -> bool:
        """Whether it is quiet at this moment.

        >>> night = QuietHours(start="22:00", end="07:00")
        >>> night.holds(1_760_137_200_000_000_000), night.holds(1_760_097_600_000_000_000)  # 23:00, 12:00
        (True, False)
        """
        now = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).astimezone(ZoneInfo(self.timezone)).strftime("%H:%M")
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way from alerts to sinks. A sink gets an alert by the first route that leads it there."""

    sinks: tuple[str, ...]
    match: Match = Match()
    min_level: Level = "WARN"
    """A story is told from the revision on that has reached this level, to its end."""
    watchlist: tuple[str, ...] = ()
    """Base assets. Of single assets only these are told, and what the market does to them is said first."""
    quiet_hours: QuietHours | None = None
    group_by: GroupBy = "kind"
    """What is told in one message. `kind`: the market; all single assets; all that cannot be seen. `scope`: each asset
    by itself. `episode`: each story by itself."""
    group_wait_s: float = 2.0
    """How long a new message waits for more to join it; nothing from CRITICAL on does."""
    regroup_s: float = 900.0
    """An asset that joins later than this after the last new message is a new message."""
    pictures_from: Level = "HIGH"

    def __post_init__(self) -> None:
        if not self.sinks:
            raise ValueError("a route leads to no sink: sinks = [...]")
        if not 0 <= self.group_wait_s <= 60 or self.regroup_s < 0:
            raise ValueError("group_wait_s is 0 to 60, regroup_s not below 0")

    def takes(self, alert: Alert) -> bool:
        """Whether this alert goes this way, whatever its level."""
        if self.watchlist and about(alert) == "asset" and alert.scope not in self.watchlist:
            return False
        return self.match.matches(alert)

    def loud_enough(self, alert: Alert) -> bool:
        """Whether the story may begin with this revision."""
        return rank(alert.level) >= rank(self.min_level)

    def group(self, alert: Alert) -> str:
        """The name of the group that the alert belongs to."""
        if self.group_by == "episode":
            return alert.episode_id
        if self.group_by == "scope" or alert.scope == MARKET:
            return alert.scope
        if is_of_sink(alert):
            return "sinks"
        return "assets" if about(alert) == "asset" else "data"

    def is_quiet(self, level: Level, now_ns: int) -> bool:
        """Whether nobody is to be called for this level now."""
        hours = self.quiet_hours
        return hours is not None and rank(level) < rank(hours.unless) and hours.holds(now_ns)


def _is_time(text: str) -> bool:
    hours, colon, minutes = text.partition(":")
    return (
        bool(colon)
        and len(hours) == len(minutes) == 2
        and (hours + minutes).isdecimal()
        and int(hours) < 24
        and int(minutes) < 60
    )
