"""The label of the market's episode: did leverage make it, or news, or news first and leverage then.

The cause is what two votes more on one side say for a minute. A cause is never taken back, only mixed: the votes of a
later hour do not undo what an earlier one saw.
"""

from __future__ import annotations

import msgspec

from detector.config import Labelling
from detector.overview import NS, Overview
from detector.votes.breadth import Breadth
from detector.votes.depth_and_impact import DepthAndImpact
from detector.votes.dispersion import Dispersion
from detector.votes.forced_over_depth import ForcedOverDepth
from detector.votes.forced_share import ForcedShare
from detector.votes.move import Move
from detector.votes.retrace import Retrace
from detector.votes.spot_and_perp import SpotAndPerp
from schemas.alert import Cause, Label, Vote

EXTERNAL = Vote(
    name="external_markets",
    vote=None,
    value=None,
    microstructure=None,
    macro=None,
    unit="",
    note="ES, NQ, USDJPY and gold are not connected",
)


class Case(msgspec.Struct):
    """Everything remembered of one episode."""

    move: Move
    dispersion: Dispersion = msgspec.field(default_factory=Dispersion)
    forced_share: ForcedShare = msgspec.field(default_factory=ForcedShare)
    forced_over_depth: ForcedOverDepth = msgspec.field(default_factory=ForcedOverDepth)
    depth_and_impact: DepthAndImpact = msgspec.field(default_factory=DepthAndImpact)
    breadth: Breadth = msgspec.field(default_factory=Breadth)
    spot_and_perp: SpotAndPerp = msgspec.field(default_factory=SpotAndPerp)
    retrace: Retrace = msgspec.field(default_factory=Retrace)
    votes: tuple[Vote, ...] = ()
    cause: Cause = "undecided"
    since_s: int = 0
    """Since when `cause` has been the one."""
    leaning_s: int = 0
    """Since when votes have asked for another cause without a break; 0 while they do not."""
    leaning: Cause = "undecided"
    doubting_s: int = 0
    """Seconds in which it was undecided and nobody voted but for macro."""

    def close_second(self, view: Overview) -> None:
        """Look at one second and count."""
        self.move.close_second(view)
        looks = (
            self.dispersion,
            self.forced_share,
            self.forced_over_depth,
            self.depth_and_impact,
            self.breadth,
            self.spot_and_perp,
            self.retrace,
        )
        for look in looks:
            look.close_second(view, self.move)
        self.votes = (*(look.vote(view, self.move) for look in looks), EXTERNAL)
        self._settle(view.now_ns // NS, view.config.labelling)

    @property
    def score(self) -> int:
        """Votes for microstructure less those for macro."""
        return sum(vote.vote for vote in self.votes if vote.vote is not None)

    def _settle(self, now_s: int, limits: Labelling) -> None:
        if self.cause == "undecided" and {vote.vote for vote in self.votes} <= {-1, 0, None} and self.score < 0:
            self.doubting_s += 1
        asked = self._asked(now_s, limits)
        if asked == self.cause:
            self.leaning_s = 0
            return
        if not self.leaning_s or asked != self.leaning:
            self.leaning_s, self.leaning = now_s, asked
        if now_s - self.leaning_s >= limits.dwell_s:
            self.cause, self.since_s, self.leaning_s = asked, now_s, 0

    def _asked(self, now_s: int, limits: Labelling) -> Cause:
        """The cause that the votes of this second ask for."""
        if self.score >= limits.decides:
            if self.cause == "undecided":
                return "mixed" if self.doubting_s >= limits.settles_s else "microstructure"
            if self.cause == "macro":
                began_s = self.leaning_s or now_s
                return "mixed" if began_s - self.since_s >= limits.settles_s else "microstructure"
        elif self.score <= -limits.decides:
            if self.cause == "undecided":
                return "macro"
            if self.cause == "microstructure":
                return "mixed"
        return self.cause


class Labels(msgspec.Struct):
    """The label of the market's present episode; nothing while there is neither a shock nor an episode."""

    episode_id: str = ""
    case: Case | None = None

    def close_second(self, view: Overview, *, shocked: bool, episode_id: str) -> None:
        """Take one second. `episode_id` is that of the story that goes on, empty before it is told and after it."""
        if not shocked and not episode_id:
            self.episode_id, self.case = "", None
            return
        if self.episode_id and episode_id != self.episode_id:
            self.case = None  # another story
        self.episode_id = episode_id
        if self.case is None:
            self.case = Case(move=Move(began_s=view.now_ns // NS))
        self.case.close_second(view)

    def read(self) -> Label | None:
        """What alerts tell; None while there is nothing to label."""
        case = self.case
        return None if case is None else Label(cause=case.cause, score=case.score, votes=case.votes)
