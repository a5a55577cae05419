"""Long lists in the portions that venues accept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def portions(items: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    """The items in order, at most so many together.

    >>> list(portions("abcde", 2))
    ['ab', 'cd', 'e']
    """
    for start in range(0, len(items), most):
        yield items[start : start + most]
