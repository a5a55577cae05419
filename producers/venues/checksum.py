"""The checksum that some venues send with a book: CRC-32 over the texts of the best 25 levels of both sides.

Documented alike by OKX (until 2026-06) and Bitget (until 2024): bid and ask of each rank in turn, `price:qty`, joined
by colons; a side that is shorter is passed over. Only recordings of that time need it: today's wire has ids instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

RANKS = 25

Texts = Iterable[tuple[str, str]]
"""Price and quantity as the venue wrote them: the sum is over the very digits."""


class ChecksumBook:
    """A book of texts, kept only to be summed."""

    def __init__(self) -> None:
        self._bids: dict[str, str] = {}
        self._asks: dict[str, str] = {}

    def replace(self, bids: Texts, asks: Texts) -> None:
        """Begin again from a whole book."""
        self._bids, self._asks = dict(bids), dict(asks)

    def change(self, bids: Texts, asks: Texts) -> None:
        """Set levels; a quantity of 0 removes one."""
        for side, changes in ((self._bids, bids), (self._asks, asks)):
            for price, qty in changes:
                if float(qty) == 0:
                    side.pop(price, None)
                else:
                    side[price] = qty

    def agrees(self, checksum: int) -> bool:
        """Whether the venue's sum, which it writes as a signed or an unsigned number, is the sum of this book.

        >>> book = ChecksumBook()
        >>> book.replace([("3366.1", "7")], [("3366.8", "9"), ("3368", "8")])
        >>> book.agrees(crc32(b"3366.1:7:3366.8:9:3368:8"))
        True
        """
        bids = sorted(self._bids.items(), key=lambda level: -float(level[0]))[:RANKS]
        asks = sorted(self._asks.items(), key=lambda level: float(level[0]))[:RANKS]
        parts: list[str] = []
        for rank in range(max(len(bids), len(asks))):
            for side in (bids, asks):
                if rank < len(side):
                    parts += side[rank]
        return crc32(":".join(parts).encode()) == checksum & 0xFFFFFFFF
