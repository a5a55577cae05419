"""What a careful bot does now, as data: the level says how much risk, the void says by which orders."""

from __future__ import annotations

from detector.verdict import CRITICAL, HIGH, WARN
from schemas.alert import Posture

STRICTER: tuple[Posture, ...] = ("resume", "normal", "reduce", "halt_new", "no_market_orders")
"""The strictest last."""


def posture(level: int, *, void: bool = False, resolved: bool = False) -> Posture:
    """The strictest that holds.

    `no_market_orders` while there is a `void` and the level is HIGH or above: there a market order sells at any price.
    Below CRITICAL new positions are a matter of taste; from CRITICAL on they are not.

    >>> posture(WARN), posture(CRITICAL), posture(0, resolved=True)
    ('reduce', 'halt_new', 'resume')
    """
    if resolved:
        return "resume"
    if level >= HIGH and void:
        return "no_market_orders"
    if level >= CRITICAL:
        return "halt_new"
    return "reduce" if level >= WARN else "normal"


def is_stricter(one: Posture, other: Posture) -> bool:
    """Whether a bot must do more than it was told: that cannot wait for other news.

    >>> is_stricter("no_market_orders", "halt_new"), is_stricter("reduce", "halt_new")
    (True, False)
    """
    return STRICTER.index(one) > STRICTER.index(other)
