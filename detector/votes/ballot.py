"""How a number becomes a vote: what is large speaks for leverage, what stayed small through the move for news."""

from __future__ import annotations

from detector.stats.peak import Peak
from detector.votes.move import Move
from schemas.alert import Vote

WINDOW_S = 300
"""What was seen in the last five minutes still tells: a cascade breathes in waves."""


def peak() -> Peak:
    """The memory of one look."""
    return Peak(window_s=WINDOW_S)


def unseen(name: str, microstructure: float, macro: float, note: str, unit: str = "fraction") -> Vote:
    """The vote of who cannot see."""
    return Vote(name=name, vote=None, value=None, microstructure=microstructure, macro=macro, unit=unit, note=note)


def small_or_large(
    name: str,
    seen: Peak,
    move: Move,
    *,
    microstructure: float,
    macro: float,
    moved: float,
    at_most: float | None = None,
    unit: str = "fraction",
    note: str = "",
) -> Vote:
    """The vote of a number whose peaks tell.

    It says microstructure when the last five minutes' largest was beyond its line. It says macro when all of the move,
    which must have gone as far as `moved`, went by without any such peak, and the last five minutes stayed below the
    macro line: calm seconds before a shock prove nothing. `at_most` is what the number may have been where it
    is a lower bound.
    """
    value = seen.recent
    if value is None:
        return unseen(name, microstructure, macro, note or "nothing to look at", unit)
    highest = seen.highest if seen.highest is not None else value
    most = value if at_most is None else at_most
    vote = 0
    if value > microstructure:
        vote = 1
    elif most < macro and highest <= microstructure and abs(move.extreme) >= moved:
        vote = -1
    return Vote(
        name=name,
        vote=vote,
        value=round(value, 5),
        microstructure=microstructure,
        macro=macro,
        unit=unit,
        note=note,
    )
