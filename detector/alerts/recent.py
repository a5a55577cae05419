"""The last quarter of an hour of everything, for pictures. Pure: it takes readings and transitions as they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan

import numpy as np

from detector.alerts.recent_asset import RecentAsset
from detector.alerts.recent_stages import RecentStages
from detector.alerts.slim_reading import SlimReading
from detector.alerts.window import (
    STEP_NS,
    STEPS,
    STEPS_OF_A_MINUTE,
    Series,
    Window,
    from_first,
    middles,
    step_of,
    total,
    unrolled,
)
from schemas.alert import MARKET, ActiveCondition, Direction, Transition
from schemas.reading import Reading

LARGEST_BYTES = 14_000
"""What one asset of three markets takes at the most, stages included: 28 MB for 2,000."""
FORGET_STEPS = 1_440
"""An asset of which nothing was read for two hours is forgotten."""
MOST_LINES = 3
MAJORS = ("BTC", "ETH")
BESIDE = "BTC"
NORMAL_MINUTES = 60
LEAST_MINUTES = 3
"""Fewer say nothing about what is normal."""
ENOUGH_KNOWN = 0.9
"""The share of the depth whose normal must be known before the sum is called normal."""


class Recent:
    """Remembers `STEPS` steps of every asset, and two hours of its depth by the minute."""

    def __init__(self) -> None:
        self.assets: dict[str, RecentAsset] = {}
        self._stages = RecentStages()
        self._waiting: dict[int, Reading | SlimReading] = {}
        """The newest of each partition: only the last of a step is worth the work."""
        self._heard = [0] * STEPS
        """The step that was last heard in each place of the ring."""
        self._forgot = 0

    def take_reading(self, reading: Reading | SlimReading) -> None:
        """One second of one partition of the assets."""
        step = step_of(reading.ts_ns)
        waiting = self._waiting.get(reading.partition)
        if waiting is not None and step > step_of(waiting.ts_ns):
            self._keep(waiting)
        if waiting is None or reading.ts_ns > waiting.ts_ns:
            self._waiting[reading.partition] = reading
        self._heard[step % STEPS] = max(step, self._heard[step % STEPS])
        if step - self._forgot >= STEPS:
            self._forget(step)

    def take_transition(self, transition: Transition) -> None:
        """A condition that began, changed or cleared."""
        self._stages.take(transition)

    def window(
        self,
        scopes: Sequence[str],
        now_ns: int,
        *,
        since_ns: int,
        direction: Direction = "down",
        conditions: Sequence[ActiveCondition] = (),
    ) -> Window:
        """What there is to show.

        Parameters
        ----------
        scopes
            Base assets, the main ones first; with `market` among them the whole market is shown.
        since_ns
            When the episode began: what is normal for depth was before.
        direction
            Which way the worst of the market's assets went.
        conditions
            What holds besides what transitions told, as somebody who came late knows from an alert.
        """
        for reading in self._waiting.values():
            self._keep(reading)
        end = step_of(now_ns)
        whole = MARKET in scopes
        names = [name for name in (sorted(self.assets) if whole else scopes) if name in self.assets]
        assets = [self.assets[name] for name in names]
        newest = [asset.step for asset in assets]
        forced = [(asset.step, asset.liquidated) for asset in assets if asset.liquidated is not None]
        longs, shorts = (
            total(unrolled([sides[side] for _, sides in forced], [step for step, _ in forced], end)) for side in (0, 1)
        )
        depths = unrolled([asset.depth for asset in assets], newest, end)
        return Window(
            end_ns=(end + 1) * STEP_NS,
            heard=np.array([self._heard[step % STEPS] == step for step in range(end - STEPS + 1, end + 1)]),
            prices=self._prices(names, end, direction, conditions, whole=whole),
            depth_usd=total(depths),
            blind_usd=total(unrolled([asset.blind for asset in assets], newest, end)),
            normal_usd=_normal(assets, depths, step_of(since_ns)),
            longs_usd=longs,
            shorts_usd=shorts,
            bands=self._stages.window((MARKET,) if whole else scopes, end, conditions),
        )

    def _prices(
        self, names: list[str], end: int, direction: Direction, conditions: Iterable[ActiveCondition], *, whole: bool
    ) -> dict[str, Series]:
        """The first few assets, beside one of them BTC. Of the market BTC and ETH, or the two that are traded most, and
        that of those concerned which went furthest.
        """
        if not whole:
            names = [*names[:MOST_LINES], *((BESIDE,) if len(names) == 1 and BESIDE in self.assets else ())]
        shown = [self.assets[name] for name in names]
        rows = from_first(unrolled([asset.price for asset in shown], [asset.step for asset in shown], end))
        lines = dict(zip(names, rows, strict=True))
        if not whole:
            return lines
        ways = {"down": 1 - np.fmin.reduce(rows, axis=1), "up": np.fmax.reduce(rows, axis=1) - 1}
        ways["none"] = np.fmax(ways["down"], ways["up"])
        moves = {name: move for name, move in zip(names, ways[direction].tolist(), strict=True) if not isnan(move)}
        by_trades = sorted(moves, key=lambda name: (name not in MAJORS, -self.assets[name].traded_usd, name))
        main = sorted(by_trades[: MOST_LINES - 1])
        concerned = {condition.asset for condition in conditions}.intersection(moves).difference(main)
        others = sorted(concerned or moves.keys() - set(main))
        worst = [max(others, key=lambda name: moves[name])] if others else []
        return {name: lines[name] for name in (*main, *worst)}

    def _keep(self, reading: Reading | SlimReading) -> None:
        for asset in reading.assets:
            recent = self.assets.get(asset.asset)
            if recent is None:
                recent = self.assets[asset.asset] = RecentAsset()
            recent.take(asset.markets, reading.ts_ns)

    def _forget(self, step: int) -> None:
        self._forgot = step
        self._stages.forget(step)
        for name in [name for name, asset in self.assets.items() if asset.step < step - FORGET_STEPS]:
            del self.assets[name]


def _normal(assets: Sequence[RecentAsset], depths: Series, before: int) -> float | None:
    """The sum of the median depths of the hour before; None where that is unknown for too much of it."""
    last = before // STEPS_OF_A_MINUTE - 1
    calm = unrolled([asset.calm for asset in assets], [asset.minute for asset in assets], last, NORMAL_MINUTES)
    normals = middles(calm, LEAST_MINUTES)
    largest = np.nan_to_num(np.fmax.reduce(depths, axis=1))
    known = ~np.isnan(normals)
    if not known.any() or largest[known].sum() < ENOUGH_KNOWN * largest.sum():
        return None
    return float(normals[known].sum())
