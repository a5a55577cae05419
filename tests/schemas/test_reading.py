"""Readings: what is known of an asset at a second, and what is not."""

from __future__ import annotations

import json

from schemas.clock import VenuePulse
from schemas.codec import decode_output, encode
from schemas.reading import AssetReading, Liquidated, MarketReading, Reading

QUIET = MarketReading(venue="v", instrument="BTC-USDT-PERP", market="perp")
READING = Reading(
    ts_ns=1_000,
    partition=3,
    assets=(AssetReading(asset="BTC", markets=(QUIET,)),),
    pulses=(VenuePulse(venue="v", last_trade_ns=900, longest_pause_ns=0),),
)


def test_a_reading_comes_back_as_it_went() -> None:
    """The market-wide stage would judge something else than the assets' workers saw."""
    assert decode_output(encode(READING)) == READING


def test_what_is_unknown_stays_unknown() -> None:
    """A market that has not spoken would have an empty book and no move."""
    again = decode_output(encode(READING))
    assert isinstance(again, Reading)
    (market,) = again.assets[0].markets
    unknown = (market.price, market.move_60s, market.bid_depth_usd, market.spread, market.delay_s)
    assert unknown == (None,) * len(unknown)


def test_what_is_not_known_takes_no_room() -> None:
    """A thousand quiet markets would fill the topic with nulls each second."""
    wire = json.loads(encode(READING))
    assert wire["assets"][0]["markets"] == [{"venue": "v", "instrument": "BTC-USDT-PERP", "market": "perp"}]


def test_a_partition_without_assets_says_so() -> None:
    """The market-wide stage would wait for it for ever."""
    empty = Reading(ts_ns=1_000, partition=4, assets=())
    assert decode_output(encode(empty)) == empty
    assert json.loads(encode(empty))["assets"] == []


def test_a_number_that_is_not_finite_is_unknown() -> None:
    """One strange ratio would keep a whole partition's second from being read."""
    odd = Reading(
        ts_ns=1,
        partition=0,
        assets=(
            AssetReading(
                asset="BTC", markets=(MarketReading(venue="v", instrument="i", market="spot", price=float("nan")),)
            ),
        ),
    )
    again = decode_output(encode(odd))
    assert isinstance(again, Reading)
    assert again.assets[0].markets[0].price is None


def test_what_feeds_hide_comes_back_as_it_went() -> None:
    """The market-wide stage would sum other estimates than the assets' workers made."""
    told = MarketReading(
        venue="v",
        instrument="BTC-USDT-PERP",
        market="perp",
        liquidated_longs_usd=3e6,
        liquidated_estimate_usd=9e6,
        liquidated_upper_usd=14e6,
        liquidated_method="occupancy, saturated",
    )
    summed = Liquidated(reported_usd=3e6, estimate_usd=9e6, methods=("peers", "partial"), partial=1)
    reading = Reading(
        ts_ns=1, partition=0, assets=(AssetReading(asset="BTC", markets=(told, QUIET), liquidated=summed),)
    )
    assert decode_output(encode(reading)) == reading
