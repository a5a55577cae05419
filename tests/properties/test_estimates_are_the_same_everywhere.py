"""Estimates of throttled liquidations: the same however events are cut, delivered or interrupted, and for any split of
assets over shards.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from detector.engine import Engine
from detector.shard import Shard
from producers.ticker.ticker import Ticker
from schemas.base import Event
from schemas.codec import encode
from schemas.instrument import Instrument, canonical_id
from schemas.market import Liquidation, OpenInterest, Trade
from schemas.reading import AssetReading, Liquidated
from tests.kit.synthetic_crash import NS, T0, chunked, permuted

pytestmark = pytest.mark.slow

ASSETS = ("BTC", "ETH")
VENUES = ("binance-usdm", "bybit", "hyperliquid")
"""Throttled, complete, partial."""
CALM_S, CRASH_S = 900, 60
few = settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
randoms = st.integers(0, 2**32 - 1).map(Random)


@cache
def events() -> tuple[Event, ...]:
    """A quarter of an hour in which shares are learnt, and a minute in which they are needed."""
    random, told = Random(5), list[Event]()
    for venue in VENUES:
        for asset in ASSETS:
            told.append(_definition(venue, asset))
            for second in range(CALM_S + CRASH_S):
                told += _second(random, venue, asset, second)
    return tuple(sorted(told, key=lambda event: event.ts_recv_ns))


def _definition(venue: str, asset: str) -> Instrument:
    return Instrument(
        **_header(venue, asset, -1.0),
        symbol=asset,
        base=asset,
        quote="USDT",
        market="perp",
        contract="linear",
        contract_value=1.0,
    )


def _second(random: Random, venue: str, asset: str, second: int) -> list[Event]:
    crash = second >= CALM_S
    rows = random.randrange(4) if crash and venue != "binance-usdm" else int(crash or random.random() < 0.3)
    told: list[Event] = [
        Trade(
            **_header(venue, asset, second + 0.1), price=100.0, qty=1.0, notional_usd=100.0, taker="buy", trade_id=None
        )
    ]
    for _ in range(rows):
        usd = random.lognormvariate(8.0, 1.0)
        told.append(
            Liquidation(
                **_header(venue, asset, second + random.random()),
                liquidated=random.choice(("long", "short")),
                price=100.0,
                price_kind="fill",
                qty_base=usd / 100,
                notional_usd=usd,
                sampled=venue != "bybit",
            )
        )
    if second % 7 == 0:
        left = 1e6 - 100.0 * max(second - CALM_S, 0)
        told.append(OpenInterest(**_header(venue, asset, second + 0.5), open_interest=left, notional_usd=None))
    return told


def _header(venue: str, asset: str, at_s: float) -> dict[str, Any]:
    at_ns = T0 + round(at_s * NS)
    return {
        "venue": venue,
        "instrument": canonical_id(asset, "USDT", "perp"),
        "ts_event_ns": at_ns,
        "ts_recv_ns": at_ns + NS // 20,
    }


def ticked(stream: Iterable[Event]) -> list[Event]:
    """The stream as producers write it."""
    ticker = Ticker()
    return ticker.take(stream) + ticker.finish()


def told(shard: Shard, stream: list[Event]) -> list[AssetReading]:
    """Every asset of every second, by second and asset."""
    return [asset for closed in shard.feed(stream) for asset in closed.reading.assets]


@cache
def expected() -> tuple[bytes, ...]:
    """What one shard of everything reads."""
    return tuple(encode_asset(asset) for asset in told(Shard(), ticked(events())))


def encode_asset(asset: AssetReading) -> bytes:
    return msgspec.json.encode(asset)


def test_in_the_crash_a_throttled_venue_is_estimated_from_its_peer() -> None:
    """Without estimates the properties below would hold for an engine that makes none."""
    readings = told(Shard(), ticked(events()))
    last = readings[-2:]
    assert [asset.asset for asset in last] == list(ASSETS)
    for asset in last:
        methods = {market.venue: market.liquidated_method for market in asset.markets}
        assert methods == {"binance-usdm": "peers", "bybit": "complete", "hyperliquid": "partial"}
        found = asset.liquidated
        assert isinstance(found, Liquidated)
        assert (found.methods, found.partial) == (("complete", "partial", "peers"), 1)
        assert found.estimate_usd > found.reported_usd
    assert any(market.liquidated_upper_usd for asset in readings for market in asset.markets)


@few
@given(random=randoms)
def test_the_order_of_delivery_changes_no_estimate(random: Random) -> None:
    """Two workers of one asset would tell two stories."""
    stream = permuted(list(events())[len(VENUES) * len(ASSETS) :], random)
    defined = list(events())[: len(VENUES) * len(ASSETS)]
    shard = Shard()
    found = [
        encode_asset(asset) for batch in chunked(ticked([*defined, *stream]), random) for asset in told(shard, batch)
    ]
    assert tuple(found) == expected()


@few
@given(random=randoms)
def test_a_saved_state_goes_on_with_the_same_estimates(random: Random) -> None:
    """After every restart shares would be learnt anew, and a cascade met without any."""
    stream = list(events())
    cut = random.randrange(len(stream))
    whole, before = Engine(), Engine()
    alerts = [encode(output) for output in [*whole.feed(stream), *whole.finish()]]
    first = before.feed(stream[:cut])
    after = Engine()
    after.restore(before.snapshot())
    again = [encode(output) for output in [*first, *after.feed(stream[cut:]), *after.finish()]]
    assert again == alerts
    assert after.snapshot() == whole.snapshot()


def test_assets_on_their_own_are_estimated_as_together() -> None:
    """Alerts would depend on how assets are spread over workers."""
    alone = {}
    for asset in ASSETS:
        own = [event for event in ticked(events()) if event.instrument in ("*", canonical_id(asset, "USDT", "perp"))]
        alone[asset] = [encode_asset(reading) for reading in told(Shard(), own)]
    assert [line for second in zip(*alone.values(), strict=True) for line in second] == list(expected())
