"""Fills that never touched the book: holes in the trade ids of COIN-M alts, and the rows that admit to some of them."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.facts import OFF_BOOK_FILLS, OFF_BOOK_FIRST, OFF_BOOK_MARKETS, THINNING, minute_of
from producers.reconstruction.markets import MARKETS, Market, is_alt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ADL, INSURANCE_FUND = 1, 2
"""Kinds of rows; 0 is an ordinary trade."""
_SHOWN_SHARE = 4
"""One off-book fill in so many shows as a row (X = ADL or INSURANCE_FUND), the rest are holes in the trade ids."""
_ADL_FROM = minute_of("21:17")
"""Which of the two a fill was is not known; a fund pays first, so deleveraging shows only after Hyperliquid's first."""
_SHARES = {market.base: market.share for market in MARKETS if is_alt(market)}


class Trades(NamedTuple):
    """Trades of one market in one minute, in time order."""

    at_s: Floats
    """Seconds after the window's beginning, on the venue's millisecond."""
    ticks: Ints
    lots: Ints
    sold: NDArray[np.bool_]
    ids: Ints
    kind: Ints


def off_book_fills(market: Market, minute: int) -> int:
    """How many of a minute's off-book fills are this market's; the markets' counts add up to the thinned total."""
    published = OFF_BOOK_FILLS.get(minute, 0)
    names = OFF_BOOK_FIRST if minute < minute_of("21:00") else OFF_BOOK_MARKETS
    if not published or not is_alt(market) or market.base not in names:
        return 0
    shares = [_SHARES[name] for name in names]
    edges = [round(published / THINNING * part / sum(shares)) for part in itertools.accumulate(shares, initial=0.0)]
    position = names.index(market.base)
    return edges[position + 1] - edges[position]


def with_off_book(trades: Trades, hidden: int, minute: int, rng: np.random.Generator) -> Trades:
    """Open holes in the ids; a share of them is filled by rows that print off the book, 2 % below the market."""
    place = np.sort(rng.integers(0, trades.ids.size, hidden))
    ids = trades.ids + np.searchsorted(place, np.arange(trades.ids.size), side="right")
    shown = np.arange(0, hidden, _SHOWN_SHARE)
    at = place[shown]
    rows = Trades(
        trades.at_s[at],
        np.maximum(1, np.rint(trades.ticks[at] * 0.98)).astype(np.int64),
        trades.lots[at] * 3,
        np.ones(at.size, np.bool_),
        trades.ids[0] + at + shown,
        np.where((np.arange(at.size) % 2 == 0) & (minute >= _ADL_FROM), ADL, INSURANCE_FUND).astype(np.int64),
    )
    order = np.argsort(np.concatenate([ids, rows.ids]), kind="stable")
    return Trades(
        np.concatenate([trades.at_s, rows.at_s])[order],
        np.concatenate([trades.ticks, rows.ticks])[order],
        np.concatenate([trades.lots, rows.lots])[order],
        np.concatenate([trades.sold, rows.sold])[order],
        np.concatenate([ids, rows.ids])[order],
        np.concatenate([trades.kind, rows.kind])[order],
    )
