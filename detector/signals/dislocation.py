"""S4: the same asset has different prices in different places. The earliest and most specific mark of a void.

Each market's last trade against the median of its peers, less the hour's median of that difference (the basis). With
two
markets the pair is named and nobody is blamed; with three or more the one away from the median is. Peers that have not
traded for ten seconds or arrive late are left out. Blind with one market an asset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan, nan

import msgspec

from detector.about import About
from detector.bars import Ring
from detector.beside import beside
from detector.market import Market
from detector.stats.middle import middle
from detector.stats.rolling_median import LONGEST_FREEZE_S, RollingMedian
from detector.synchrony import age_s, price_beside
from detector.verdict import HIGH, WARN, Verdict, calm, grade, towards, unknown
from detector.world import World
from schemas.alert import MARKET, Direction, Evidence

RULE = "S4.dislocation/1"

ABOUT = (
    About(
        rule=RULE,
        stage="S4",
        place="asset",
        told="prices apart between venues",
        sees="a market 1 or 3 % off the median of its peers, in dollars and less the hour's basis, for five seconds",
        blind="one market only; peers that are late or have not traded for ten seconds; to calm, for a quarter of an "
        "hour, while a market that was apart is one of these",
        reads=("trades", "receive times"),
        source="(price - median of peers) / median of peers, less its median of an hour",
        clears="every market within 0.25 % of its peers for a minute",
        limits=(
            "void.dislocation_warn",
            "void.dislocation_critical",
            "void.dislocation_s",
            "void.peer_delay_s",
            "timing.price_stale_s",
        ),
    ),
)

STEADY = 0.005
"""A difference that stayed within so much for as long as baselines ever stand still is the new usual one: transfers
that stay suspended, a coin that was renamed or divided."""

MOST_SIDES = 6
"""Markets whose own moves are told."""


def _exchange(key: str) -> str:
    """The exchange behind a market's key: the venues of one exchange do not outvote the others."""
    return key.partition("|")[0].partition("-")[0]


class Steady(msgspec.Struct):
    """Within what bounds a difference beyond the line has stayed, and for how many seconds in which it was known."""

    low: float
    high: float
    seconds: int = 0

    def take(self, raw: float) -> None:
        """Take a second's difference; one out of bounds begins them anew."""
        self.low, self.high = min(self.low, raw), max(self.high, raw)
        self.seconds += 1
        if self.high - self.low >= STEADY:
            self.low, self.high, self.seconds = raw, raw, 0


class Dislocations(msgspec.Struct):
    """Memory: each market's usual difference, and for how long it has been beyond it."""

    usual: dict[str, RollingMedian] = {}
    recent: dict[str, Ring] = {}
    """Absolute deviation of each of the last `dislocation_s` seconds."""
    lasting: dict[str, float] = {}
    """Each comparable asset's largest deviation that has lasted, as of the last evaluation."""
    suspects: dict[str, int] = {}
    """Markets that were apart when they could be compared last, and the last second in which they were."""
    steady: dict[str, Steady] = {}
    """Of markets whose difference is beyond the line, and is not learnt therefore."""
    apart: dict[str, float] = {}
    """Each comparable market's price over the median of its peers, less one, as of the last evaluation."""

    def evaluate(self, world: World, learn: bool) -> Iterator[Verdict]:
        """One verdict an asset with two or more markets."""
        limits = world.config.void
        self.lasting, self.apart = {}, {}
        for asset, markets in world.assets():
            if len(markets) < 2 or asset in world.config.collateral.pegs:
                continue
            deviations = self._deviations(world, asset, markets, learn)
            if not deviations:
                yield unknown(RULE, "S4", MARKET, asset)
                continue
            key, size = max(deviations.items(), key=lambda item: (item[1][0], item[0]))
            lasting, signed = size
            severity = grade(lasting, (limits.dislocation_warn, WARN), (limits.dislocation_critical, HIGH))
            holds = lasting >= limits.dislocation_watch / 2
            hidden = bool(holds or self.suspects) and self._hidden(world, asset, deviations)
            if hidden and not holds:  # those that are left agree, but the one that was apart is not there
                yield unknown(RULE, "S4", MARKET, asset)
                continue
            self.lasting[asset] = lasting
            if not (severity or holds):
                yield calm(RULE, "S4", MARKET, asset)
                continue
            direction: Direction = "none"
            peers = {_exchange(k) for k in deviations if k != key} - {_exchange(key)}
            witnesses = sorted(peers) if len(peers) > 1 else []
            if witnesses:
                direction = towards(signed)
            evidence = self._evidence(world, asset, key, signed, sorted(deviations), witnesses) if severity else ()
            yield Verdict(RULE, "S4", MARKET, asset, severity, holds, direction=direction, evidence=evidence)

    def _hidden(self, world: World, asset: str, deviations: Mapping[str, tuple[float, float]]) -> bool:
        """Whether a market that was apart cannot be compared, or not for long enough yet to know that it is not."""
        off, hidden = world.config.void.dislocation_watch / 2, False
        for key in world.by_asset[asset]:
            lasting, signed = deviations.get(key, (nan, nan))
            if lasting >= off:
                self.suspects[key] = world.now_s
            elif key in self.suspects:
                again = key in deviations and not (isnan(sum(self.recent[key].cells)) and abs(signed) >= off)
                if again or world.now_s - self.suspects[key] > world.config.timing.resolve_s:
                    del self.suspects[key]
                else:
                    hidden = True
        return hidden

    def _settled(self, key: str, raw: float, beyond: bool) -> bool:
        """Whether a difference `beyond` the line has been steady for so long that it is the usual one."""
        if not beyond:
            self.steady.pop(key, None)
            return False
        steady = self.steady.get(key)
        if steady is None:
            steady = self.steady[key] = Steady(raw, raw)
        steady.take(raw)
        if steady.seconds < LONGEST_FREEZE_S:
            return False
        before, settled = self.usual[key], (steady.low + steady.high) / 2
        usual = self.usual[key] = RollingMedian(size=before.size, every_s=before.every_s, warm=before.warm)
        usual.seed([settled] * before.warm)
        del self.steady[key]
        return True

    def _evidence(
        self, world: World, asset: str, key: str, signed: float, compared: list[str], witnesses: list[str]
    ) -> tuple[Evidence, ...]:
        """The distance, and what each side did itself: with two of them nobody is to blame."""
        if witnesses:
            who = f"{key.partition('|')[0]} away from {' and '.join(witnesses)}"
        else:
            venues = dict.fromkeys(k.partition("|")[0] for k in compared)
            who = f"between {' and '.join(venues)}; nobody is to blame by this alone"
        usual = self.usual[key]
        told = [
            Evidence(
                signal="deviation_from_peers",
                value=round(signed, 5),
                threshold=world.config.void.dislocation_warn,
                unit="fraction",
                note=who,
            ),
            beside(usual, signal="basis_to_peers", value=signed + (usual.value or 0.0), digits=5, unit="fraction"),
        ]
        for other in compared[:MOST_SIDES]:
            trading = world.markets[other].trading
            told.append(
                Evidence(
                    signal="own_move_300s",
                    where=f"{other.partition('|')[0]} {asset}",
                    value=None if trading.move_300s is None else round(trading.move_300s, 5),
                    baseline=0.0,
                    unit="fraction",
                )
            )
        return tuple(told)

    def _begin(self, world: World, key: str, market: Market) -> RollingMedian:
        """A baseline for a market that is compared for the first time, with what a calibration knows of it."""
        usual = self.usual[key] = RollingMedian()
        known = world.config.calibration.of_market(market.venue, market.instrument.instrument)
        if known is not None and known.basis is not None:
            usual.seed(known.basis.quantiles)
        return usual

    def _deviations(
        self, world: World, asset: str, markets: list[Market], learn: bool
    ) -> dict[str, tuple[float, float]]:
        """For each comparable market (least |deviation| of the last seconds, signed deviation now)."""
        limits, timing = world.config.void, world.config.timing
        now_s, now_ns = world.now_s, world.now_ns
        keyed = list(zip(world.by_asset[asset], markets, strict=True))
        fresh = {
            key: (market.trading, age_s(market.trading, now_s), world.dollars(market.instrument.quote))
            for key, market in keyed
            if market.trading.fresh(now_ns, timing.price_stale_s)
            and market.in_dollars
            and market.instrument.market != "future"
            and market.delay.in_time(limits.peer_delay_s)
        }
        found: dict[str, tuple[float, float]] = {}
        for key, market in keyed:
            recent = self.recent.get(key)
            if recent is None:
                recent = self.recent[key] = Ring.of(limits.dislocation_s)
            if key not in fresh or len(fresh) < 2:
                recent.put(now_s, nan)  # what lasts, lasts without an interruption
                continue
            own, own_age_s, own_dollars = fresh[key]
            others = middle(
                [
                    price_beside(own, own_age_s, peer, peer_age_s, now_s) * dollars
                    for name, (peer, peer_age_s, dollars) in fresh.items()
                    if name != key
                ]
            )
            raw = own.price * own_dollars / others - 1.0
            self.apart[key] = raw
            usual = self.usual.get(key) or self._begin(world, key, market)
            deviation = raw - (usual.value or 0.0)
            beyond = usual.value is not None and abs(deviation) >= limits.dislocation_warn
            if (beyond or key in self.steady) and self._settled(key, raw, beyond):
                usual = self.usual[key]
                deviation = raw - (usual.value or 0.0)
            # A basis that drifts is learnt, a dislocation is not; a first basis has nothing to differ from.
            if learn and (usual.value is None or abs(deviation) < limits.dislocation_warn):
                usual.offer(now_s, raw)
            recent.put(now_s, abs(deviation))
            if usual.value is not None:
                interrupted = isnan(sum(recent.cells))
                found[key] = (0.0 if interrupted else min(recent.cells), deviation)
        return found
