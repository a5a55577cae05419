"""Off-book fills: holes in the trade ids of COIN-M alts and the rows that admit to them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from producers.reconstruction.facts import FIRST_MINUTE, OFF_BOOK_FILLS, THINNING
from producers.reconstruction.markets import ALTS


@pytest.mark.slow
def test_holes_and_off_book_rows_add_up_to_the_published_counts(observed: Any) -> None:
    """They are the second key of CRITICAL, minutes before the first public auto-deleveraging."""
    counts: dict[int, int] = defaultdict(int)
    markets: dict[int, set[str]] = defaultdict(set)
    for base in ALTS:
        last = None
        for at_s, _, _, _, number, kind in observed.trades["binance-coinm", f"{base}USD_PERP"]:
            minute = FIRST_MINUTE + int(at_s // 60)
            missing = number - last - 1 if last is not None else 0
            assert missing >= 0
            off_book = missing + (kind != "MARKET")
            last = number
            if off_book:
                counts[minute] += off_book
                markets[minute].add(base)
    assert set(counts) <= set(OFF_BOOK_FILLS), "off-book fills in a minute that had none"
    said = {minute: count / THINNING for minute, count in OFF_BOOK_FILLS.items()}
    wrong = {minute: (counts[minute], count) for minute, count in said.items() if abs(counts[minute] - count) > 1}
    assert not wrong, wrong
    assert len(markets[min(OFF_BOOK_FILLS)]) == 2
    assert len(markets[FIRST_MINUTE + 53]) == 6


@pytest.mark.slow
def test_off_book_rows_are_marked_and_away_from_the_market(observed: Any) -> None:
    """They must never enter a price: a reader that takes them would see 2 % wicks."""
    kinds = {row[5] for rows in observed.trades.values() for row in rows}
    assert kinds == {"MARKET", "ADL", "INSURANCE_FUND"}
