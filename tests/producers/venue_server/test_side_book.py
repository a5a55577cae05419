"""Books of text."""

from __future__ import annotations

from producers.venue_server.side_book import SideBook


def test_changes_set_and_remove_levels_of_a_whole_book() -> None:
    """Whoever joins late gets the book as it stands, in the venue's own digits."""
    book = SideBook()
    assert not book.seeded
    book.replace([("9", "1.0"), ("10", "2")], [("11", "3")], last_id=1, at_ms=5)
    book.change([("10", "0"), ("8", "4")], [("12", "1")], last_id=2, at_ms=6)
    assert book.best(1) == ([("9", "1.0")], [("11", "3")])
    assert book.best(9) == ([("9", "1.0"), ("8", "4")], [("11", "3"), ("12", "1")])
    assert (book.last_id, book.at_ms, book.seeded) == (2, 6, True)
