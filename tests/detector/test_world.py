from typing import Any

import msgspec
import pytest

from detector.config import Config
from detector.world import World, key_of
from schemas.alert import MARKET
from schemas.health import SelfCheck, VenueStatus
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


def status(state: Any, *, session: str = "public-0", instrument: str = "*", venue: str = "binance-usdm") -> VenueStatus:
    """Something that is said of a venue, a connection or a market."""
    return VenueStatus(
        venue=venue, instrument=instrument, ts_event_ns=0, ts_recv_ns=0, state=state, session=session, reason="why"
    )


def words(world: World) -> list[tuple[str, str, int]]:
    """What is known to be wrong."""
    return [(word.session, word.state, word.since_ns) for _, word in sorted(world.words.items())]


def test_a_connection_is_down_until_it_is_up() -> None:
    """A connection that is being tried would look well; or its outage begin anew with every try."""
    world = Scene(BTC).world
    for at_ns, state in enumerate(("connecting", "down", "connecting", "down", "rejected"), 1):
        world.hear(status(state), at_ns)
        world.hear(status("halted", session="platform"), at_ns)
    assert words(world) == [("platform", "halted", 1), ("public-0", "rejected", 5)]
    world.hear(status("up"), 6)
    assert words(world) == [("platform", "halted", 1)]


def test_a_connection_that_is_up_has_got_the_list_of_markets() -> None:
    """A venue that was away at the start would be called so for ever: nobody takes that complaint back."""
    world = Scene(BTC).world
    world.hear(status("down", session="market-list"), 1)
    world.hear(status("up", session="public-1", venue="okx"), 2)
    assert words(world) == [("market-list", "down", 1)]
    world.hear(status("up", session="public-1"), 3)
    assert words(world) == []


def test_a_market_that_stops_is_remembered_with_the_market() -> None:
    """A delisting would be told as a venue that stopped."""
    scene = Scene(BTC, ETH)
    scene.world.hear(status("halted", instrument="BTC-USDT-PERP"), 1)
    scene.world.hear(status("halted", instrument="XRP-USDT-PERP"), 1)
    assert (scene.market(BTC).halted, scene.market(ETH).halted, scene.world.words) == (True, False, {})
    scene.world.hear(status("up", instrument="BTC-USDT-PERP"), 2)
    assert not scene.market(BTC).halted


def test_sides_are_doubted_until_they_agree() -> None:
    """The check would be read by nobody."""
    world = Scene(BTC).world
    check = SelfCheck(
        venue="north",
        instrument="*",
        ts_event_ns=0,
        ts_recv_ns=0,
        check="liquidation_side",
        state="inverted",
        agreement=0.02,
        rows=200,
    )
    world.hear(check, 1)
    assert words(world) == [("liquidation_side", "inverted", 1)]
    world.hear(msgspec.structs.replace(check, state="ok"), 2)
    assert words(world) == []


def test_a_venue_is_unheard_when_neither_its_markets_nor_its_trades_are() -> None:
    """A coin that sleeps would be blind; or a dead feed be calm."""
    scene = Scene(BTC, BTC_HYPE)
    for _ in range(8):
        scene.trade(BTC_HYPE, 100.0)
        scene.close()
    scene.traded_last(BTC, ago_s=60.0)
    assert scene.world.unheard() == {"binance-usdm"}
    scene.traded_last(BTC, ago_s=4.0)
    assert scene.world.unheard() == frozenset()
    scene.close(8)
    assert scene.world.unheard() == {"binance-usdm", "hyperliquid", MARKET}


def test_a_venue_with_a_connection_down_is_not_believed_to_be_calm() -> None:
    """Liquidations that come over a socket of their own would clear while that is lost."""
    scene = Scene(BTC, BTC_HYPE)
    for definition in (BTC, BTC_HYPE):
        scene.trade(definition, 100.0)
    scene.close()
    scene.world.hear(status("down"), scene.now_ns)
    assert scene.world.unheard() == {"binance-usdm"}


def test_a_rate_counts_again_ten_seconds_after_a_hole() -> None:
    """The first seconds after a hole would be told as a void."""
    scene = Scene(BTC)
    flowing = []
    for second in range(25):
        if second < 2 or second > 8:
            scene.trade(BTC, 100.0)
        scene.close()
        flowing.append(scene.world.flows("binance-usdm"))
    assert flowing == [True] * 4 + [False] * 14 + [True] * 7
