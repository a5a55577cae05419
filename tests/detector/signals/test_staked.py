"""A staked coin that is sold below what it is a claim on."""

from __future__ import annotations

import pytest

from detector.signals.staked import RULE, Staked
from detector.verdict import CALM, CRITICAL, EMERGENCY, WARN, WATCH, Verdict
from tests.kit.markets import Scene, find, instrument, said

WBETH = instrument("WBETH", venue="binance-spot", market="spot")
AGAINST_ETH = instrument("WBETH", venue="okx", quote="ETH", market="spot")
ETHER = 4_000.0


class Coin:
    """wBETH on one venue, worth 1.07 ETH in the calm."""

    def __init__(self, definition: object = WBETH) -> None:
        self.definition = definition
        self.scene, self.signal = Scene(definition), Staked()  # type: ignore[arg-type]

    def at(self, ratio: float | None, seconds: int = 1, *, ether: float | None = ETHER, learn: bool = False) -> Verdict:
        """The verdict after so many seconds at a ratio; None is a second without a trade."""
        found: list[Verdict] = []
        for _ in range(seconds):
            if ratio is not None:
                price = ratio if self.definition is AGAINST_ETH else ratio * (ether or ETHER)
                self.scene.trade(self.definition, price)  # type: ignore[arg-type]
            self.scene.close()
            if ether is not None:
                self.scene.world.tell_dollars({"ETH": ether}, self.scene.now_ns)
            found = list(self.signal.evaluate(self.scene.world, learn))
        return find(found, RULE)


def calm(coin: Coin) -> Coin:
    """After ten minutes and more."""
    coin.at(1.07, 700, learn=True)
    return coin


@pytest.mark.parametrize(
    ("away", "seconds", "severity"),
    [
        (0.0049, 100, CALM),
        (0.0051, 60, WATCH),
        (0.0101, 30, WARN),
        (0.0301, 9, CALM),
        (0.0301, 10, CRITICAL),
        (0.1001, 10, EMERGENCY),
    ],
)
@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_it_is_held_against_its_own_hour(away: float, seconds: int, severity: int, sign: int, direction: str) -> None:
    """A ratio of 1.07 would be an emergency against one, and the crash of it to 0.12 would not be seen against none."""
    found = calm(Coin()).at(1.07 * (1 + sign * away), seconds)
    assert said(found) == (severity, away >= 0.003, True, direction)
    assert bool(found.evidence) == bool(severity)


def test_a_fall_of_the_coin_below_is_none_of_the_staked_one() -> None:
    """Every crash of ETH would break the peg of wBETH."""
    coin = calm(Coin())
    assert coin.at(1.07, 60, ether=2_000.0).severity == CALM


def test_a_market_against_the_coin_itself_needs_no_dollars() -> None:
    """The best witness would be the only one that is not heard."""
    coin = Coin(AGAINST_ETH)
    coin.at(1.07, 700, ether=None, learn=True)
    assert coin.at(0.9, 10, ether=None).severity == EMERGENCY


def test_it_is_blind_where_either_price_is_old_and_before_its_ten_minutes() -> None:
    """An old price of one against a new price of the other looks like a broken claim."""
    assert not Coin().at(1.07, 100, learn=True).known
    coin = calm(Coin())
    assert not coin.at(None, 11).known
    coin.at(1.07, 1)
    assert not coin.at(0.5, 10, ether=None).known
