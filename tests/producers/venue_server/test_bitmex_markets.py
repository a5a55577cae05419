import pytest

from producers.venue_server.bitmex_markets import listed, made_up
from producers.venue_server.markets import Market


def test_bitcoin_has_the_venues_own_name_and_an_inverse_contract() -> None:
    """The oldest of its contracts is the only one whose lot is a dollar."""
    assert [market.symbol for market in made_up("BTC")] == ["XBTUSD", "XBTUSDT", "XBT_USDT"]
    assert [market.symbol for market in made_up("ETH")] == ["ETHUSDT", "ETH_USDT"]
    assert {listed(market)["underlying"] for market in made_up("BTC")} == {"XBT"}


@pytest.mark.parametrize(
    ("market", "field", "value"),
    [
        (made_up("BTC")[0], "multiplier", -100_000_000.0),
        (made_up("BTC")[1], "underlyingToPositionMultiplier", 1_000_000.0),
        (made_up("BTC")[2], "underlyingToPositionMultiplier", 100_000_000.0),
        (made_up("BTC")[0], "underlyingToPositionMultiplier", None),
        (Market(symbol="X", base="ETH", quote="USD", contract="quanto"), "isQuanto", True),
        (Market(symbol="X", base="ETH", quote="USD", expiry="20261225"), "expiry", "2026-12-25T12:00:00.000Z"),
    ],
)
def test_a_row_tells_of_lots_in_the_field_of_its_kind(market: Market, field: str, value: object) -> None:
    """A client finds what a lot is worth where the venue writes it."""
    assert listed(market)[field] == value
