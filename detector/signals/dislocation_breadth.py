"""S4: several assets have different prices in different places at once.

The second largest lasting deviation of all assets: one asset apart is its own story, two are the market's. Blind while
fewer than two assets have comparable markets, and to calm while one that was apart cannot be compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from detector.about import About
from detector.overview import NS, Overview
from detector.verdict import ANY, CRITICAL, EMERGENCY, HIGH, WATCH, Verdict, grade, towards, unknown
from schemas.alert import MARKET, Evidence

RULE = "S4.dislocation_breadth/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S4",
        place="market",
        told="prices apart between venues",
        sees="the second largest deviation of all assets at 0.5, 1, 3 %; the third at 5 %",
        blind="fewer than two assets with comparable markets",
        reads=("trades", "receive times"),
        source="order statistic of the assets' deviations",
        clears="the second largest deviation below 0.25 % for a minute",
        limits=(
            "void.dislocation_watch",
            "void.dislocation_warn",
            "void.dislocation_critical",
            "void.dislocation_void",
        ),
    ),
)


class Apart(msgspec.Struct):
    """Memory: which assets were apart when they could be compared last, and when that was."""

    last_s: dict[str, int] = {}

    def evaluate(self, view: Overview) -> Iterator[Verdict]:
        """One verdict for the market."""
        limits, now_s = view.config.void, view.now_ns // NS
        off = limits.dislocation_watch / 2
        hidden = self._hidden(view, off, now_s)
        sizes = view.dislocations
        if len(sizes) < 2 or (hidden and sizes[1] < off):
            yield unknown(RULE, "S4")
            return
        second = sizes[1]
        third = sizes[2] if len(sizes) > 2 else 0.0
        severity = grade(
            second,
            (limits.dislocation_watch, WATCH),
            (limits.dislocation_warn, HIGH),
            (limits.dislocation_critical, CRITICAL),
        )
        if third >= limits.dislocation_void:
            severity = EMERGENCY
        evidence = (
            Evidence(
                signal="second_largest_deviation",
                value=round(second, 5),
                threshold=limits.dislocation_watch,
                unit="fraction",
            ),
            Evidence(
                signal="assets_beyond_half_percent",
                value=float(sum(s >= limits.dislocation_watch for s in sizes)),
                unit="assets",
            ),
        )
        yield Verdict(
            RULE,
            "S4",
            MARKET,
            ANY,
            severity,
            second >= off,
            direction=towards(view.middle_move),
            evidence=evidence if severity else (),
        )

    def _hidden(self, view: Overview, off: float, now_s: int) -> bool:
        """Whether an asset that was apart cannot be compared now; remembered for a quarter of an hour."""
        for reading in view.assets:
            if reading.dislocation is not None:
                if reading.dislocation >= off:
                    self.last_s[reading.asset] = now_s
                else:
                    self.last_s.pop(reading.asset, None)
        oldest_s = now_s - view.config.timing.resolve_s
        for asset in [asset for asset, last_s in self.last_s.items() if last_s < oldest_s]:
            del self.last_s[asset]
        return any(last_s < now_s for last_s in self.last_s.values())
