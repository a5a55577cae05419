import pytest

from detector.signals.pegs import RULE, Pegs
from detector.verdict import CALM, CRITICAL, EMERGENCY, WARN, WATCH, Verdict
from detector.world import key_of
from tests.kit.markets import Scene, find, instrument, said

USDE = instrument("USDE", venue="binance-spot", market="spot")


class Peg:
    """One collateral coin on one venue."""

    def __init__(self) -> None:
        self.scene, self.signal = Scene(USDE), Pegs()

    def at(self, price: float | None, seconds: int = 1) -> Verdict:
        """The verdict after so many seconds at a price; None is a second without a trade."""
        found: list[Verdict] = []
        for _ in range(seconds):
            if price is not None:
                self.scene.trade(USDE, price)
            self.scene.close()
            found = list(self.signal.evaluate(self.scene.world))
        return find(found, RULE, venue="binance-spot", asset="USDE")


@pytest.mark.parametrize(
    ("away", "seconds", "severity"),
    [
        (0.0049, 600, CALM),
        (0.0051, 59, CALM),
        (0.0051, 60, WATCH),
        (0.0099, 600, WATCH),
        (0.0101, 29, CALM),
        (0.0101, 30, WARN),
        (0.0299, 600, WARN),
        (0.0301, 9, CALM),
        (0.0301, 10, CRITICAL),
        (0.0999, 600, CRITICAL),
        (0.1001, 9, CALM),
        (0.1001, 10, EMERGENCY),
        (0.35, 60, EMERGENCY),
    ],
)
@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_a_peg_is_graded_by_how_far_and_for_how_long_it_is_away(
    away: float, seconds: int, severity: int, sign: int, direction: str
) -> None:
    """Positions are liquidated because their collateral is marked down."""
    peg = Peg()
    peg.at(1.0, 120)
    verdict = peg.at(1.0 + sign * away, seconds)
    assert said(verdict) == (severity, away >= 0.003, True, direction)
    assert bool(verdict.evidence) == bool(severity)


def test_the_first_price_that_is_ever_seen_must_last_as_well() -> None:
    """One odd trade after a start would be an emergency."""
    peg = Peg()
    assert [peg.at(0.65).severity for _ in range(11)] == [CALM] * 9 + [EMERGENCY] * 2


def test_one_second_back_at_the_peg_starts_the_wait_anew() -> None:
    """Collateral prices bounce around their threshold."""
    peg = Peg()
    peg.at(1.0, 60)
    assert peg.at(0.96, 9).severity == CALM
    assert peg.at(0.999).severity == CALM
    assert peg.at(0.96, 9).severity == CALM
    assert peg.at(0.96).severity == CRITICAL


def test_a_price_that_trades_now_and_then_stays_where_it_was() -> None:
    """A coin that hardly trades when it breaks would count as repaired between two trades."""
    peg = Peg()
    peg.at(1.0, 60)
    found = [peg.at(price).severity for price in (0.89, *(None,) * 6) * 4]
    assert found == [CALM] * 9 + [EMERGENCY] * 19


@pytest.mark.parametrize("price", [0.65, 1.35])
def test_one_print_is_no_broken_peg_however_long_it_stands(price: float) -> None:
    """Twelve dollars at an odd price would wake everybody ten seconds later."""
    for prints in (1, 2):
        peg = Peg()
        peg.at(1.0, 60)
        peg.at(price, prints)
        found = [peg.at(None) for _ in range(9)]
        assert {verdict.severity for verdict in found} == {CALM}
        assert all(verdict.holds for verdict in found)


def test_a_price_that_is_no_longer_fresh_is_unknown() -> None:
    """One odd print on a coin that nobody trades would be an emergency for hours."""
    peg = Peg()
    peg.at(1.0, 60)
    peg.at(0.65)
    verdicts = [peg.at(None) for _ in range(12)]
    assert [verdict.known for verdict in verdicts] == [True] * 9 + [False] * 3
    assert {verdict.severity for verdict in verdicts[9:]} == {CALM}


def test_seconds_without_a_fresh_price_do_not_count_as_lasting() -> None:
    """Two odd prints a minute apart would be a broken peg in between."""
    peg = Peg()
    assert peg.at(0.96, 60).severity == CRITICAL
    assert not peg.at(None, 15).known
    assert [peg.at(0.96).severity for _ in range(10)] == [CALM] * 9 + [CRITICAL]


@pytest.mark.parametrize("price", [0.9, 1.1])
def test_a_tenth_away_is_a_tenth_whatever_the_rounding(price: float) -> None:
    """1 - 0.9 is a hair below 0.1: at its round price the emergency would never be told."""
    peg = Peg()
    peg.at(1.0, 60)
    assert peg.at(price, 10).severity == EMERGENCY


@pytest.mark.parametrize(("price", "holds"), [(0.9971, False), (0.997, True), (1.003, True), (1.0029, False)])
def test_a_broken_peg_holds_until_it_is_well_back(price: float, holds: bool) -> None:
    """A price that hovers at the line would open and close an alert every other minute."""
    peg = Peg()
    peg.at(0.994, 60)
    assert said(peg.at(price))[:3] == (CALM, holds, True)


def test_before_its_first_trade_a_peg_is_unknown() -> None:
    """No price is not one dollar."""
    assert not Peg().at(None, 5).known


def test_only_pegged_assets_in_dollars_are_watched() -> None:
    """Bitcoin is not worth one dollar, nor is a dollar worth one bitcoin."""
    markets = [
        instrument("USDC", quote="BTC", market="spot"),
        instrument("BTC", market="spot"),
        instrument("USDC", quote="USD", venue="coinbase", market="spot"),
    ]
    scene, signal = Scene(*markets), Pegs()
    for definition in markets:
        scene.trade(definition, 0.5)
    scene.close()
    assert [(v.venue, v.asset) for v in signal.evaluate(scene.world)] == [("coinbase", "USDC")]


def test_venues_are_judged_apart() -> None:
    """In 2025 one venue's USDe fell to 0.65 while the pool price stayed at 1.00."""
    other = instrument("USDE", venue="bybit", market="spot")
    scene, signal = Scene(USDE, other), Pegs()
    for _ in range(20):
        scene.trade(USDE, 0.65)
        scene.trade(other, 1.0)
        scene.close()
        found = list(signal.evaluate(scene.world))
    assert find(found, RULE, venue="binance-spot").severity == EMERGENCY
    assert said(find(found, RULE, venue="bybit")) == (CALM, False, True, "up")


def between_coins(scene: Scene, quote: str, worth: float | None, price: float) -> Verdict:
    """What is said of USDC after ten seconds at a price in a coin that is told to be worth so much."""
    market = instrument("USDC", venue="binance-spot", quote=quote, market="spot")
    scene.world.define(market)
    scene.world.awaken(key_of(market.venue, market.instrument))
    signal = Pegs()
    found: list[Verdict] = []
    for _ in range(20):
        scene.trade(market, price)
        scene.close()
        if worth is not None:
            scene.world.tell_dollars({quote: worth}, scene.now_ns)
        found = list(signal.evaluate(scene.world))
    return find(found, RULE, asset="USDC")


def test_a_quote_that_falls_does_not_make_the_coin_rise() -> None:
    """FDUSD at 0.95 would be told as USDC at 1.05, the sound coin as the broken one."""
    assert said(between_coins(Scene(USDE), "FDUSD", 0.95, 1.0 / 0.95))[:3] == (CALM, False, True)
    fallen = between_coins(Scene(USDE), "USDT", 0.95, 1.0)
    assert (fallen.severity, fallen.direction) == (CRITICAL, "down")


def test_in_a_coin_that_may_be_off_its_own_peg_nobody_can_say() -> None:
    """Of two coins that part one is broken, and a guess would be wrong half of the time."""
    assert not between_coins(Scene(USDE), "FDUSD", None, 1.05).known
    assert between_coins(Scene(USDE), "USDT", None, 1.05).severity == CRITICAL
