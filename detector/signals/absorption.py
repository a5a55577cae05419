"""S1 and S4: all movement is one movement, and then it is none.

In a shock assets move as one; in a void each falls through its own empty book, so the same ratio breaks down while
moves are large. Neither pages by itself: it says what kind of hour it is. Blind with fewer than six assets, and for ten
minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from detector.about import About
from detector.bars import Ring
from detector.beside import beside
from detector.overview import Overview
from detector.stats.absorption import EVERY_S, MOST_ASSETS, Absorption
from detector.stats.rolling_median import RollingMedian
from detector.verdict import ANY, CALM, WARN, WATCH, Verdict, calm, towards, unknown
from schemas.alert import MARKET, Evidence

TOGETHER = "S1.absorption/1"
APART = "S4.decoupling/1"

ABOUT = (
    About(
        rule=TOGETHER,
        stage="S1",
        place="market",
        told="assets move as one",
        sees="absorption ratio of ten minutes at 0.70 and 0.15 above its own hour",
        blind="fewer than six assets with ten minutes of prices; it lags a shock by seconds to a minute",
        reads=("trades",),
        source="Kritzman et al. 2011: first eigenvalue share of the correlation of five-second returns",
        clears="the ratio is back within 0.075 of its hour",
        limits=("coupling.together", "coupling.above_usual"),
    ),
    About(
        rule=APART,
        stage="S4",
        place="market",
        told="assets fall apart from each other",
        sees="absorption ratio 0.25 below the peak of half an hour while the median market moves 3 % in a minute",
        blind="as the absorption ratio; a void that begins without a common shock before it",
        reads=("trades",),
        source="fall of the absorption ratio from its peak",
        clears="the median market moves less than 1.5 % in a minute, for a minute",
        limits=("coupling.fall", "coupling.move"),
    ),
)

PEAK_STEPS = 360
"""Half an hour of five-second steps."""

STALE_S = 60


class Coupling(msgspec.Struct):
    """Memory: the ratio, what is usual for it, and its peak of half an hour."""

    ratio: Absorption = msgspec.field(default_factory=Absorption)
    usual: RollingMedian = msgspec.field(default_factory=RollingMedian)
    recent: Ring = msgspec.field(default_factory=lambda: Ring.of(PEAK_STEPS))
    peak: float = 0.0
    peak_step: int = 0
    markets: dict[str, str] = {}
    """Which market stands for each asset: a change of market is no move."""

    def evaluate(self, view: Overview, learn: bool) -> Iterator[Verdict]:
        """Two verdicts for the market."""
        now_s = view.now_ns // 1_000_000_000
        if self.ratio.due(now_s):
            self.ratio.offer(now_s, self._prices(view))
            self._remember(now_s, learn)
        value, usual = self.ratio.value, self.usual.value
        yield unknown(TOGETHER, "S1") if value is None or usual is None else self._together(view, value, usual)
        yield unknown(APART, "S4") if value is None else self._apart(view, value)

    def _together(self, view: Overview, value: float, usual: float) -> Verdict:
        limits = view.config.coupling
        on = value >= limits.together and value >= usual + limits.above_usual
        if not on and value < usual + limits.above_usual / 2:
            return calm(TOGETHER, "S1")
        evidence = (
            beside(
                self.usual,
                signal="absorption_ratio",
                value=value,
                digits=3,
                unit="ratio",
                threshold=max(limits.together, usual + limits.above_usual),
                note=f"{self.ratio.assets} assets",
            ),
        )
        severity = WATCH if on else CALM
        return Verdict(
            TOGETHER,
            "S1",
            MARKET,
            ANY,
            severity,
            True,
            direction=towards(view.middle_move),
            evidence=evidence if on else (),
        )

    def _apart(self, view: Overview, value: float) -> Verdict:
        limits = view.config.coupling
        size, fell = abs(view.middle_move), self.peak - value
        if size < limits.move / 2 or fell < limits.fall / 2:
            return calm(APART, "S4")
        on = size >= limits.move and fell >= limits.fall
        evidence: tuple[Evidence, ...] = ()
        if on:
            evidence = (
                beside(self.usual, signal="absorption_ratio", value=value, digits=3, unit="ratio"),
                Evidence(signal="fell_from_peak", value=round(fell, 3), threshold=limits.fall, unit="ratio"),
                Evidence(
                    signal="median_move_60s", value=round(view.middle_move, 5), threshold=limits.move, unit="fraction"
                ),
            )
        return Verdict(
            APART,
            "S4",
            MARKET,
            ANY,
            WARN if on else CALM,
            True,
            direction=towards(view.middle_move),
            evidence=evidence,
        )

    def _remember(self, now_s: int, learn: bool) -> None:
        value, step = self.ratio.value, now_s // EVERY_S
        if value is None:
            return
        if learn:
            self.usual.offer(now_s, value)
        self.recent.put(step, value)
        if value >= self.peak:
            self.peak, self.peak_step = value, step
        elif step - self.peak_step >= PEAK_STEPS:
            known = [(old, -back) for back in range(PEAK_STEPS) if (old := self.recent.ago(step, back)) == old]
            self.peak, back = max(known)
            self.peak_step = step + back

    def _prices(self, view: Overview) -> dict[str, float]:
        """One market's price for each of at most 50 assets, the large ones first."""
        majors, large = view.config.majors, view.config.large
        order = sorted(view.assets, key=lambda a: (a.asset not in majors, a.asset not in large, a.asset))
        found: dict[str, float] = {}
        for reading in order:
            if reading.asset in view.config.collateral.pegs:
                continue
            fresh = {
                f"{market.venue}|{market.instrument}": market.price
                for market in reading.markets
                if market.price is not None and view.fresh(market, STALE_S)
            }
            if not fresh:
                continue
            before = self.markets.get(reading.asset)
            chosen = before if before in fresh else min(fresh)
            self.markets[reading.asset] = chosen
            found[reading.asset] = fresh[chosen] if chosen == before else float("nan")
            if len(found) == MOST_ASSETS:
                break
        return dict(sorted(found.items()))
