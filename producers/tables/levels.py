"""Levels of tables as the book reads them: the file's own digits, as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

NO_LEVELS = msgspec.Raw(b"[]")

_NUMBER = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?"
_ONE = rf"(?!0(?:\.0+)?,){_NUMBER},{_NUMBER}"
_LEVEL = re.compile(_ONE)
_LEVELS = re.compile(f"{_ONE}(?:\n{_ONE})*")


def as_written(levels: Sequence[str]) -> tuple[msgspec.Raw, int]:
    """`price,qty` texts as JSON levels, and how many of them were left out because they are no numbers of a book.

    >>> raw, bad = as_written(["60000.50,1", "60000,0", "nan,1"])
    >>> bytes(raw), bad
    (b'[["60000.50","1"],["60000","0"]]', 1)
    """
    if not levels:
        return NO_LEVELS, 0
    text, bad = "\n".join(levels), 0
    if _LEVELS.fullmatch(text) is None:
        # Rare, and looked at level by level: a bad one costs itself alone.
        good = [level for level in levels if _LEVEL.fullmatch(level)]
        bad = len(levels) - len(good)
        if not good:
            return NO_LEVELS, bad
        text = "\n".join(good)
    json = text.replace(",", '","').replace("\n", '"],["')
    return msgspec.Raw(f'[["{json}"]]'.encode()), bad


def best_first(levels: list[str], *, bids: bool) -> list[str]:
    """`price,qty` texts in the order of a snapshot, whatever the exchange's was.

    >>> best_first(["9,1", "10,1"], bids=True)
    ['10,1', '9,1']
    """
    try:
        return sorted(levels, key=_price, reverse=bids)
    except ValueError:
        return levels  # one of them is none, and will be left out


def _price(level: str) -> float:
    return float(level.partition(",")[0])
