"""An order book that recomputes everything from scratch: dicts of exact decimal prices, `fsum`, no cleverness.

The oracle of `detector.kernel.Book`: slow, and written without a look at it.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from fractions import Fraction

PERMILLE = (1, 5, 10, 20)
_NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class _Token(str):
    """A bare JSON number, as written."""

    __slots__ = ()


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def read_levels(text: bytes) -> list[tuple[Decimal, float]]:
    """Prices and quantities of raw JSON levels; `ValueError` for anything a book must not believe."""
    rows = json.loads(text, parse_float=_Token, parse_int=_Token, parse_constant=_refuse)
    if not isinstance(rows, list):
        raise ValueError("levels are a list")
    levels = []
    for row in rows:
        if not isinstance(row, list) or len(row) < 2 or any(isinstance(member, (list, dict)) for member in row):
            raise ValueError("a level is a list of scalars")
        price, qty = row[:2]
        if not all(isinstance(member, str) and _NUMBER.fullmatch(member) for member in (price, qty)):
            raise ValueError("a level has a price and a quantity")
        if not 0 < float(price) < math.inf or not math.isfinite(float(qty)):
            raise ValueError("a price is positive, and both are finite")
        levels.append((Decimal(price), float(qty)))
    return levels


class BruteBook:
    """The same questions as `Book`, answered by looking at every level. Sides: 0 bids, 1 asks."""

    def __init__(self, contract_value: float, inverse: bool) -> None:
        self.contract_value = contract_value
        self.inverse = inverse
        self.sides: tuple[dict[Decimal, float], dict[Decimal, float]] = ({}, {})
        self.worst: list[Decimal | None] = [None, None]
        self.changes = 0

    def _usd(self, price: Decimal, qty: float) -> float:
        if self.inverse:
            return qty * self.contract_value
        return qty * self.contract_value * float(price)

    def _put(self, side: int, price: Decimal, usd: float) -> None:
        if self.sides[side].get(price, 0.0) != usd:
            self.changes += 1
        if usd > 0:
            self.sides[side][price] = usd
        else:
            self.sides[side].pop(price, None)

    def apply_delta(self, bids: bytes, asks: bytes) -> None:
        """Set levels to absolute quantities."""
        for side, levels in enumerate([read_levels(bids), read_levels(asks)]):
            for price, qty in levels:
                self._put(side, price, self._usd(price, qty))

    def apply_snapshot(self, bids: bytes, asks: bytes, keeps_far_levels: bool) -> None:
        """Replace the book, or only what the snapshot's range covers."""
        for side, levels in enumerate([read_levels(bids), read_levels(asks)]):
            fresh = {price: self._usd(price, qty) for price, qty in levels}
            prices = [price for price, usd in fresh.items() if usd > 0]
            worst = (max(prices) if side else min(prices)) if prices else None
            for price in list(self.sides[side]):
                carried = keeps_far_levels and worst is not None and (price > worst if side else price < worst)
                if price not in fresh and not carried:
                    self._put(side, price, 0.0)
            for price, usd in fresh.items():
                self._put(side, price, usd)
            self.worst[side] = worst

    def _twice_mid(self) -> Fraction | None:
        bids, asks = self.sides
        if not bids or not asks or max(bids) >= min(asks):
            return None
        return Fraction(max(bids)) + Fraction(min(asks))

    @property
    def mid(self) -> float:
        """Midway between the best prices, or NaN."""
        twice_mid = self._twice_mid()
        return float(twice_mid / 2) if twice_mid is not None else math.nan

    def depths(self) -> list[float]:
        """Four bands of bids, then of asks."""
        twice_mid = self._twice_mid()
        if twice_mid is None:
            return [math.nan] * 8
        sums = []
        for side in (0, 1):
            for permille in PERMILLE:
                edge = twice_mid * (1000 + permille if side else 1000 - permille) / 2000
                # Compared as whole numbers: a Fraction against each of thousands of Decimals would take minutes.
                numerator, scale = edge.numerator, edge.denominator
                inside = [
                    usd
                    for price, usd in self.sides[side].items()
                    if (price * scale <= numerator if side else price * scale >= numerator)
                ]
                sums.append(math.fsum(inside))
        return sums

    def proven(self, side: int) -> float:
        """How far from mid the last snapshot reaches on a side."""
        twice_mid, worst = self._twice_mid(), self.worst[side]
        if twice_mid is None or worst is None:
            return 0.0
        away = (2 * Fraction(worst) - twice_mid) / twice_mid
        return float(max(away if side else -away, Fraction(0)))
