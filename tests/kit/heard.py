"""What the market-wide stage hears of venues at one second: streams with their delays, their clocks, their silence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detector.config import Config
from detector.overview import Listed, Overview
from detector.pool import Pool
from detector.pulse import Pulse
from schemas.reading import AssetReading, MarketReading, VenueWord

NS = 1_000_000_000
NOW_NS = 1_760_000_400 * NS


def stream(venue: str, base: str = "BTC", *, silent_s: float = 0.1, **fields: Any) -> Listed:
    """A market that was heard a moment ago, in time unless told."""
    known = {"delay_s": 0.02, "delay_ratio": 1.0, "delay_now_s": 0.02} | fields
    heard_ns = NOW_NS - round(silent_s * NS)
    return Listed(
        base, MarketReading(venue=venue, instrument=f"{base}-USDT-PERP", market="perp", last_event_ns=heard_ns, **known)
    )


def late(venue: str, base: str = "BTC", *, by_s: float = 3.0, now_s: float | None = 3.0) -> Listed:
    """A market whose feed is late; `now_s` in this very second."""
    return stream(venue, base, delay_s=by_s, delay_ratio=by_s / 0.02, delay_now_s=now_s)


def set_clock(venue: str, base: str = "BTC", *, by_s: float = 5.0) -> Listed:
    """A market whose venue's clock was set in the last minute."""
    return stream(venue, base, clock_step_s=by_s)


def hearing(
    *streams: Listed,
    words: Iterable[VenueWord] = (),
    pauses_s: dict[str, float] | None = None,
    config: Config | None = None,
) -> Overview:
    """One second; venues trade at least once a second unless their usual longest pause is told."""
    by_asset: dict[str, list[MarketReading]] = {}
    for asset, market in sorted(streams, key=lambda listed: (listed.asset, listed.market.venue)):
        by_asset.setdefault(asset, []).append(market)
    assets = [AssetReading(asset=a, markets=tuple(m), words=tuple(words)) for a, m in by_asset.items()]
    usual_s = dict.fromkeys({market.venue for _, market in streams}, 1.0) | (pauses_s or {})
    pulses = {
        venue: Pulse(last_ns=NOW_NS, seconds=600, minutes=[round(pause_s * NS)] * 10)
        for venue, pause_s in usual_s.items()
    }
    return Overview(config or Config(), NOW_NS, assets, Pool(), pulses)
