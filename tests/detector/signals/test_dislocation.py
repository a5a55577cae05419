import pytest

from detector.calibration.calibrated import Calibrated, Calibration, Usual
from detector.config import Config
from detector.signals.dislocation import RULE, Dislocations
from detector.stats.rolling_median import LONGEST_FREEZE_S, RollingMedian
from detector.verdict import CALM, HIGH, WARN, Verdict
from schemas.instrument import Instrument
from tests.kit.markets import Scene, find, instrument, said

QUIET = (CALM, False, True, "none")
VENUES = ("binance-coinm", "coinbase", "kraken")


def pair(base: str, venues: tuple[str, ...] = VENUES[:2]) -> list[Instrument]:
    return [instrument(base, venue=venue, quote="USD") for venue in venues]


class Prices:
    """Assets on several venues, whose usual differences are known after two seconds."""

    def __init__(self, *assets: str, venues: tuple[str, ...] = VENUES[:2], factor: float = 1.0) -> None:
        self.assets = {asset: pair(asset, venues) for asset in assets}
        self.scene = Scene(*(definition for markets in self.assets.values() for definition in markets))
        self.signal = Dislocations()
        for markets in self.assets.values():
            for definition in markets:
                key = f"{definition.venue}|{definition.instrument}"
                self.signal.usual[key] = RollingMedian(every_s=1, warm=2, size=30)
        self.factor = factor

    def seconds(
        self, count: int = 1, *, learn: bool = False, silent: tuple[str, ...] = (), **away: float
    ) -> list[Verdict]:
        """Seconds in which an asset's first market trades so far away from the others; the last one's verdicts."""
        found: list[Verdict] = []
        for _ in range(count):
            for asset, markets in self.assets.items():
                for n, definition in enumerate(markets):
                    if definition.venue not in silent:
                        self.scene.trade(definition, self.factor * (1 + (away.get(asset, 0.0) if n == 0 else 0.0)))
            self.scene.close()
            found = list(self.signal.evaluate(self.scene.world, learn))
        return found


@pytest.mark.parametrize(
    ("away", "severity", "holds"),
    [
        (0.0, CALM, False),
        (0.0024, CALM, False),
        (0.003, CALM, True),
        (0.0099, CALM, True),
        (0.0102, WARN, True),
        (0.031, HIGH, True),
    ],
)
@pytest.mark.parametrize("factor", [1.0, 1e-5, 6e4])
def test_two_prices_of_one_asset_are_graded(away: float, severity: int, holds: bool, factor: float) -> None:
    """The earliest and most specific sign of a void, whatever the coin costs."""
    prices = Prices("AVAX", factor=factor)
    prices.seconds(40, learn=True)
    verdict = find(prices.seconds(5, AVAX=-away), RULE, asset="AVAX")
    assert (verdict.severity, verdict.holds, verdict.known) == (severity, holds, True)


def test_it_must_last_five_seconds() -> None:
    """One trade at an odd price would be a dislocation."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    found = [find(prices.seconds(AVAX=-0.05), RULE, asset="AVAX") for _ in range(6)]
    assert [verdict.severity for verdict in found] == [CALM] * 4 + [HIGH] * 2
    assert said(find(prices.seconds(), RULE, asset="AVAX")) == QUIET


def test_seconds_before_a_silence_do_not_count_as_lasting() -> None:
    """Four seconds yesterday and one today would be five."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    prices.seconds(4, AVAX=-0.05)
    prices.scene.close(1)
    silent = prices.seconds(30, silent=("coinbase",), AVAX=-0.05)
    verdict = find(silent, RULE, asset="AVAX")
    assert not verdict.known
    found = [find(prices.seconds(AVAX=-0.05), RULE, asset="AVAX") for _ in range(5)]
    assert [verdict.severity for verdict in found] == [CALM] * 4 + [HIGH]


def test_the_usual_difference_is_no_dislocation() -> None:
    """A perpetual's premium of 0.4 % would hold an alarm for days."""
    prices = Prices("AVAX")
    for _ in range(40):
        prices.seconds(1, learn=True, AVAX=0.004)
    assert said(find(prices.seconds(5, AVAX=0.004), RULE, asset="AVAX")) == QUIET
    verdict = find(prices.seconds(5, AVAX=0.0145), RULE, asset="AVAX")
    assert verdict.severity == WARN


def test_it_is_unknown_until_the_usual_difference_is_known() -> None:
    """A premium would be an alarm at every start."""
    prices = Prices("AVAX")
    prices.signal.usual.clear()
    found = prices.seconds(30, learn=True, AVAX=-0.05)
    assert not find(found, RULE, asset="AVAX").known


@pytest.mark.parametrize("sign", [-1, 1])
def test_with_two_markets_nobody_is_blamed(sign: int) -> None:
    """Which of two prices is the wrong one cannot be known from them."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    verdict = find(prices.seconds(5, AVAX=sign * 0.04), RULE, asset="AVAX")
    assert said(verdict) == (HIGH, True, True, "none")
    assert verdict.evidence[0].note == "between binance-coinm and coinbase; nobody is to blame by this alone"


@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_with_three_markets_the_one_away_from_the_others_is_named(sign: int, direction: str) -> None:
    """Readers must know whose price not to trust."""
    prices = Prices("AVAX", venues=VENUES)
    prices.seconds(40, learn=True)
    verdict = find(prices.seconds(5, AVAX=sign * 0.04), RULE, asset="AVAX")
    assert said(verdict) == (HIGH, True, True, direction)
    assert verdict.evidence[0].note == "binance-coinm away from coinbase and kraken"
    assert verdict.evidence[0].value == pytest.approx(sign * 0.04)


@pytest.mark.parametrize(
    "venues",
    [
        ("coinbase", "binance-coinm", "binance-spot"),  # the two are one exchange
        ("binance-coinm", "binance-spot", "coinbase"),  # a market of its own exchange is no witness
        ("binance-coinm", "binance-spot", "binance-usdm"),
    ],
)
def test_the_markets_of_one_exchange_do_not_outvote_another(venues: tuple[str, ...]) -> None:
    """An exchange whose markets fail together would blame the only one that is right."""
    prices = Prices("AVAX", venues=venues)
    prices.seconds(40, learn=True)
    verdict = find(prices.seconds(5, AVAX=-0.04), RULE, asset="AVAX")
    assert said(verdict) == (HIGH, True, True, "none")
    assert verdict.evidence[0].note == f"between {' and '.join(sorted(venues))}; nobody is to blame by this alone"


def test_two_other_exchanges_are_witnesses_whatever_else_the_culprit_runs() -> None:
    """Its own other market would stand between it and the blame."""
    prices = Prices("AVAX", venues=("binance-coinm", "binance-spot", "coinbase", "kraken"))
    prices.seconds(40, learn=True)
    verdict = find(prices.seconds(5, AVAX=-0.04), RULE, asset="AVAX")
    assert verdict.evidence[0].note == "binance-coinm away from coinbase and kraken"
    assert verdict.direction == "down"


def test_a_stale_or_late_peer_is_left_out() -> None:
    """An old price looks dislocated."""
    prices = Prices("AVAX", venues=VENUES)
    prices.seconds(40, learn=True)
    found = prices.seconds(12, silent=("binance-coinm",), AVAX=0.0)
    assert said(find(found, RULE, asset="AVAX")) == QUIET
    late = prices.scene.market(prices.assets["AVAX"][0]).delay
    for _ in range(6):
        prices.scene.trade(prices.assets["AVAX"][0], 0.9, delay_s=4.0)
        found = prices.seconds(1, silent=("binance-coinm",))
    assert not late.in_time(1.0)
    assert said(find(found, RULE, asset="AVAX")) == QUIET


BTC_USDC = instrument("BTC", quote="USDC", venue="binance-spot", market="spot")
BTC_USD = instrument("BTC", quote="USD", venue="coinbase", market="spot")


@pytest.mark.parametrize(("price", "severity", "direction"), [(60_000.0 / 0.9, CALM, "none"), (60_000.0, HIGH, "none")])
def test_prices_are_compared_in_dollars_not_in_a_coin_that_lost_its_peg(
    price: float, severity: int, direction: str
) -> None:
    """Every pair of a broken stablecoin would be a void of its own."""
    scene, signal = Scene(BTC_USDC, BTC_USD), Dislocations()
    for definition in (BTC_USDC, BTC_USD):
        key = f"{definition.venue}|{definition.instrument}"
        signal.usual[key] = RollingMedian(every_s=1, warm=2, size=30)

    def second(usdc: float, btc: float, *, learn: bool) -> Verdict:
        scene.world.tell_dollars({"USDC": usdc}, scene.now_ns)
        for definition, at in ((BTC_USDC, btc), (BTC_USD, 60_000.0)):
            scene.trade(definition, at)
        scene.close()
        return find(signal.evaluate(scene.world, learn), RULE, asset="BTC")

    for _ in range(40):
        second(1.0, 60_000.0, learn=True)
    found = [second(0.9, price, learn=False) for _ in range(5)][-1]
    assert said(found) == (severity, severity > CALM, True, direction)


@pytest.mark.parametrize("basis", [0.05, -0.3])
def test_the_first_difference_is_learnt_whatever_its_size(basis: float) -> None:
    """A listing with a premium of 5 % would never have a usual difference, and stay unknown for ever."""
    prices = Prices("AVAX")
    assert said(find(prices.seconds(40, learn=True, AVAX=basis), RULE, asset="AVAX")) == QUIET
    found = prices.seconds(5, AVAX=(1 + basis) * 1.02 - 1)
    assert find(found, RULE, asset="AVAX").severity == WARN


@pytest.mark.parametrize(("away", "severity"), [(0.009, CALM), (0.0105, WARN)])
def test_a_difference_that_drifts_is_learnt_and_a_dislocation_is_not(away: float, severity: int) -> None:
    """A premium that grows over days would be an alarm in the end, or a void its own normal."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    verdict = find(prices.seconds(60, learn=True, AVAX=away), RULE, asset="AVAX")
    assert (verdict.severity, verdict.holds) == (severity, severity > CALM)


def test_one_market_or_none_in_dollars_cannot_be_compared() -> None:
    """Prices in bitcoin or with an expiry differ by nature."""
    btc_quoted = instrument("ETH", venue="kraken", quote="BTC", market="spot")
    future = instrument("ETH", venue="binance-usdm", market="future")
    eth = instrument("ETH", venue="coinbase", quote="USD", market="spot")
    scene, signal = Scene(btc_quoted, future, eth), Dislocations()
    for _ in range(30):
        scene.trade(btc_quoted, 0.03)
        scene.trade(future, 3_300.0)
        scene.trade(eth, 3_000.0)
        scene.close()
        found = list(signal.evaluate(scene.world, True))
    assert not find(found, RULE, asset="ETH").known


def test_a_broken_peg_is_not_told_twice() -> None:
    """A stablecoin has a signal of its own."""
    prices = Prices("USDC")
    assert prices.seconds(10, learn=True) == []


def test_a_dislocation_does_not_become_usual() -> None:
    """Frozen transfers keep prices apart for hours."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    assert find(prices.seconds(600, learn=True, AVAX=-0.04), RULE).severity == HIGH


def test_what_has_lasted_is_known_for_the_market_as_a_whole() -> None:
    """Assets that are apart together would not be seen, or one that is over would count for ever."""
    prices = Prices("AVAX", "DOT", "USDC")
    prices.signal.usual.pop("coinbase|DOT-USD-PERP")
    prices.signal.usual.pop("binance-coinm|DOT-USD-PERP")
    prices.seconds(40, learn=True)
    assert prices.signal.lasting == {"AVAX": 0.0}
    prices.seconds(4, AVAX=-0.04)
    assert prices.signal.lasting["AVAX"] == 0.0
    prices.seconds(1, AVAX=-0.05)
    assert prices.signal.lasting["AVAX"] == pytest.approx(0.04, abs=0.002)
    prices.seconds(11, silent=VENUES)
    assert prices.signal.lasting == {}


def test_a_calibrated_difference_is_known_from_the_first_second() -> None:
    """A shock just after a restart would stop the learning, and dislocation stay blind until it is over."""
    north, south = pair("AVAX")
    usual = {north.venue: -0.004, south.venue: 0.004}
    known = tuple(Calibrated(v, north.instrument, basis=Usual(60, (away,) * 21)) for v, away in usual.items())
    for calibration, severity, sees in ((Calibration("abc", known), WARN, True), (Calibration(), CALM, False)):
        scene, signal = Scene(north, south, config=Config(calibration=calibration)), Dislocations()
        for _ in range(5):
            scene.trade(north, 0.98)
            scene.trade(south, 1.0)
            scene.close()
            (verdict,) = signal.evaluate(scene.world, False)
        assert (verdict.severity, verdict.known) == (severity, sees)


def test_a_market_that_was_apart_and_falls_behind_is_not_in_agreement() -> None:
    """Three venues, one of them six percent off; its feed lags, the other two agree, and all would be clear."""
    prices = Prices("AVAX", venues=VENUES)
    prices.seconds(40, learn=True)
    assert find(prices.seconds(5, AVAX=-0.06), RULE).severity == HIGH
    silent = [find(prices.seconds(silent=VENUES[:1]), RULE) for _ in range(60)]
    assert [verdict.known for verdict in silent[9:]] == [False] * 51
    assert prices.signal.lasting == {}
    back = [find(prices.seconds(AVAX=-0.06), RULE) for _ in range(5)]
    assert [(verdict.severity, verdict.known) for verdict in back] == [(CALM, False)] * 4 + [(HIGH, True)]
    prices.seconds(20, silent=VENUES[:1])
    assert said(find(prices.seconds(1), RULE)) == QUIET


def test_a_market_that_was_apart_and_is_gone_is_forgotten_after_a_quarter_of_an_hour() -> None:
    """A venue that closes for good would leave its coins unknown for ever."""
    prices = Prices("AVAX", venues=VENUES)
    prices.seconds(40, learn=True)
    prices.seconds(5, AVAX=-0.06)
    assert not find(prices.seconds(890, silent=VENUES[:1]), RULE).known
    assert said(find(prices.seconds(30, silent=VENUES[:1]), RULE)) == QUIET
    assert prices.signal.suspects == {}


@pytest.mark.parametrize(("sway", "severity"), [(0.0, CALM), (0.004, CALM), (0.006, HIGH)])
def test_a_difference_that_stands_still_for_two_hours_is_the_usual_one(sway: float, severity: int) -> None:
    """Transfers that stay suspended, a coin that was renamed: an alarm for ever; or a void its own normal."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    prices.seconds(30, AVAX=-0.04)
    for steady in prices.signal.steady.values():
        steady.seconds += LONGEST_FREEZE_S - 60  # most of the two hours
    assert find(prices.seconds(20, AVAX=-0.04 - sway), RULE).severity == HIGH
    assert find(prices.seconds(20, AVAX=-0.04), RULE).severity == severity


def test_seconds_in_which_nothing_can_be_compared_are_not_of_the_two_hours() -> None:
    """Two trades two hours apart would be a steady difference."""
    prices = Prices("AVAX")
    prices.seconds(40, learn=True)
    prices.seconds(5, AVAX=-0.04)
    prices.seconds(300, silent=VENUES)
    assert {steady.seconds for steady in prices.signal.steady.values()} == {5 + 9}
