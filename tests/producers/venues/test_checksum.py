"""Books of text and their sums."""

from __future__ import annotations

from zlib import crc32

from producers.venues.checksum import RANKS, ChecksumBook


def test_the_sum_is_over_the_best_ranks_of_both_sides_in_turn() -> None:
    """The example of the documentation: a side that is shorter is passed over."""
    book = ChecksumBook()
    book.replace([("3366.1", "7"), ("3366", "6")], [("3366.8", "9")])
    assert book.agrees(crc32(b"3366.1:7:3366.8:9:3366:6"))
    signed = crc32(b"3366.1:7:3366.8:9:3366:6") - 2**32
    assert book.agrees(signed)


def test_a_change_changes_the_sum_and_levels_beyond_the_ranks_do_not() -> None:
    """Only the best twenty-five are summed."""
    book = ChecksumBook()
    book.replace([(str(100 - n), "1") for n in range(RANKS)], [])
    wanted = crc32(":".join(f"{100 - n}:1" for n in range(RANKS)).encode())
    book.change([("10", "5")], [])
    assert book.agrees(wanted)
    book.change([("100", "2")], [])
    assert not book.agrees(wanted)
    book.change([("100", "1")], [])
    assert book.agrees(wanted)
