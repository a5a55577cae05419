"""What a calibration changes against the one before it, and why: a row for each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from detector.calibration.calibrated import Calibrated, Floor, Usual
from detector.calibration.figures import FIGURES, FLOORS

Reasons = Mapping[tuple[str, str], Mapping[str, str]]
"""By venue and instrument, for each number that was not written, why."""


class Change(NamedTuple):
    """One number of one market; None where there was or is none."""

    venue: str
    instrument: str
    name: str
    old: float | None
    new: float | None
    why: str

    @property
    def ratio(self) -> float | None:
        """New over old; None where one of them is not above 0."""
        if self.old is None or self.new is None or self.old <= 0 or self.new <= 0:
            return None
        return self.new / self.old


def changes(old: Sequence[Calibrated], new: Sequence[Calibrated], reasons: Reasons) -> Iterator[Change]:
    """Every number of every market that either knows, markets in alphabetical order."""
    before = {(market.venue, market.instrument): market for market in old}
    after = {(market.venue, market.instrument): market for market in new}
    for place in sorted({*before, *after}):
        was, now = before.get(place), after.get(place)
        for name in (*FIGURES, *FLOORS):
            first, second = _number(was, name), _number(now, name)
            why = reasons.get(place, {}).get(name, "")
            if first is None and second is None and why in ("", "never seen"):
                continue
            if now is None:
                why = "not in this recording: dropped"
            elif second is not None:
                why = _counted(getattr(now, name), now.quiet_hours)
            yield Change(*place, name, first, second, why)


def _number(market: Calibrated | None, name: str) -> float | None:
    found: Usual | Floor | None = getattr(market, name) if market is not None else None
    if found is None:
        return None
    return found.median if isinstance(found, Usual) else found.value


def _counted(found: Usual | Floor, quiet_hours: float) -> str:
    what = "median" if isinstance(found, Usual) else "floor"
    return f"{what} of {found.samples:,} samples in {quiet_hours:g} quiet hours"
