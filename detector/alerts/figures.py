"""Which three numbers of an alert a person is shown, each with its normal: of three different kinds, the unusual first,
in an order in which people ask: how far, who was forced, what is left to trade against.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from detector.alerts.clean import clean
from detector.alerts.message import Figure
from detector.alerts.places import place
from detector.alerts.units import amount, is_counted
from detector.alerts.vocabulary import Number, known
from schemas.alert import MARKET, Alert, Evidence

MOST = 3
ASKED = (
    "peg", "move", "forced", "depth", "apart", "deleveraged", "spread", "impact", "fund", "held", "pulled", "rate",
    "excited", "halted", "fault", "heard", "books", "delay", "late", "clock", "others",
)  # fmt: skip
"""Families in the order in which people ask; unknown ones come last."""
USUAL = 2
NEAR = 1.5
"""Within so many times its normal, a number is said only where there is nothing better."""
NEAR_SIGMAS = 3.0


class _Candidate(NamedTuple):
    evidence: Evidence
    number: Number
    plainness: int
    """0: unusual beside its normal; 1: no normal is known; 2: as usual."""
    far: float

    def order(self, scope: str) -> tuple[int, bool, bool, float]:
        """Which one of its family is shown: of the market the market's own, else where most is gone."""
        evidence = self.evidence
        return self.plainness, scope == MARKET and bool(evidence.where), evidence.unit != "USD", -self.far


def figures(alert: Alert, *, named: bool = False) -> tuple[Figure, ...]:
    """At most three.

    Parameters
    ----------
    alert
        A revision of an episode.
    named
        Whether its asset is named with each number, as beside other assets.
    """
    best: dict[str, _Candidate] = {}
    for candidate in _candidates(alert.evidence):
        family = candidate.number.family
        if family not in best or candidate.order(alert.scope) < best[family].order(alert.scope):
            best[family] = candidate
    chosen = sorted(best.values(), key=lambda one: (one.plainness, _asked(one.number.family)))[:MOST]
    chosen.sort(key=lambda one: (one.plainness == USUAL, _asked(one.number.family)))
    return tuple(figure(one.evidence, of=MARKET if named else alert.scope) for one in chosen)


def figure(evidence: Evidence, *, of: str = MARKET) -> Figure:
    """One number in words; `of` is what goes without saying.

    >>> figure(Evidence(signal="bid_depth_1pct", where="okx BTC", value=4e5, baseline=6.1e6, unit="USD"), of="BTC")
    Figure(name='1 % depth, bids, OKX', value='0.4 m$', normal='normal 6.1 m$')
    """
    number = known(evidence)
    unit = number.unit or evidence.unit
    where = place(evidence.where, of=of)
    beside = ""
    if number.beside and evidence.baseline is not None and isfinite(evidence.baseline):
        # What is counted is named once.
        said = amount(evidence.baseline * number.times, "" if is_counted(unit) else unit)
        beside = f"{number.beside} {said}"
    value = None if evidence.value is None else evidence.value * number.times
    return Figure(
        name=clean(f"{number.words}, {where}" if where else number.words),
        value=clean(amount(value, unit, signed=number.signed)),
        normal=clean(beside),
    )


def _candidates(evidence: Iterable[Evidence]) -> Iterable[_Candidate]:
    for one in evidence:
        if one.value is None or not isfinite(one.value):
            continue
        baseline = one.baseline if one.baseline is not None and isfinite(one.baseline) else None
        number = known(one)
        normal = baseline if number.beside == "normal" or number.unit in ("% of normal", "x usual") else None
        plainness = 1 if normal is None else USUAL if _is_near(one.value, normal, one.sigma) else 0
        if number.family == "heard" and baseline is not None:
            plainness = USUAL if one.value <= baseline else 0
        if number.family == "peg":
            # A few percent are much there, and it is only said where the peg is off.
            plainness = 0
        yield _Candidate(one, number, plainness, abs(one.value - (baseline or 0.0)))


def _is_near(value: float, normal: float, sigma: float | None) -> bool:
    if sigma is not None:
        return abs(sigma) < NEAR_SIGMAS
    size, usual = abs(value), abs(normal)
    return usual / NEAR <= size <= usual * NEAR


def _asked(family: str) -> int:
    return ASKED.index(family) if family in ASKED else len(ASKED)
