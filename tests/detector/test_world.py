import msgspec
import pytest

from detector.config import Config
from detector.world import World, key_of
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


def test_a_quote_currency_is_worth_what_the_clock_of_the_stream_says() -> None:
    """Bitcoin in a coin that lost a tenth would look dislocated by a tenth."""
    world = World(Config())
    world.tell_dollars({"USDC": 0.9}, 1)
    assert (world.dollars("USDC"), world.dollars("USDT"), world.dollars("USD")) == (0.9, 1.0, 1.0)


def test_a_venue_is_silent_since_the_last_trade_that_the_clock_told() -> None:
    """A market that trades once a minute would make its busy venue look dead."""
    scene = Scene(BTC, ETH)
    scene.trade(ETH, 10.0, after_ms=400)
    scene.close(3)
    assert scene.world.silent_ns("binance-usdm") == 2_600_000_000
    assert scene.world.silent_ns("kraken") == scene.now_ns


@pytest.mark.parametrize(("asset", "floor"), [("BTC", 1e6), ("ETH", 1e6), ("SOL", 250e3), ("WLD", 50e3)])
def test_the_floor_of_liquidations_grows_with_the_asset(asset: str, floor: float) -> None:
    """A fixed number of dollars is spam on BTC and deafness on a small coin."""
    assert World(Config()).floor_usd_min(asset) == floor


def test_now_is_the_end_of_the_last_closed_second() -> None:
    """Ages would be off by the unit."""
    world = Scene(BTC).world
    assert world.now_ns == START_S * 10**9
