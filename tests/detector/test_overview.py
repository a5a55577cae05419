"""What market-wide signals see: everything once, in one order."""

from __future__ import annotations

from typing import Any

import pytest

from detector.config import Config
from detector.overview import Overview, liquidated
from detector.pool import Pool
from schemas.reading import AssetReading, Liquidated, MarketReading, VenueWord
from tests.kit.heard import hearing, stream
from tests.kit.markets import Scene, instrument

BTC = instrument()
BTC_SPOT = instrument(market="spot", venue="binance-spot")
BTC_HYPE = instrument(quote="USD", venue="hyperliquid")
ETH = instrument("ETH")


def test_venues_come_in_one_order_with_all_of_their_markets() -> None:
    """The same data would give other alerts after a restart."""
    for markets in ([BTC, BTC_SPOT, BTC_HYPE, ETH], [ETH, BTC_HYPE, BTC_SPOT, BTC]):
        found = [
            (venue, [(listed.asset, listed.market.instrument) for listed in listeds])
            for venue, listeds in Scene(*markets).overview().venues()
        ]
        assert found == [
            ("binance-spot", [("BTC", "BTC-USDT-SPOT")]),
            ("binance-usdm", [("BTC", "BTC-USDT-PERP"), ("ETH", "ETH-USDT-PERP")]),
            ("hyperliquid", [("BTC", "BTC-USD-PERP")]),
        ]


def test_the_assets_of_a_venue_are_counted_once() -> None:
    """A coin with three contracts would be three coins that agree."""
    perp_in_usdc = instrument(quote="USDC")
    view = Scene(BTC, perp_in_usdc, ETH, BTC_SPOT).overview()
    assert view.assets_watched() == {"binance-usdm": 2, "binance-spot": 1}


def test_the_median_move_is_over_those_that_are_known() -> None:
    """An unknown move is not a move of zero."""
    scene = Scene(BTC, BTC_SPOT, BTC_HYPE, ETH)
    assert scene.overview().middle_move == 0.0
    for definition, move in ((BTC, -0.03), (BTC_SPOT, -0.02), (ETH, 0.01)):
        scene.market(definition).trading.move_60s = move
    assert scene.overview().middle_move == -0.02


def test_a_market_is_fresh_for_the_seconds_asked_for() -> None:
    """A stale price looks dislocated."""
    scene = Scene(BTC)
    scene.traded_last(BTC, ago_s=9.9)
    view = scene.overview()
    assert view.fresh(view.markets[0].market, 10)
    scene.traded_last(BTC, ago_s=10.0)
    view = scene.overview()
    assert not view.fresh(view.markets[0].market, 10)


def test_a_venue_is_silent_since_its_last_trade_on_any_market() -> None:
    """A market that trades once a minute would make its busy venue look dead."""
    scene = Scene(BTC, ETH)
    scene.trade(ETH, 10.0, after_ms=400)
    scene.close(3)
    view = scene.overview()
    assert view.silent_ns("binance-usdm") == 2_600_000_000
    assert view.silent_ns("kraken") == scene.now_ns


def test_nothing_read_yet_is_seen_as_nothing() -> None:
    """A worker without assets would stop the stage that judges the others."""
    view = Overview(Config(), 0, (), Pool(), {})
    assert (list(view.venues()), view.assets_watched(), view.middle_move) == ([], {}, 0.0)


def of_market(venue: str, longs: float, estimate: float | None, upper: float | None, method: str) -> MarketReading:
    """A market with so many dollars of longs and ten of shorts."""
    return MarketReading(
        venue=venue,
        instrument="BTC-USDT-PERP",
        market="perp",
        liquidated_longs_usd=longs,
        liquidated_shorts_usd=10.0,
        liquidated_estimate_usd=estimate,
        liquidated_upper_usd=upper,
        liquidated_method=method,
    )


QUIET = MarketReading(venue="v", instrument="BTC-USDT-PERP", market="perp")
COMPLETE = of_market("a", 90.0, 100.0, 100.0, "complete")
PEERED = of_market("b", 190.0, 700.0, 900.0, "peers")
PARTIAL = of_market("c", 40.0, None, None, "partial")


def test_estimates_of_several_markets_are_summed_with_both_bounds() -> None:
    """The whole would be told smaller than its parts."""
    assert liquidated([COMPLETE, QUIET, PEERED]) == Liquidated(
        reported_usd=300.0, estimate_usd=800.0, upper_usd=1_000.0, methods=("complete", "peers")
    )


def test_a_market_without_an_estimate_counts_with_what_it_reported_and_is_named() -> None:
    """Its dollars would be lost from the sum, or the sum be taken for an estimate of everything."""
    assert liquidated([COMPLETE, PARTIAL]) == Liquidated(
        reported_usd=150.0, estimate_usd=150.0, methods=("complete", "partial"), partial=1
    )


def test_where_nothing_was_reported_there_is_no_sum() -> None:
    """Zero dollars would be an all-clear of venues that show no liquidations."""
    assert liquidated([QUIET, QUIET]) is None


def word(venue: str, since_ns: int, *, session: str = "public-0", state: Any = "down") -> VenueWord:
    """Something that is said of a venue."""
    return VenueWord(venue=venue, session=session, state=state, since_ns=since_ns)


def test_what_every_asset_tells_of_a_venue_is_one_thing() -> None:
    """An outage would be told once for every coin, or be as young as the youngest of them."""
    assets = [
        AssetReading(asset="BTC", markets=(), words=(word("okx", 5), word("gate", 7))),
        AssetReading(asset="ETH", markets=(), words=(word("okx", 3),)),
        AssetReading(asset="SOL", markets=()),
    ]
    view = Overview(Config(), 10, assets, Pool(), {})
    assert view.words == (word("gate", 7), word("okx", 3))


@pytest.mark.parametrize(
    ("streams", "said", "unheard"),
    [
        ([("north", 0.1), ("south", 0.1)], [], set()),
        ([("north", 5.1), ("south", 0.1)], [], {"north"}),
        ([("north", 5.1), ("south", 9.0)], [], {"north", "south", "market"}),
        ([("north", 0.1), ("south", 9.0)], [word("north", 0)], {"north", "south", "market"}),
        ([("north", 0.1), ("south", 0.1)], [word("north", 0, state="halted")], set()),
    ],
)
def test_what_nobody_hears_is_not_known_to_be_calm(
    streams: list[tuple[str, float]], said: list[VenueWord], unheard: set[str]
) -> None:
    """Conditions would clear because a cable is cut."""
    view = hearing(*(stream(venue, silent_s=silent_s) for venue, silent_s in streams), words=said)
    assert view.unheard() == unheard
