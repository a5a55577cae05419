"""The books of several markets behind one loss."""

from __future__ import annotations

from collections import Counter

from producers.injection.chains import Chains, LossOptions
from schemas.base import EVERY_INSTRUMENT
from schemas.health import Gap
from tests.producers.injection.scenes import BTC, NORTH, SOUTH, T0, S, delta, snapshot, trade, where

AT = T0


def chains() -> Chains:
    """Two markets whose books have begun."""
    made = Chains(LossOptions(), Counter())
    for market in ((SOUTH, BTC), (NORTH, BTC)):
        made.hear(snapshot(0, market), AT)
    return made


def gap(market: tuple[str, str]) -> Gap:
    """What a session said in the recording."""
    return Gap(**where(0, market), channel="all", since_ns=T0, reason="closed")


def test_a_loss_of_one_market_is_no_gap_of_another() -> None:
    """A whole venue would be blind for one lost message."""
    books = chains()
    assert list(books.lose(delta(100, 2), AT)) == []
    other = delta(200, 2, market=(SOUTH, BTC))
    assert list(books.hear(other, AT)) == [other]
    assert isinstance(next(iter(books.hear(delta(200, 3), AT))), Gap)


def test_what_is_no_book_is_lost_without_a_sign_and_what_we_say_is_not_lost() -> None:
    """A gap that a session told would vanish in another."""
    books = chains()
    assert list(books.lose(trade(100, 1), AT)) == []
    assert list(books.hear(trade(200, 2), AT)) == [trade(200, 2)]
    assert list(books.lose(gap((NORTH, BTC)), AT)) == [gap((NORTH, BTC))]


def test_a_cut_is_told_of_every_book_in_one_order() -> None:
    """Two runs would differ by which market spoke first."""
    gaps = list(chains().cut(AT, AT + S, "closed"))
    assert [(told.venue, told.channel) for told in gaps] == [(NORTH, "book"), (SOUTH, "book")]


def test_a_gap_of_a_whole_venue_is_one_of_each_of_its_books() -> None:
    """A book from before the gap would come back as a whole one."""
    books = chains()
    books.hear(gap((NORTH, EVERY_INSTRUMENT)), AT)
    list(books.cut(AT, AT, "closed"))
    late = AT + 60 * S * 1_000_000
    assert list(books.hear(delta(60 * S, 2), late)) == []
    assert len(list(books.hear(delta(60 * S, 2, market=(SOUTH, BTC)), late))) == 1
