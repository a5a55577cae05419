"""Alts against BTC: news moves all by their usual multiple, thin books fall many times as far."""

from __future__ import annotations

from statistics import median

import msgspec

from detector.overview import Overview
from detector.votes.ballot import unseen
from detector.votes.move import Move
from schemas.alert import Vote

NAME = "breadth_beta"
LEADER = "BTC"


class Breadth(msgspec.Struct):
    """The median alt's move over BTC's, where the move stood at its farthest. It remembers nothing itself."""

    def close_second(self, view: Overview, move: Move) -> None:
        """Look at one second: the move remembers its farthest."""

    def vote(self, view: Overview, move: Move) -> Vote:
        """What it says now."""
        limits = view.config.labelling
        leader = move.at_extreme.get(LEADER)
        alts = [moved for asset, moved in move.at_extreme.items() if asset != LEADER]
        if leader is None or len(alts) < limits.beta_alts:
            note = f"needs {LEADER} and {limits.beta_alts} others"
            return unseen(NAME, limits.beta_micro, limits.beta_macro, note, "x BTC")
        if abs(leader) < limits.beta_move:
            return unseen(NAME, limits.beta_micro, limits.beta_macro, f"{LEADER} hardly moved", "x BTC")
        beta = median(alts) / leader
        vote = 1 if beta > limits.beta_micro else -1 if 0.0 < beta < limits.beta_macro else 0
        return Vote(
            name=NAME,
            vote=vote,
            value=round(beta, 2),
            microstructure=limits.beta_micro,
            macro=limits.beta_macro,
            unit="x BTC",
            note=f"{LEADER} moved {leader:+.1%}",
        )
