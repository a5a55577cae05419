"""What a signal says of one place at one second."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from schemas.alert import MARKET, Direction, Evidence, Stage

ANY = "*"
"""Every asset."""

CALM, WATCH, WARN, HIGH, CRITICAL, EMERGENCY = range(6)
"""Severities: positions in `schemas.alert.LEVELS`."""


class Verdict(NamedTuple):
    """A rule's opinion about (venue, asset). Calm and known is said by saying nothing but being counted.

    `severity` is what the on-thresholds give, `holds` whether the off-threshold (about 50-60 % of it) is still
    exceeded.
    `known` False means that the rule cannot see: it neither raises nor clears.
    """

    rule: str
    stage: Stage
    venue: str
    asset: str
    severity: int
    holds: bool
    known: bool = True
    direction: Direction = "none"
    confirm: int = 2
    """Evaluations in a row that open the condition: one for a fact or twice the threshold, two for a statistic."""
    evidence: tuple[Evidence, ...] = ()


@cache
def unknown(rule: str, stage: Stage, venue: str = MARKET, asset: str = ANY) -> Verdict:
    """The verdict of a rule that cannot see; one object a place, because most places say so every second."""
    return Verdict(rule, stage, venue, asset, CALM, False, known=False)


@cache
def calm(rule: str, stage: Stage, venue: str = MARKET, asset: str = ANY) -> Verdict:
    """The verdict of a rule that sees nothing."""
    return Verdict(rule, stage, venue, asset, CALM, False)


def grade(value: float, *thresholds: tuple[float, int]) -> int:
    """The severity of the highest threshold that `value` reaches.

    >>> grade(0.04, (0.005, WATCH), (0.03, CRITICAL))
    4
    """
    best = CALM
    for threshold, severity in thresholds:
        if value >= threshold:
            best = max(best, severity)
    return best


def towards(move: float) -> Direction:
    """The direction of a signed move."""
    return "down" if move < 0 else "up" if move > 0 else "none"
