"""The score of napo99/TG-Bot (`SIGNAL_GENERATION_DOCS.md`): six parts, levels, and regimes that desensitise it.

Not published, and read charitably: an unknown open interest, funding or price of BTC adds nothing; two venues that
both liquidate an asset within a minute are correlated; acceleration compares two windows of ten seconds; a message is
sent at ALERT and above, as its channel of alerts has it, and again only for a higher level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from detector.bars import Ring
from detector.baselines.baseline import Need
from detector.baselines.napo99_regime import Regime, Volatility
from detector.conditions import NS
from detector.kernel import Window
from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import DerivativeState, Liquidation, OpenInterest, Trade

VELOCITY_NORM = 50.0
"""Liquidations a second, over ten seconds."""
ACCELERATION_NORM = 20.0
"""Of that, a second."""
USD_NORM = 50e6
"""In a minute."""
OPEN_INTEREST_NORM = 0.05
"""Change in a minute."""
FUNDING_NORM = 0.001
RISK_NORM = 5.0
LEVELS = ((0.9, "EXTREME"), (0.7, "CRITICAL"), (0.5, "ALERT"))
TOGETHER_NS = 60 * NS


class _Asset(msgspec.Struct):
    window: Window = msgspec.field(default_factory=lambda: Window((10 * NS, 20 * NS, 60 * NS)))
    venues_ns: dict[str, int] = {}
    """When each venue last liquidated."""
    open_interest: dict[tuple[str, str], float] = {}
    earlier: dict[tuple[str, str], Ring] = {}
    """Open interest of the last minute, by market."""
    funding: dict[tuple[str, str], float] = {}
    told: int = 0
    """How many levels up the last message was."""

    def close_second(self, now_s: int) -> None:
        for market, value in self.open_interest.items():
            if market not in self.earlier:
                self.earlier[market] = Ring.of(61)
            self.earlier[market].put(now_s, value)

    def open_interest_change(self, now_s: int) -> float:
        """The largest of any market."""
        changes = [
            abs(value / before - 1.0)
            for market, value in self.open_interest.items()
            if (before := self.earlier[market].ago(now_s, 60)) > 0
        ]
        return max(changes, default=0.0)

    def score(self, now_s: int, regime: Regime) -> tuple[float, float, float]:
        """The score, liquidations a second, and their change a second."""
        now_ns = now_s * NS
        recent = self.window.count(0, now_ns)
        velocity, earlier = recent / 10.0, (self.window.count(1, now_ns) - recent) / 10.0
        acceleration = (velocity - earlier) / 10.0
        fast = min(1.0, velocity / (VELOCITY_NORM * regime.velocity))
        faster = min(1.0, abs(acceleration) / (ACCELERATION_NORM * regime.velocity))
        score = (
            0.25 * fast
            + 0.20 * faster
            + 0.20 * min(1.0, self.window.sum(2, now_ns) / (USD_NORM * regime.volume))
            + 0.15 * min(1.0, self.open_interest_change(now_s) / OPEN_INTEREST_NORM)
            + 0.10 * min(1.0, max(map(abs, self.funding.values()), default=0.0) / FUNDING_NORM)
            + 0.10 * min(1.0, regime.risk / RISK_NORM)
        )
        if faster > 0.8 and fast > 0.7:
            score *= 1.5
        if sum(now_ns - last_ns <= TOGETHER_NS for last_ns in self.venues_ns.values()) > 1:
            score *= 1.2
        return score * regime.risk * regime.sensitivity, velocity, acceleration


class Score:
    """The score of each asset with liquidations, every second."""

    needs: tuple[Need, ...] = ("liquidations",)
    hears: frozenset[type[Event]] = frozenset({Liquidation, OpenInterest, DerivativeState, Trade})
    ready = True

    def __init__(self) -> None:
        self._assets: dict[str, _Asset] = {}
        self._volatility = Volatility()

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Nothing yet: it looks every second."""
        place = event.venue, event.instrument
        if isinstance(event, Trade):
            if market.base == "BTC" and event.print == "market":
                self._volatility.on_price(place, event.price)
            return ()
        if market.base not in self._assets:
            self._assets[market.base] = _Asset()
        asset = self._assets[market.base]
        if isinstance(event, Liquidation):
            asset.window.add(now_ns, event.notional_usd or 0.0)
            asset.venues_ns[event.venue] = now_ns
        elif isinstance(event, OpenInterest):
            asset.open_interest[place] = event.open_interest
        elif isinstance(event, DerivativeState) and event.funding_rate is not None:
            asset.funding[place] = event.funding_rate
        return ()

    def close_second(self, now_s: int) -> Iterator[Alarm]:
        """An alarm for each asset that reached a higher level."""
        self._volatility.close_second()
        regime: Regime | None = None
        for name, asset in self._assets.items():
            asset.close_second(now_s)
            if not asset.window.count(2, now_s * NS):
                asset.told = 0
                continue
            regime = regime or self._volatility.regime()
            score, velocity, acceleration = asset.score(now_s, regime)
            level = _level(score, velocity, acceleration)
            if level > asset.told:
                yield Alarm(now_s * NS, name, f"{LEVELS[-level][1]} {score:.2f} in regime {regime.name}")
            asset.told = level


def _level(score: float, velocity: float, acceleration: float) -> int:
    """0 below ALERT, 1 at it, 2 at CRITICAL, 3 at EXTREME; very fast liquidations reach the last two by themselves."""
    level = sum(score >= least for least, _ in LEVELS)
    if velocity > 100.0 and acceleration > 40.0:
        return 3
    return max(level, 2) if velocity > 50.0 and acceleration > 20.0 else level
