import msgspec
import pytest

from detector.config import Config
from detector.world import World, key_of
from schemas.instrument import Instrument
from tests.kit.markets import START_S, Scene, instrument

BTC = instrument()
BTC_SPOT = instrument(market="spot", venue="binance-spot")
BTC_HYPE = instrument(quote="USD", venue="hyperliquid")
ETH = instrument("ETH")


def test_a_listed_market_costs_nothing_until_it_speaks() -> None:
    """Hundreds of listed markets would be counted as blind and slow every second down."""
    world = World(Config())
    world.define(BTC)
    assert world.markets == {}
    assert world.of_asset("BTC") == world.of_venue("binance-usdm") == []
    assert world.awaken(key_of("binance-usdm", "BTC-USDT-PERP")) is not None
    assert [market.asset for market in world.of_asset("BTC")] == ["BTC"]


def test_a_market_that_was_never_defined_cannot_be_read() -> None:
    """Its contract size would be guessed."""
    assert World(Config()).awaken(key_of("binance-usdm", "BTC-USDT-PERP")) is None


def test_a_repeated_definition_replaces_the_old_and_keeps_the_state() -> None:
    """A refresh of the instrument list would forget an hour of baselines."""
    scene = Scene(BTC)
    scene.trade(BTC, 100.0)
    scene.world.define(msgspec.structs.replace(BTC, tick_size=0.5))
    market = scene.market(BTC)
    assert market.instrument.tick_size == 0.5
    assert market.trading.price == 100.0
    assert len(scene.world.of_asset("BTC")) == 1


def test_markets_come_in_one_order_whoever_was_heard_first() -> None:
    """The same data would give other alerts after a restart."""
    markets = [BTC, BTC_SPOT, BTC_HYPE, ETH]
    one, other = Scene(*markets).world, Scene(*reversed(markets)).world
    for world in (one, other):
        assert [asset for asset, _ in world.assets()] == ["BTC", "ETH"]
        assert [venue for venue, _ in world.venues()] == ["binance-spot", "binance-usdm", "hyperliquid"]
        assert [market.venue for market in world.of_asset("BTC")] == ["binance-spot", "binance-usdm", "hyperliquid"]
        assert [market.asset for market in world.of_venue("binance-usdm")] == ["BTC", "ETH"]


def test_the_median_move_is_over_those_that_are_known() -> None:
    """An unknown move is not a move of zero."""
    scene = Scene(BTC, BTC_SPOT, BTC_HYPE, ETH)
    assert scene.world.median_move() == 0.0
    for definition, move in ((BTC, -0.03), (BTC_SPOT, -0.02), (ETH, 0.01)):
        scene.market(definition).trading.move_60s = move
    assert scene.world.median_move() == -0.02


def test_the_assets_of_a_venue_are_counted_once() -> None:
    """A coin with three contracts would be three coins that agree."""
    perp_in_usdc = instrument(quote="USDC")
    assert Scene(BTC, perp_in_usdc, ETH, BTC_SPOT).world.assets_watched() == {"binance-usdm": 2, "binance-spot": 1}


USDC = instrument("USDC", venue="binance-spot", market="spot")
USDC_USD = instrument("USDC", venue="kraken", quote="USD", market="spot")
USDC_BITSTAMP = instrument("USDC", venue="bitstamp", quote="USD", market="spot")
USDT_USD = instrument("USDT", venue="kraken", quote="USD", market="spot")


@pytest.mark.parametrize(
    ("prices", "usdc", "usdt"),
    [
        ([], 1.0, 1.0),
        ([(USDC, 0.9)], 0.9, 1.0),
        ([(USDT_USD, 0.5)], 1.0, 0.5),
        ([(USDC, 1.8), (USDT_USD, 0.5)], 0.9, 0.5),
        ([(USDC, 0.9), (USDC_USD, 0.98)], 0.98, 1.0),  # dollars themselves are asked first
        ([(USDC_USD, 0.98), (USDC_BITSTAMP, 0.94)], 0.96, 1.0),
    ],
)
def test_a_quote_currency_is_worth_what_its_own_markets_say(
    prices: list[tuple[Instrument, float]], usdc: float, usdt: float
) -> None:
    """Bitcoin in a coin that lost a tenth would look dislocated by a tenth."""
    scene = Scene(USDC, USDC_USD, USDC_BITSTAMP, USDT_USD, BTC)
    for definition, price in prices:
        scene.trade(definition, price)
    scene.close()
    assert scene.world.dollars("USDC") == pytest.approx(usdc)
    assert scene.world.dollars("USDT") == pytest.approx(usdt)
    assert scene.world.dollars("USD") == 1.0


def test_the_worth_of_a_quote_currency_is_forgotten_after_a_minute() -> None:
    """One odd print of a coin that nobody trades would bend every price in it for ever."""
    scene = Scene(USDC)
    scene.trade(USDC, 0.9)
    scene.close(60)
    assert scene.world.dollars("USDC") == 0.9
    scene.close()
    assert scene.world.dollars("USDC") == 1.0


@pytest.mark.parametrize(("asset", "floor"), [("BTC", 1e6), ("ETH", 1e6), ("SOL", 250e3), ("WLD", 50e3)])
def test_the_floor_of_liquidations_grows_with_the_asset(asset: str, floor: float) -> None:
    """A fixed number of dollars is spam on BTC and deafness on a small coin."""
    assert World(Config()).floor_usd_min(asset) == floor


def test_now_is_the_end_of_the_last_closed_second() -> None:
    """Ages would be off by the unit."""
    world = Scene(BTC).world
    assert world.now_ns == START_S * 10**9
