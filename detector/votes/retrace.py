"""Afterwards: what was forced comes back within the hour, what was news stays."""

from __future__ import annotations

import msgspec

from detector.overview import NS, Overview
from detector.votes.ballot import unseen
from detector.votes.move import Move
from schemas.alert import Vote

NAME = "retrace"


class Retrace(msgspec.Struct):
    """The share of the move that was undone an hour after its extreme."""

    extreme_s: int = 0
    """Of the extreme that `share` is about."""
    share: float | None = None

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second; only the first one past the hour decides."""
        if move.extreme_s != self.extreme_s:
            self.extreme_s, self.share = move.extreme_s, None
        due_s = move.extreme_s + view.config.labelling.retrace_s
        if self.share is None and move.extreme and view.now_ns // NS >= due_s:
            self.share = 1.0 - move.middle / move.extreme

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits = view.config.labelling
        if self.share is None:
            minutes = limits.retrace_s // 60
            return unseen(NAME, limits.retrace_micro, limits.retrace_macro, f"told {minutes} minutes after the extreme")
        vote = 0
        if abs(move.extreme) >= limits.moved:
            vote = 1 if self.share >= limits.retrace_micro else -1 if self.share < limits.retrace_macro else 0
        return Vote(
            name=NAME,
            vote=vote,
            value=round(self.share, 3),
            microstructure=limits.retrace_micro,
            macro=limits.retrace_macro,
            unit="fraction",
            note=f"of {move.extreme:+.1%}",
        )
