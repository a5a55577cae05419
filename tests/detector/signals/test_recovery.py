from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from detector.engine import Engine
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.shard import Output
from detector.signals import recovery
from detector.signals.recovery import Recoveries
from detector.state import decode_tree, encode_tree
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, WATCH, Verdict
from detector.world import NS, key_of
from schemas.alert import Transition
from schemas.base import Event
from schemas.market import BookSnapshot, Trade
from tests.kit.markets import START_S, Scene, find, instrument, ladder, levels, said

PERP, SPOT = instrument(), instrument(venue="coinbase", quote="USD", market="spot")
KEY = key_of(PERP.venue, PERP.instrument)
WEEK_S = 7 * 86_400
USUAL_USD = 1_000_000.0


class Aftermath:
    """One market whose ordinary baselines froze, were put aside, and have learnt whatever they like since."""

    def __init__(self, *, basis: float | None = 0.001) -> None:
        self.scene = Scene(PERP)
        self.market = self.scene.market(PERP)
        self.market.ensure_book()
        self.memory = Recoveries()
        self.bases = {KEY: RollingMedian(value=basis)}
        self.usual(USUAL_USD)
        self.shocked_s = self.scene.now_s
        self.frozen_s = self.scene.now_s - 100

    def usual(self, usd: float) -> None:
        """What ordinary baselines call usual."""
        for side in (BID, ASK):
            self.market.quotes.usual_depth[cell(side, ONE_PERCENT)].value = usd

    def second(
        self, *, bid: float = 1.0, ask: float = 1.0, apart: float | None = 0.001, learn: bool = True
    ) -> list[Verdict]:
        """A second in which the depth is so much of what was usual before, and the price so far from its peers."""
        self.scene.world.now_s += 1
        for side, share in ((BID, bid), (ASK, ask)):
            self.market.quotes.depth_usd[cell(side, ONE_PERCENT)] = share * USUAL_USD
        found = self.memory.evaluate(
            self.scene.world,
            self.bases,
            {} if apart is None else {KEY: apart},
            shocked_ns=self.shocked_s * NS,
            frozen_since_ns=self.frozen_s * NS,
            learn=learn,
        )
        return list(found)

    def after(self) -> Aftermath:
        """A minute after the shock."""
        for _ in range(60):
            self.second(learn=False, bid=0.3, ask=0.3, apart=None)
        return self


@pytest.mark.parametrize(
    ("bid", "ask", "severity", "holds", "direction"),
    [
        (0.59, 1.0, WATCH, True, "down"),
        (1.0, 0.59, WATCH, True, "up"),
        (0.61, 1.0, CALM, True, "none"),
        (1.0, 0.79, CALM, True, "none"),
        (0.81, 0.9, CALM, False, "none"),
        (float("nan"), 0.5, WATCH, True, "up"),
    ],
)
def test_depth_is_held_against_what_was_usual_before(
    bid: float, ask: float, severity: int, holds: bool, direction: str
) -> None:
    """After an hour of it a book that is half gone is usual, and nobody says so any more."""
    scene = Aftermath().after()
    scene.usual(0.4 * USUAL_USD)
    verdict = find(scene.second(bid=bid, ask=ask), recovery.DEPTH)
    assert said(verdict) == (severity, holds, True, direction)
    assert verdict.confirm == (10 if severity else 2)


def test_its_evidence_is_the_number_now_and_before_and_since_when() -> None:
    """An aftermath without numbers is an opinion."""
    scene = Aftermath().after()
    depth, spread = find(scene.second(ask=0.5), recovery.DEPTH).evidence
    assert (depth.signal, depth.value, depth.baseline, depth.since_ns) == (
        "ask_depth_1pct",
        0.5 * USUAL_USD,
        USUAL_USD,
        scene.frozen_s * NS,
    )
    assert spread.signal == "spread"
    (basis,) = find(scene.second(apart=0.0071), recovery.BASIS).evidence
    assert (basis.value, basis.baseline, basis.threshold) == (0.0071, 0.001, 0.006)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("off", "severity", "holds"),
    [(0.0051, WATCH, True), (0.0049, CALM, True), (0.0026, CALM, True), (0.0024, CALM, False)],
)
def test_a_basis_is_held_against_what_was_usual_before(sign: int, off: float, severity: int, holds: bool) -> None:
    """COIN-M perpetuals stood 10 % below spot three hours after the crash of 10 October 2025."""
    scene = Aftermath().after()
    scene.bases[KEY].value = 0.001 + sign * off
    verdict = find(scene.second(apart=0.001 + sign * off), recovery.BASIS)
    direction = "none" if not severity else "up" if sign > 0 else "down"
    assert said(verdict) == (severity, holds, True, direction)


def test_what_cannot_be_seen_is_unknown() -> None:
    """A dead feed would have recovered."""
    scene = Aftermath().after()
    nan = float("nan")
    assert [verdict.known for verdict in scene.second(bid=nan, ask=nan, apart=None)] == [False, False]


def test_only_what_was_known_before_is_asked_about() -> None:
    """A market that began in the crash has nothing to return to."""
    scene = Aftermath(basis=None)
    assert [verdict.rule for verdict in scene.after().second()] == [recovery.DEPTH]
    fresh = Aftermath(basis=None)
    for side in (BID, ASK):
        fresh.market.quotes.usual_depth[cell(side, ONE_PERCENT)].value = None
    assert fresh.after().second() == []
    assert fresh.memory.before == {}


def test_an_older_memory_is_of_calmer_times() -> None:
    """The second shock of a day would take the first one's aftermath for what was usual."""
    scene = Aftermath().after()
    scene.usual(0.4 * USUAL_USD)
    for _ in range(100):
        scene.second(bid=0.4, ask=0.4, learn=False)
    assert find(scene.second(bid=0.4, ask=0.4), recovery.DEPTH).severity == WATCH


def test_a_memory_goes_when_all_is_as_before_and_usually_so() -> None:
    """A state that only grows, and an aftermath that is told for ever; or one calm minute that ends it."""
    scene = Aftermath().after()
    scene.usual(0.4 * USUAL_USD)
    for _ in range(200):
        scene.second()
    assert list(scene.memory.before) == [KEY]
    scene.usual(0.9 * USUAL_USD)
    scene.second(learn=False)
    assert list(scene.memory.before) == [KEY]
    scene.second()
    assert scene.memory.before == {}
    assert scene.second() == []


def test_after_a_week_the_new_regime_is_usual() -> None:
    """A venue that lost its largest maker for good would be told of for ever."""
    scene = Aftermath().after()
    scene.scene.world.now_s = scene.frozen_s + WEEK_S - 2
    assert find(scene.second(bid=0.4), recovery.DEPTH).severity == WATCH
    scene.second(bid=0.4)
    assert scene.second(bid=0.4) == []


# The whole way: a shock, its aftermath, its end

CALM_S, LASTS_S = 620, 400


def told_second(second: int, sign: int) -> Iterator[Event]:
    """A perpetual and a spot market: ten calm minutes, 2 % in 20 s, half the depth and a basis of 0.8 % for a while."""
    t = second - CALM_S
    at_ns = (START_S + second) * NS
    wrong = 0 <= t < LASTS_S
    mid = 100.0 * (1 + 1e-4 * (second % 3) + sign * 0.02 * min(max(t, 0) / 20, 1.0))
    for market, price in ((PERP, mid), (SPOT, mid * (1.008 if wrong else 1.0))):
        ts_ns = at_ns + NS // 2
        yield Trade(
            venue=market.venue,
            instrument=market.instrument,
            ts_event_ns=ts_ns,
            ts_recv_ns=ts_ns + NS // 20,
            price=price,
            qty=1.0,
            notional_usd=price,
            taker="buy" if second % 2 else "sell",
            trade_id=None,
        )
    if second % 5 == 0 or 0 <= t < 30 or t == LASTS_S:
        bids, asks = ladder(mid, usd=100_000.0 + second % 7)
        keep = 0.4 if wrong else 1.0
        bids, asks = ([(round(price, 2), qty) for price, qty in side] for side in (bids, asks))
        thin = [(price, qty * keep) for price, qty in (bids if sign < 0 else asks)]
        yield BookSnapshot(
            venue=PERP.venue,
            instrument=PERP.instrument,
            ts_event_ns=at_ns + NS // 4,
            ts_recv_ns=at_ns + NS // 3,
            bids=levels(thin if sign < 0 else bids),
            asks=levels(asks if sign < 0 else thin),
            keeps_far_levels=False,
        )


@cache
def whole_way(sign: int, cut_s: int | None = None) -> tuple[list[Output], dict[str, object]]:
    """All that is said, and what is remembered at the end; with a restart at a second of the crash's clock."""
    engine = Engine()
    out = engine.feed([PERP, SPOT])
    for second in range(CALM_S + 1_100):
        if cut_s is not None and second == CALM_S + cut_s:
            saved, engine = engine.snapshot(), Engine()
            engine.restore(saved)
        out += engine.feed(told_second(second, sign))
    return out + engine.finish(), dict(engine.shard.assets["BTC"].memory.recoveries.before)


def spans(out: list[Output]) -> dict[str, list[tuple[int, str]]]:
    """For each condition of this file when it began and ended, in seconds after the shock's beginning, and its way."""
    found: dict[str, list[tuple[int, str]]] = {}
    for told in out:
        if isinstance(told, Transition) and told.stage == "R":
            second = told.ts_ns // NS - START_S - CALM_S
            found.setdefault(f"{told.rule} {told.venue}", []).append((second, told.direction if told.active else ""))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "direction", "basis"), [(-1, "down", "down"), (1, "up", "down")])
def test_an_aftermath_begins_after_the_shock_and_ends_a_minute_after_all_is_as_before(
    sign: int, direction: str, basis: str
) -> None:
    """Whoever reads RESOLVED would trade into a book that is not there."""
    out, remembered = whole_way(sign)
    found = spans(out)
    assert set(found) == {"R.depth/1 binance-usdm", "R.basis/1 binance-usdm", "R.basis/1 coinbase"}
    for place, ((began_s, way), (ended_s, _)) in found.items():
        assert 80 <= began_s <= 260, place
        assert LASTS_S + 58 <= ended_s <= LASTS_S + 65, place
        assert way == (direction if "depth" in place else basis if "binance" in place else "up")
    assert remembered == {}


@pytest.mark.slow
@pytest.mark.parametrize("cut_s", [10, 300])
def test_it_survives_a_restart(cut_s: int) -> None:
    """A worker that takes over after the crash would know no other usual than the aftermath."""
    assert whole_way(-1, cut_s)[0] == whole_way(-1)[0]


def test_a_memory_is_saved_as_it_is() -> None:
    """What is not saved is forgotten by the next deployment."""
    memory = Aftermath().after().memory
    assert encode_tree(decode_tree(encode_tree(memory), Recoveries)) == encode_tree(memory)
