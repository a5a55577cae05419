"""What one sink tells of one group of stories: what should be seen there, and what was sent."""

from __future__ import annotations

import msgspec

from detector.alerts.match import rank
from detector.composing import digest
from schemas.alert import Alert


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """The newest revision of a story that may be seen there."""

    alert_id: str
    revision: int
    level: int
    """Position in `schemas.alert.LEVELS`; 0 once it is over."""
    resolved: bool


class Thread(msgspec.Struct, kw_only=True):
    """One message that goes on, or several where what happened was worth calling again.

    What should be seen grows by `take`; what was sent is written by `detector/alerts/steps.py`. The difference is what
    is still to be done, so that nothing else has to be remembered about what waits.
    """

    thread_id: str
    sink: str
    group: str
    number: int
    """Threads of a desk are numbered in their order."""
    since_ns: int
    """Event time of its first alert."""
    members: dict[str, Member] = {}
    """By episode."""
    revision: int = 0
    """Grows with everything that is to be seen."""
    worst: int = 0
    """The highest level that any of it is said to have had, here or before it was told here."""
    rings: int = 0
    """How many new messages it has been worth."""
    rang_ns: int = 0
    """Event time of the alert that was worth the newest of these."""
    changed_ns: int = 0
    """Event time of the newest alert."""
    peak: int = 0
    """The highest level that was to be seen, as a position in `schemas.alert.LEVELS`."""
    peak_ns: int = 0
    """Event time at which it was reached."""
    ready_ns: int = 0
    """Until then a new message waits for others to join it."""
    sent_revision: int = 0
    sent_rings: int = 0
    sent_ns: int = 0
    remote: str = ""
    """What the channel calls the newest message, as the sink wrote it; empty where there is none to be edited."""
    tried: bool = False
    """Whether a message was begun to be sent of which nobody can say that it did not arrive."""
    end_told: bool = False
    """On a channel without edits: whether the last that was sent says that it is over."""
    doubts: int = 0
    """How often nobody could say whether the new message arrived."""
    acknowledged: bool = False
    """Whether the channel was told that somebody knows."""
    fate: str = ""
    """Why nothing more is to be sent: `expired`, or why it was refused."""

    @property
    def level(self) -> int:
        """The highest level that any of it has now."""
        return max((member.level for member in self.members.values()), default=0)

    @property
    def ended(self) -> bool:
        """Whether all of it is over."""
        return all(member.resolved for member in self.members.values())

    def message_id(self, *, new: bool) -> str:
        """Of the message that is due, or of the one that was sent last: a copy after a crash has the same."""
        return digest(f"{self.thread_id}|{self.rings if new else self.sent_rings}")

    def take(self, alert: Alert, *, regroup_ns: int, ready_ns: int) -> bool:
        """Show this revision; returns whether it is worth a new message."""
        known = self.members.get(alert.episode_id)
        rings = self._is_worth_a_call(alert, known, regroup_ns)
        self.members[alert.episode_id] = Member(
            alert_id=alert.alert_id,
            revision=alert.revision,
            level=rank(alert.level),
            resolved=alert.status == "resolved",
        )
        self.revision += 1
        self.worst = max(self.worst, rank(alert.peak_level))
        self.changed_ns = max(self.changed_ns, alert.ts_ns)
        if rank(alert.level) > self.peak:
            self.peak, self.peak_ns = rank(alert.level), alert.ts_ns
        if rings:
            self.rings += 1
            self.rang_ns = alert.ts_ns
            # One that waits already is told no later because of this one.
            waits = self.rings - 1 > self.sent_rings
            self.ready_ns = min(self.ready_ns, ready_ns) if waits else ready_ns
        return rings

    def would_ring(self, alert: Alert, *, regroup_ns: int) -> bool:
        """Whether it would be worth a new message."""
        return self._is_worth_a_call(alert, self.members.get(alert.episode_id), regroup_ns)

    def _is_worth_a_call(self, alert: Alert, known: Member | None, regroup_ns: int) -> bool:
        if not self.members:
            return True
        if known is None and alert.ts_ns - self.rang_ns > regroup_ns:
            return True
        # A story that was over and goes on no worse than it was is known: the detector says `updated` then.
        goes_on = known is not None and known.resolved and alert.status == "updated"
        level, recent = rank(alert.level), alert.ts_ns - self.rang_ns <= regroup_ns
        return level > self.level and not goes_on and not (recent and level <= self.worst)
