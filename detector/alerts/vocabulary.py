"""Every number that an alert may carry, by the name and unit that people have for it."""

from __future__ import annotations

from typing import NamedTuple

from detector.alerts.clean import name
from schemas.alert import Evidence


class Number(NamedTuple):
    """How one signal is said.

    Attributes
    ----------
    family
        Numbers of the same family show the same thing twice.
    words
        Its name.
    unit
        As `detector.alerts.units.amount` reads it; empty for the evidence's own.
    signed
        Whether its sign says which way.
    beside
        What the baseline is, where it is no normal; empty where it says nothing to a person.
    times
        From the evidence's unit to `unit`.
    """

    family: str
    words: str
    unit: str = ""
    signed: bool = False
    beside: str = "normal"
    times: float = 1.0


NUMBERS = {
    # How far prices went
    "median_move_60s": Number("move", "median move in a minute, all assets", signed=True),
    "median_move_60s_size": Number("move", "median move in a minute, all assets"),
    "move_60s_size": Number("move", "moved in a minute"),
    "move_300s": Number("move", "moved in 5 min", signed=True),
    "peg_price": Number("peg", "price", "$"),
    "staked_ratio": Number("peg", "worth of its claim"),
    # Who was forced
    "liquidations_60s": Number("forced", "liquidated in a minute"),
    "liquidations_300s": Number("forced", "liquidated in 5 min", beside="1 % depth"),
    "forced_over_depth": Number("forced", "liquidated in 5 min", "% of 1 % depth"),
    "open_interest_300s": Number("held", "open interest in 5 min", signed=True),
    "adl_60s": Number("deleveraged", "auto-deleveraged in a minute"),
    "adl_fills": Number("deleveraged", "fills auto-deleveraged in a minute"),
    "offbook_assets": Number("deleveraged", "assets with fills off the tape", "assets"),
    "missing_ids_60s": Number("deleveraged", "fills missing from the tape in a minute", "fills"),
    "missing_share": Number("deleveraged", "fills missing from the tape"),
    "fund_lost_300s": Number("fund", "insurance fund lost in 5 min"),
    "fund": Number("fund", "insurance fund"),
    "fund_drawdown": Number("fund", "insurance fund below its peak"),
    # What is left to trade against
    "bid_depth_1pct": Number("depth", "1 % depth, bids"),
    "ask_depth_1pct": Number("depth", "1 % depth, asks"),
    "depth_ratio": Number("depth", "1 % depth", "% of normal", beside=""),
    "untraded_share_60s": Number("pulled", "depth gone untraded", "fraction"),
    "refilled_30s": Number("pulled", "depth back within 30 s", "fraction"),
    "spread": Number("spread", "spread"),
    "spread_ratio": Number("spread", "spread", "x usual", beside=""),
    "spread_share": Number("spread", "spread", "bp", times=1e4),
    "impact": Number("impact", "100 k$ move the price", "fraction", times=1e-4),
    # How far venues are apart
    "largest_deviation": Number("apart", "widest gap between venues"),
    "second_largest_deviation": Number("apart", "second widest gap between venues"),
    "assets_beyond_half_percent": Number("apart", "more than 0.5 % apart between venues", "assets"),
    "deviation_from_peers": Number("apart", "price against other venues", signed=True),
    "basis_to_peers": Number("apart", "price against other venues", signed=True),
    "own_move_300s": Number("move", "moved in 5 min", signed=True, beside=""),
    # How trading goes
    "orders": Number("rate", "orders"),
    "order_rate": Number("rate", "orders", "x usual", beside=""),
    "order_rate_10s": Number("rate", "orders", "x usual", beside=""),
    "trade_rate_over_peak": Number("rate", "trades", "% of their peak"),
    "level_changes_per_s": Number("rate", "quote changes"),
    "changes_per_message": Number("rate", "quote changes per message", "x usual", beside=""),
    "branching_ratio": Number("excited", "orders set off by orders"),
    "breadth": Number("excited", "assets that move one way", "fraction"),
    "absorption_ratio": Number("excited", "movement that assets share"),
    "fell_from_peak": Number("excited", "movement that assets share, against its peak"),
    # What we can see
    "last_heard": Number("heard", "time since last heard", beside="usual pause up to"),
    "silent": Number("heard", "silent", beside="usual pause up to"),
    "connection_down": Number("heard", "connection lost"),
    "faulty_books": Number("books", "books in doubt"),
    "book_crossed": Number("fault", "book crossed"),
    "book_frozen": Number("fault", "book frozen"),
    "book_gap": Number("fault", "book missing"),
    "book_ghost": Number("fault", "ghost order in the book"),
    "delay": Number("delay", "median delay of a message"),
    "feed_delay": Number("delay", "feed late by"),
    "late_streams": Number("late", "streams late", "streams"),
    "clock_step": Number("clock", "clock set by", signed=True),
    "halted": Number("halted", "markets halted", "fraction"),
    "markets": Number("heard", "markets ever heard", "markets"),
    "other_venues_heard": Number("others", "other venues heard", "venues"),
    "their_markets": Number("others", "markets of other venues heard", "markets"),
    # How fragile the market is
    "open_interest": Number("held", "open interest"),
    "funding_rate": Number("funding", "funding rate", signed=True),
    "fragility_2pct": Number("fragile", "liquidations at 2 % lower, against the book", "% of it"),
}


def known(evidence: Evidence) -> Number:
    """How to say it; a number of a newer version, or of a plugin, by its own name in words."""
    found = NUMBERS.get(evidence.signal)
    return found or Number(evidence.signal, name(evidence.signal.replace("_", " ")), signed=True)
