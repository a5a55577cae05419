"""The simulated markets."""

from __future__ import annotations

from producers.reconstruction.markets import ALTS, BASE_PRICE, MARKETS, REFERENCE_ALTS, is_alt


def test_the_twelve_alts_share_the_pooled_trades() -> None:
    """The table pools exactly these twelve."""
    alts = [market for market in MARKETS if is_alt(market)]
    assert sorted(market.base for market in alts) == sorted(ALTS)
    assert abs(sum(market.share for market in alts) - 1) < 1e-9
    assert {market.contract_usd for market in alts} == {10.0}


def test_reference_alts_trade_on_every_venue() -> None:
    """Dislocation needs peers; with three the culprit can be named."""
    for base in REFERENCE_ALTS:
        assert {market.venue for market in MARKETS if market.base == base} == {
            "binance-coinm",
            "binance-usdm",
            "binance-spot",
            "hyperliquid",
        }


def test_every_market_has_a_price_and_a_tick_that_its_digits_can_write() -> None:
    """A price that is rounded on the wire would leave its tick."""
    for market in MARKETS:
        assert BASE_PRICE[market.base] > 0
        assert round(market.tick, market.tick_digits) == market.tick
        assert round(market.lot, market.lot_digits) == market.lot
