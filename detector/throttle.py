"""What a throttled liquidation feed hides: from what it showed in a minute to an estimate, with its method and bounds.

What was reported is a lower bound: a feed invents nothing. Nothing here ever raises a severity; it tells a reader how
much larger the truth probably is.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log1p
from typing import Literal, NamedTuple

import msgspec

from producers.completeness import Coverage

MINUTE_S = 60

Method = Literal["complete", "occupancy", "peers", "occupancy, saturated", "partial"]


class Shown(NamedTuple):
    """What a feed showed of one side of a market in the last minute."""

    usd: float
    rows: int


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars liquidated on one market in a minute."""

    reported_usd: float
    """What the feed showed."""
    estimate_usd: float | None
    """None where a feed shows a part of which nobody knows how large it is."""
    upper_usd: float | None
    """None where no open interest tells."""
    method: Method

    @property
    def lower_usd(self) -> float:
        """A feed invents nothing: what it showed happened."""
        return self.reported_usd


def occupancy(feed: Coverage, longs: Shown, shorts: Shown) -> float:
    """Share of the last minute's slots that had a row, on the fuller side; 0 where slots are not what hides.

    >>> binance, bitget = Coverage(kind="sampled", rows=1, every_s=1.0), Coverage(kind="sampled", rows=2, every_s=1.0)
    >>> occupancy(binance, Shown(1e6, 30), Shown(1e5, 6)), occupancy(bitget, Shown(1e6, 30), Shown(1e5, 6))
    (0.6, 0.5)
    """
    if feed.kind != "sampled":
        return 0.0
    slots = _slots(feed)
    return max(min(counter.rows / slots, 1.0) for counter in _counters(feed, longs, shorts))


def by_occupancy(feed: Coverage, longs: Shown, shorts: Shown) -> float:
    """Dollars behind a sampled feed, from the slots that stayed empty.

    A counter that shows one of what fell into a slot is the photon counter whose pulses pile up: where liquidations
    come as a Poisson stream of λ a slot, a slot is empty with probability e^-λ, so λ = -ln(1 - p) of which p were shown
    (Kissick, Muir and Simpson 2010, Anal. Chem. 82, 10129). Too high where a venue shows the largest of a slot instead
    of any, too low where liquidations come in bunches.

    >>> feed = Coverage(kind="sampled", rows=1, every_s=1.0)
    >>> round(by_occupancy(feed, Shown(30_000.0, 30), Shown(0.0, 0)))
    41589
    """
    slots = _slots(feed)
    return sum(_corrected(counter, slots) for counter in _counters(feed, longs, shorts))


def estimate(
    feed: Coverage,
    longs: Shown,
    shorts: Shown,
    *,
    saturated_share: float,
    peers_usd: float | None = None,
    fell_usd: float | None = None,
    since_usd: float = 0.0,
) -> Estimate:
    """A minute of one market, given what its feed is declared to leave out.

    `peers_usd` is what uncensored venues suggest; `fell_usd` what open interest lost in the minute, as far as it is
    told; `since_usd` what was reported since that figure, which it cannot bound.

    >>> feed = Coverage(kind="sampled", rows=1, every_s=1.0)
    >>> full = estimate(feed, Shown(3.1e6, 55), Shown(0.0, 0), saturated_share=0.5, peers_usd=9e6, fell_usd=14e6)
    >>> words(full)
    'reported 3.1 M$ (at least), about 9 M$ (peers), at most 14 M$ (open interest)'
    """
    reported = longs.usd + shorts.usd
    if feed.kind == "all":
        return Estimate(reported_usd=reported, estimate_usd=reported, upper_usd=reported, method="complete")
    guess: float | None = None
    method: Method = "partial"
    if feed.kind == "sampled":
        guess, method = by_occupancy(feed, longs, shorts), "occupancy"
        if occupancy(feed, longs, shorts) >= saturated_share:
            method = "occupancy, saturated"
            if peers_usd is not None:
                guess, method = max(peers_usd, reported), "peers"
    upper = None
    if fell_usd is not None and fell_usd > 0 and reported > 0:
        unbounded = (reported if guess is None else guess) * min(since_usd / reported, 1.0)
        upper = fell_usd + unbounded
        if upper < reported:
            upper = None  # new positions hid the closed ones: this is no bound
        elif guess is not None:
            guess = min(guess, upper)
    return Estimate(reported_usd=reported, estimate_usd=guess, upper_usd=upper, method=method)


def words(found: Estimate) -> str:
    """The figures in a sentence; nothing for a complete feed, of which there is nothing to add."""
    if found.method == "complete":
        return ""
    method: str | None = found.method if found.estimate_usd is not None else None
    return sentence(found.reported_usd, found.estimate_usd, method or "", found.upper_usd)


def sentence(reported_usd: float, estimate_usd: float | None, method: str, upper_usd: float | None) -> str:
    """Lower bound, estimate and upper bound, as far as they are known.

    >>> sentence(3.14e6, None, "", None), sentence(950.0, 1_200.0, "occupancy", None)
    ('reported 3.1 M$ (at least)', 'reported 950 $ (at least), about 1.2 k$ (occupancy)')
    """
    told = [f"reported {_dollars(reported_usd)} (at least)"]
    if estimate_usd is not None:
        told.append(f"about {_dollars(estimate_usd)} ({method})")
    if upper_usd is not None:
        told.append(f"at most {_dollars(upper_usd)} (open interest)")
    return ", ".join(told)


def _slots(feed: Coverage) -> float:
    """How many rows one counter could have shown in a minute."""
    rows = feed.rows or 1
    return max(MINUTE_S / (feed.every_s or 1.0), 1.0) * (1 if rows == 2 else rows)


def _counters(feed: Coverage, longs: Shown, shorts: Shown) -> Iterable[Shown]:
    # Two rows a slot are one of each side; any other number is shared by both.
    return (longs, shorts) if feed.rows == 2 else (Shown(longs.usd + shorts.usd, longs.rows + shorts.rows),)


def _corrected(counter: Shown, slots: float) -> float:
    if not counter.rows:
        return 0.0
    # A full minute says no more than that less than half a slot was left empty.
    share = min(counter.rows / slots, 1.0 - 0.5 / slots)
    return counter.usd * -log1p(-share) / share


def _dollars(usd: float) -> str:
    for limit, unit in ((1e9, "G$"), (1e6, "M$"), (1e3, "k$")):
        if usd >= limit:
            return f"{usd / limit:.2g} {unit}" if usd < 10 * limit else f"{usd / limit:.0f} {unit}"
    return f"{usd:.0f} $"
