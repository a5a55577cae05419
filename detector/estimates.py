"""Once a second: what each market's liquidation feed hides, by its declaration and the asset's other markets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from detector.declared import liquidation_coverage
from detector.market import Market
from detector.stats.peer_share import PeerShare, from_peers
from detector.throttle import MINUTE_S, Shown, by_occupancy, estimate, occupancy
from detector.world import NS, World, key_of
from producers.completeness import ALL, Coverage

UNDECLARED = Coverage(kind="partial")
"""A feed whose rows say that it is sampled, and of which nobody says how."""


class _Minute(NamedTuple):
    """A market's last minute."""

    market: Market
    feed: Coverage
    longs: Shown
    shorts: Shown
    alive: bool

    @property
    def usd(self) -> float:
        return self.longs.usd + self.shorts.usd

    @property
    def rows(self) -> int:
        return self.longs.rows + self.shorts.rows


def refresh(world: World, longest_pause_s: int) -> None:
    """Give every market the estimate of the minute that ends now, and learn from it where it tells of all peers."""
    before_ns = world.now_ns - MINUTE_S * NS
    for _, markets in world.assets():
        seen = [market for market in markets if market.forced.seen]
        if max([market.forced.last_liquidation_ns for market in seen], default=0) <= before_ns:
            for market in seen:
                market.forced.estimate = None
            continue
        minutes = [_minute(world, market, longest_pause_s) for market in seen]
        peers = [minute for minute in minutes if minute.feed.kind == "all" and minute.alive]
        for minute in minutes:
            if minute.feed.kind == "sampled" and minute.alive and world.now_s % MINUTE_S == 0:
                _learn(minute, peers, world.config.flow.saturated_share)
            _estimate(world, minute, peers)


def _minute(world: World, market: Market, longest_pause_s: int) -> _Minute:
    forced, now_ns = market.forced, world.now_ns
    feed = liquidation_coverage(market.venue, now_ns)
    if feed is None or feed.kind == "all":
        feed = UNDECLARED if forced.sampled_ns > now_ns - MINUTE_S * NS else ALL  # rows know better than a declaration
    longs, shorts = forced.shown(now_ns)
    return _Minute(market, feed, longs, shorts, world.silent_ns(market.venue) < longest_pause_s * NS)


def _learn(minute: _Minute, peers: Sequence[_Minute], saturated_share: float) -> None:
    """Shares are those of minutes in which the throttled feed still counted."""
    if occupancy(minute.feed, minute.longs, minute.shorts) >= saturated_share:
        return
    own_usd = by_occupancy(minute.feed, minute.longs, minute.shorts)
    shares = minute.market.forced.shares
    for peer in peers:
        share = shares.setdefault(_key(peer.market), PeerShare())
        share.learn(own_usd=own_usd, own_rows=minute.rows, peer_usd=peer.usd, peer_rows=peer.rows)


def _estimate(world: World, minute: _Minute, peers: Sequence[_Minute]) -> None:
    market, forced = minute.market, minute.market.forced
    if not minute.rows:
        forced.estimate = None
        return
    known = [(share, peer) for peer in peers if (share := forced.shares.get(_key(peer.market))) is not None]
    forced.estimate = estimate(
        minute.feed,
        minute.longs,
        minute.shorts,
        saturated_share=world.config.flow.saturated_share,
        peers_usd=from_peers((share, peer.usd, peer.rows) for share, peer in known),
        fell_usd=_fell_usd(market, world.now_s),
        since_usd=forced.usd_since_open_interest,
    )


def _fell_usd(market: Market, now_s: int) -> float | None:
    """What open interest lost in the last minute, in dollars at the minute's higher price: it is to be a bound."""
    lots = market.forced.open_interest_fell(now_s)
    prices = market.trading.prices
    known = [price for price in (prices.ago(now_s, 0), prices.ago(now_s, MINUTE_S), market.forced.mark) if price > 0]
    return market.instrument.notional_usd(lots, max(known)) if lots is not None and known else None


def _key(market: Market) -> str:
    return key_of(market.venue, market.instrument.instrument)
