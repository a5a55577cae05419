import pytest

from detector.baselines.napo99_regime import SECONDS, UNKNOWN, Volatility

OKX, OTHER = ("okx", "BTC-USDT-PERP"), ("bybit", "BTC-USDT-PERP")


@pytest.mark.parametrize(
    ("spread", "name"),
    [
        (0.0, "DORMANT"), (0.0049, "DORMANT"), (0.0051, "LOW"), (0.0101, "NORMAL"), (0.0201, "ELEVATED"),
        (0.0301, "HIGH"), (0.0499, "HIGH"), (0.0501, "EXTREME"), (0.5, "EXTREME"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("upwards", [True, False])
def test_the_range_of_five_minutes_names_the_regime(spread: float, name: str, *, upwards: bool) -> None:
    """In another regime every figure of the score is another."""
    volatility = Volatility()
    for price in (100.0, 100.0 * (1 + spread)) if upwards else (100.0 * (1 + spread), 100.0):
        volatility.on_price(OKX, price)
        volatility.close_second()
    assert volatility.regime().name == name


def test_a_move_is_forgotten_after_five_minutes() -> None:
    """It would stay deaf for the rest of the day."""
    volatility = Volatility()
    for price, seconds in ((100.0, 1), (110.0, SECONDS - 1)):
        volatility.on_price(OKX, price)
        for _ in range(seconds):
            volatility.close_second()
    assert volatility.regime().name == "EXTREME"
    volatility.close_second()
    assert volatility.regime().name == "DORMANT"


def test_venues_that_differ_are_no_volatility() -> None:
    """Two markets with a basis between them would be called extreme."""
    volatility = Volatility()
    for market, price in ((OKX, 100.0), (OTHER, 110.0)):
        volatility.on_price(market, price)
        volatility.close_second()
    assert volatility.regime().name == "DORMANT"


def test_without_a_price_the_regime_is_the_normal_one() -> None:
    """Without BTC in the recording the score would be made deaf or nervous by nothing."""
    assert Volatility().regime() is UNKNOWN
    assert UNKNOWN.name == "NORMAL"
