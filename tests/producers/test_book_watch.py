"""Markets without a book are named."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from producers.book_watch import BookWatch
from producers.completeness import ALL, NONE, Coverage
from producers.continuity import BookSyncs
from producers.health import Health
from producers.venue import Sequencing
from tests.kit.toy_venue import ToyVenue

EVERY_S = 0.02


def watching(book: Coverage, symbols: tuple[str, ...]) -> tuple[BookWatch, BookSyncs, ToyVenue, Health]:
    """A watch over these markets of a venue that sends books."""
    venue, health = ToyVenue(), Health()
    venue.completeness = {"book": book}
    books = BookSyncs(venue=venue.id, sequencing=Sequencing(chain="prev_id", snapshots="socket"))
    markets = [venue.instrument(symbol) for symbol in symbols]
    watch = BookWatch(venue=venue, books=books, instruments=markets, health=health, every_s=EVERY_S)
    return watch, books, venue, health


async def test_a_market_whose_book_never_comes_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """The venue confirmed its subscription, and nobody would know."""
    watch, books, venue, health = watching(ALL, ("BTCUSDT", "ETHUSDT"))
    book = venue.parse_snapshot(b"5", venue.instrument("BTCUSDT"), 1)
    books.feed([book])
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(5 * EVERY_S)
    assert caplog.text.count("ETH-USDT-PERP") == 1
    assert "BTC-USDT-PERP" not in caplog.text
    assert health.total("silent_books") == 1
    books.feed([msgspec.structs.replace(book, instrument="ETH-USDT-PERP")])
    async with asyncio.timeout(5):
        await running


async def test_a_long_list_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """Five hundred names help nobody."""
    watch, _, _, health = watching(ALL, tuple(f"C{number}USDT" for number in range(9)))
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(2 * EVERY_S)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert "and 4 more" in caplog.text
    assert health.total("silent_books") == 9


async def test_a_venue_without_books_is_not_watched() -> None:
    """Its markets trade against a pool."""
    watch, _, _, health = watching(NONE, ("BTCUSDT",))
    async with asyncio.timeout(5):
        await watch.run()
    assert health.total("silent_books") == 0
