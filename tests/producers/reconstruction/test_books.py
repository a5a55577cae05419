"""Books as a client rebuilds them: chained, never crossed, thin when they must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from producers.reconstruction.books import LatticeBook
from producers.reconstruction.facts import DEPTH_FLOOR, second_of
from producers.reconstruction.markets import MARKETS


@pytest.mark.slow
def test_every_book_chains_from_its_snapshot_and_never_crosses(observed: Any) -> None:
    """A gap or a crossing of the generator's would be reported as the venue's."""
    faults = [fault for book in observed.books.values() for fault in book.faults]
    assert not faults, "\n".join(faults[:10])
    assert len(observed.books) == 26
    assert all(book.snapshot_id for book in observed.books.values())


@pytest.mark.slow
def test_tickers_agree_with_the_book(observed: Any) -> None:
    """A ticker beside its book would look like a ghost."""
    assert not observed.ticker_faults, "\n".join(observed.ticker_faults[:10])


@pytest.mark.slow
def test_depth_stays_through_the_trigger_and_collapses_from_the_withdrawal_on(observed: Any) -> None:
    """S3 must see the withdrawal at 21:12, not the thinner book after 20:50, and a refill afterwards."""
    for key in (("binance-usdm", "BTCUSDT"), ("binance-usdm", "AVAXUSDT"), ("binance-coinm", "BTCUSD_PERP")):
        at_s, depth, _ = (np.array(column) for column in zip(*observed.books[key].depth, strict=True))
        calm = float(np.median(depth[at_s < second_of("20:48")]))
        share = depth / calm
        before = share[at_s < second_of("21:11:30")]
        assert before.min() > 0.6, (key, before.min())
        assert share[(at_s > second_of("21:12:20")) & (at_s < second_of("21:13"))].max() < 0.6, key
        void = share[(at_s > second_of("21:19:40")) & (at_s < second_of("21:21:30"))]
        assert np.median(void) < 10 * DEPTH_FLOOR, (key, void)
        assert share[at_s > second_of("22:10")].min() > 0.6, key


@pytest.mark.slow
def test_the_btc_spread_widens_as_published(observed: Any) -> None:
    """0.02 to 26 bp."""
    spread = np.array([row[2] for row in observed.books["binance-usdm", "BTCUSDT"].depth])
    assert np.median(spread[:50]) < 0.02
    assert 20 < spread.max() < 32


def test_the_snapshot_covers_more_than_two_percent() -> None:
    """Bands of a client that trusts only the snapshot's range would never be proven."""
    for market in MARKETS:
        book = LatticeBook(market, 100.0 if market.base != "BTC" else 116_000.0, np.random.default_rng(1))
        bids, asks = book.snapshot()
        assert bids[-1][0] < 0.975 * bids[0][0]
        assert asks[-1][0] > 1.025 * asks[0][0]
        assert bids[0][0] < asks[0][0]
