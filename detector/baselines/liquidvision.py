"""LiquidVision.app as it is described: a coin's minute against its own normal one of seven days, told after the burst.

Not published, and read charitably: a burst is ten times the normal minute and at least 100,000 dollars; the normal
minute is the mean of all that were no burst, from twenty of them on; the burst is over with the first minute that is
none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from detector.baselines.baseline import Need
from detector.conditions import NS
from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Liquidation

MINUTES = 7 * 1440
AT_LEAST_MINUTES = 20
TIMES = 10.0
FLOOR_USD = 100_000.0
MARKET_WIDE = 3
"""Coins with a burst in the same minute."""


class _Coin(msgspec.Struct):
    usd: float = 0.0
    """In the minute that goes on."""
    calm: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=MINUTES))
    calm_usd: float = 0.0
    burst_minutes: int = 0
    burst_usd: float = 0.0
    market_wide: bool = False

    def bursts(self) -> bool:
        normal = self.calm_usd / len(self.calm) if len(self.calm) >= AT_LEAST_MINUTES else 0.0
        return normal > 0.0 and self.usd >= max(TIMES * normal, FLOOR_USD)

    def learn(self) -> None:
        if len(self.calm) == MINUTES:
            self.calm_usd -= self.calm[0]
        self.calm.append(self.usd)
        self.calm_usd += self.usd


class Bursts:
    """Calendar minutes of each coin at all venues, both sides together."""

    needs: tuple[Need, ...] = ("liquidations",)
    hears: frozenset[type[Event]] = frozenset({Liquidation})

    def __init__(self) -> None:
        self._coins: dict[str, _Coin] = {}

    @property
    def ready(self) -> bool:
        """Whether any coin has a normal minute."""
        return any(len(coin.calm) >= AT_LEAST_MINUTES for coin in self._coins.values())

    def feed(self, event: Event, market: Instrument, now_ns: int) -> Iterable[Alarm]:
        """Nothing yet: it looks at whole minutes."""
        if isinstance(event, Liquidation):
            if market.base not in self._coins:
                self._coins[market.base] = _Coin()
            self._coins[market.base].usd += event.notional_usd or 0.0
        return ()

    def close_second(self, now_s: int) -> Iterator[Alarm]:
        """An alarm for each coin whose burst is over."""
        if now_s % 60:
            return
        bursting = [asset for asset, coin in self._coins.items() if coin.bursts()]
        for asset, coin in self._coins.items():
            if asset in bursting:
                coin.burst_minutes += 1
                coin.burst_usd += coin.usd
                coin.market_wide |= len(bursting) >= MARKET_WIDE
            else:
                coin.learn()
                if coin.burst_minutes:
                    wide = ", market-wide" if coin.market_wide else ""
                    yield Alarm(
                        now_s * NS,
                        asset,
                        f"a burst of {coin.burst_minutes} min and {coin.burst_usd:,.0f} USD ended{wide}",
                    )
                coin.burst_minutes, coin.burst_usd, coin.market_wide = 0, 0.0, False
            coin.usd = 0.0
