"""A quarter of an hour in steps, as pictures show it. What nobody saw is not a number; it is never zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from schemas.alert import Stage

STEP_NS = 5_000_000_000
STEPS = 180
STEPS_OF_A_MINUTE = 12
STAGES: tuple[Stage, ...] = ("S1", "S2", "S3", "S4", "S5", "S6")

Series: TypeAlias = npt.NDArray[np.float64]
"""One value a step, the oldest first, or rows of these; NaN where it is unknown."""
Severities: TypeAlias = npt.NDArray[np.uint8]
"""One position in `schemas.alert.LEVELS` a step."""


def step_of(ts_ns: int) -> int:
    """The step that a second belongs to, by its end.

    >>> [step_of(second * 1_000_000_000) for second in (5, 6, 10, 11)]
    [0, 1, 1, 2]
    """
    return (ts_ns - 1) // STEP_NS


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to show of some assets, or of the market."""

    end_ns: int
    """The end of the newest step, in event time."""
    heard: npt.NDArray[np.bool_]
    """Whether anything at all was read in each step."""
    prices: dict[str, Series]
    """By asset: its most traded market, as a share of the first price in the window. The main ones come first."""
    depth_usd: Series
    """Bids and asks within two percent, of all books that could be seen."""
    blind_usd: Series
    """What the books held that could not be seen, when they were seen last."""
    normal_usd: float | None
    """The median of `depth_usd` before the episode; None where it was not seen then."""
    longs_usd: Series
    """Liquidated in each step, as far as feeds show it."""
    shorts_usd: Series
    bands: dict[Stage, Severities]
    """The gravest condition of each stage."""

    @property
    def start_ns(self) -> int:
        """The start of the oldest step."""
        return self.end_ns - STEPS * STEP_NS

    @property
    def known_steps(self) -> int:
        """Steps in which any price is known."""
        return int(np.any([~np.isnan(line) for line in self.prices.values()], axis=0).sum()) if self.prices else 0


def unrolled(rings: Sequence[Any], newest: Sequence[int], end: int, steps: int = STEPS) -> Series:
    """Rings of floats as rows of the window that ends with step `end`; of each ring the `newest` step is told."""
    rows = np.frombuffer(b"".join(rings), dtype=np.float32).reshape(-1, len(rings[0]) if rings else steps)
    columns = np.arange(end - steps + 1, end + 1)
    known = np.array(newest, dtype=np.int64)[:, None]
    within = (columns <= known) & (columns > known - rows.shape[1])
    values = rows[:, columns % rows.shape[1]]
    found: Series = np.where(within & np.isfinite(values), values, np.nan).astype(np.float64)
    return found


def total(rows: Series) -> Series:
    """Their sum, step by step; unknown where none of them is known."""
    added: Series = np.where(np.isnan(rows).all(axis=0), np.nan, np.nansum(rows, axis=0))
    return added


def from_first(rows: Series) -> Series:
    """Each as shares of its first known value."""
    if not len(rows):
        return rows
    first = np.argmax(~np.isnan(rows), axis=1)
    shares: Series = rows / np.take_along_axis(rows, first[:, None], axis=1)
    return shares


def middles(rows: Series, least: int) -> Series:
    """The median of each row's known values; unknown where there are fewer than `least`."""
    if not len(rows):
        return np.empty(0)
    ordered = np.sort(rows, axis=1)  # what is unknown comes last
    known = (~np.isnan(rows)).sum(axis=1)
    both = np.stack([np.maximum(known - 1, 0) // 2, known // 2 % rows.shape[1]], axis=1)
    found: Series = np.where(known >= least, np.take_along_axis(ordered, both, axis=1).mean(axis=1), np.nan)
    return found
