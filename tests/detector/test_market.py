import pytest

from detector.kernel import BANDS
from detector.quotes import BID
from schemas.instrument import Instrument
from tests.kit.markets import Scene, instrument, ladder

COIN_M = instrument(quote="USD", venue="binance-coinm", contract="inverse", contract_value=100.0)


@pytest.mark.parametrize(
    ("definition", "usd"),
    [
        (instrument(), 2 * 60_000.0),
        (instrument(market="spot"), 2 * 60_000.0),
        (instrument(contract_value=0.001), 2 * 60.0),
        (COIN_M, 200.0),
    ],
)
def test_two_lots_are_worth_what_the_contract_says(definition: Instrument, usd: float) -> None:
    """Depth in contracts would be read as dollars: a hundredfold error."""
    scene = Scene(definition)
    scene.snapshot(definition, [(60_000.0, 2.0), (59_900.0, 9.0)], [(60_001.0, 1.0)], keeps_far_levels=False)
    scene.close()
    assert scene.market(definition).quotes.book is not None
    assert scene.market(definition).quotes.depth_usd[BID * len(BANDS)] == pytest.approx(usd)


@pytest.mark.parametrize(
    "definition",
    [
        instrument(contract_value=None),
        instrument(quote="BTC", base="ETH", market="spot"),
        instrument(contract="quanto", contract_value=1e-6),
    ],
)
def test_a_market_whose_dollars_are_unknown_keeps_no_book(definition: Instrument) -> None:
    """Its depth would have no unit; a contract value is never guessed to be one."""
    scene = Scene(definition)
    scene.snapshot(definition, *ladder(100.0, usd=1_000.0))
    scene.delta(definition, bids=[(99.0, 1.0)])
    scene.close(3)
    assert scene.market(definition).quotes.book is None
    assert scene.market(definition).quotes.depth_ratio == [None] * 8


def test_a_second_closes_on_every_side() -> None:
    """One side would stay in the past and be compared with the others' present."""
    btc = instrument()
    scene = Scene(btc)
    market = scene.market(btc)
    scene.trade(btc, 100.0)
    scene.open_interest(btc, 5.0)
    scene.snapshot(btc, *ladder(100.0, usd=1_000.0))
    scene.close(3)
    assert market.trading.prices.seen == market.forced.oi_seconds.seen == market.delay.medians.seen == 3
    assert market.quotes.bands[0].sums.seen == 3
    assert market.trading.trades == 0


def test_while_its_venue_is_not_seen_only_the_price_is_unknown() -> None:
    """The last price would stand for what nobody saw; a book may still come while no trade does."""
    btc = instrument()
    scene = Scene(btc)
    market = scene.market(btc)
    for alive in (True, False):
        scene.snapshot(btc, *ladder(100.0, usd=1_000.0, step=0.0005), keeps_far_levels=False)
        scene.trade(btc, 100.0)
        for _ in range(61):
            scene.world.now_s += 1
            market.close_second(scene.now_s, True, alive)
        assert market.trading.move_60s == (0.0 if alive else None)
        assert market.quotes.fault == ""
        assert market.delay.medians.seen == market.trading.prices.seen


def test_only_dollar_markets_can_be_compared() -> None:
    """A price in bitcoin against one in dollars would be a dislocation of 100 %."""
    quotes = {"USDT": True, "USD": True, "USDC": True, "BTC": False, "EUR": False}
    for quote, expected in quotes.items():
        definition = instrument("ETH", quote=quote, market="spot")
        assert Scene(definition).market(definition).in_dollars is expected
