# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, auto_pickle=False
"""The hot file: `Book` (raw levels in, exact depth near mid out) and `Window` (exact rolling sums).

Ordinary Python that Cython compiles in its "pure Python mode"; compiled or not, the numbers are the same to the bit.
Prices are integers here. A side's prices are *keys*, which grow towards the better price (the tick for bids, minus the
tick for asks), so that one code serves both sides.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import re
import struct
import sys
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector import _cython as cython
else:
    try:
        import cython
    except ImportError:
        from detector import _cython as cython

COMPILED: bool = cython.compiled
BID = 0
ASK = 1
BANDS = (0.001, 0.005, 0.01, 0.02)
"""Distances from mid, as fractions, within which depth is summed. Whole thousandths: edges are integer arithmetic."""
MAX_TICKS = 1 << 22
"""Ticks of the grid: 64 MiB of address space for both sides, of which only touched pages become memory."""

_NONE = -(1 << 62)
_SCALED_BITS = 51  # of a price in units of the last decimal: it is an exact double, and 2040 times it fits 64 bits
_TEN = array("q", [10**k for k in range(19)])
_NUMBER = re.compile(rb"(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?")
_SCALAR = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_PLAIN = rb'\["(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?","(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?"\]'
_PLAIN_LEVELS = re.compile(rb"\[" + _PLAIN + rb"(?:," + _PLAIN + rb")*\]")
_BOOK_HEAD = struct.Struct("<5sd28q24d4Q")
_WINDOW_HEAD = struct.Struct("<5s2Q")


def _zeros(size: int) -> mmap.mmap:
    # An anonymous map is zeroed page by page when touched: ticks without levels cost no memory. Private, for a shared
    # one would be written by both sides of a fork; in small pages, for a huge one becomes memory at its first level.
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    zeros = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a kernel without huge pages knows no such advice
            zeros.madvise(mmap.MADV_NOHUGEPAGE)
    return zeros


def _trimmed(price: tuple[int, int]) -> tuple[int, int]:
    mantissa, place = price
    while place and mantissa % 10 == 0:
        mantissa, place = mantissa // 10, place - 1
    return mantissa, place


def _exact_price(text: bytes) -> tuple[int, int]:
    """Mantissa and decimals of a price that is too long or too odd for the fast path."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError("a price is not a number")
    digits = match[1] + (match[2] or b"")
    decimals = len(match[2] or b"") - int(match[3] or b"0")
    zeros = min(len(digits) - len(digits.rstrip(b"0")), max(decimals, 0))
    digits = digits[: len(digits) - zeros].lstrip(b"0")
    decimals -= zeros
    if digits and (decimals > 18 or len(digits) - min(decimals, 0) > 18):
        raise ValueError("a price has too many digits")
    return (int(digits) * 10 ** max(-decimals, 0), max(decimals, 0)) if digits else (0, 0)


@cython.cfunc
def _check(i: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    # Subscripts are not checked in compiled code.
    if not 0 <= i < end:
        raise IndexError(f"{i} is not within 0..{end - 1}")
    return True


@cython.cfunc
def _blank(p: cython.p_const_uchar, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
    while p[i] <= 32 and (p[i] == 32 or p[i] == 10 or p[i] == 13 or p[i] == 9):
        i += 1
    return i


@cython.cfunc
def _expect(p: cython.p_const_uchar, i: cython.Py_ssize_t, symbol: cython.longlong) -> cython.Py_ssize_t:
    if p[i] != symbol:
        i = _blank(p, i)
    if p[i] != symbol:
        raise ValueError('levels are not JSON [["price","qty"],...]')
    return i + 1


@cython.cfunc
def _member(text: bytes, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
    # The end of a third or later member of a level, which says nothing that we use.
    p: cython.p_const_uchar = text
    if p[i] == 34:
        i += 1
        while p[i] != 34:
            if p[i] < 32 or p[i] == 92:
                raise ValueError("a level has an odd string")
            i += 1
        return i + 1
    match = _SCALAR.match(text, i)
    if match is None:
        raise ValueError("a level has an odd member")
    end: cython.Py_ssize_t = match.end()
    return end


@cython.final
@cython.cclass
class Book:
    """One market's order book, and its notional within `BANDS` of mid.

    A level belongs to a band when ``price >= mid * (1 - band)`` (bids) or ``price <= mid * (1 + band)`` (asks), in
    exact arithmetic on the printed decimals: a level exactly on the edge is inside. While a side is empty or the book
    is crossed, mid and depth are NaN. Each sum is kept in two doubles, so nothing drifts, whatever passes through it.

    Parameters
    ----------
    contract_value : float
        USD (inverse) or base coin (linear, spot) per lot.
    inverse : bool
        Whether notional is ``qty * contract_value`` instead of ``qty * contract_value * price``.
    tick_size : float
        Smallest price step; 0 learns it from the levels. A finer price refines the grid either way.
    half_width : float
        How far the grid reaches from mid, as a fraction. Levels beyond it are kept in a dict: nothing is lost.

    >>> book = Book(contract_value=1.0, inverse=False)
    >>> book.apply_snapshot(b'[["99.9","2"],["99.0","5"]]', b'[["100.1","1"]]', False)
    >>> book.mid, book.depth(BID, 0), book.depth(BID, 2), book.proven(BID)
    (100.0, 199.8, 694.8, 0.01)
    """

    if not TYPE_CHECKING:  # memoryviews: a compiled subscript makes no object, and type checkers cannot read them
        _usd: cython.double[::1]  # the grid: notional per tick, bids then asks
        _held: cython.uchar[::1]  # levels in each run of 64 ticks
        _low: cython.longlong[::1]  # the smallest key of each side's grid
        _best: cython.longlong[::1]
        _count: cython.longlong[::1]
        _worst: cython.longlong[::1]  # the last snapshot's range
        # Rings, four a side: the innermost band, then what each further band adds. A ring holds `_sum + _rest`.
        _reach: cython.longlong[::1]
        _edge: cython.longlong[::1]
        _sum: cython.double[::1]
        _rest: cython.double[::1]
        _peak: cython.double[::1]
        _inside: cython.longlong[::1]
        # One message, read but not yet applied.
        _mantissas: cython.longlong[::1]
        _places: cython.longlong[::1]
        _keys: cython.longlong[::1]
        _values: cython.double[::1]
        _ten: cython.longlong[::1]
    _room: cython.Py_ssize_t
    _mantissa: cython.longlong
    _place: cython.longlong
    _value: cython.double
    _far: list[dict[int, float]]
    _size: cython.longlong
    _none: cython.longlong
    _twice_mid: cython.longlong  # in ticks; the edges belong to it
    _whole: cython.bint  # both sides present and not crossed
    _step: cython.longlong  # a tick, in units of the last decimal
    _decimals: cython.longlong
    _changes: cython.longlong
    _lot: cython.double
    _inverse: cython.bint
    _half_width: cython.double
    _tick: tuple[int, int]

    def __init__(self, contract_value: float, inverse: bool, tick_size: float = 0.0, half_width: float = 0.25) -> None:
        if not 0.0 < contract_value < 1e300 or not 0.0 <= tick_size < 1e300 or not 0.0 < half_width < 1.0:
            raise ValueError("a book needs a positive contract value, a tick size >= 0 and a half width within (0, 1)")
        self._lot = contract_value
        self._inverse = inverse
        self._half_width = half_width
        self._tick = _exact_price(repr(tick_size).encode())
        self._ten = _TEN
        self._none = _NONE
        self._reach = array("q", [round(1000 * band) for band in BANDS])
        self._mantissas = array("q", bytes(512))
        self._places = array("q", bytes(512))
        self._keys = array("q", bytes(512))
        self._values = array("d", bytes(512))
        self._room = 64
        self._changes = 0
        self.clear()

    def clear(self) -> None:
        """Forget every level, the snapshot and the learnt tick; the count of changes goes on."""
        self._step, self._decimals = self._tick
        self._worst = array("q", [_NONE, _NONE])
        self._twice_mid = 0
        self._whole = False
        self._empty_grid(0, 0)

    # --- messages

    def apply_snapshot(self, bids: bytes, asks: bytes, keeps_far_levels: bool) -> None:
        """Replace the book; with `keeps_far_levels` only down to each side's worst price, the rest is carried.

        Levels are raw JSON, ``[["price","qty"],...]``. Malformed ones raise `ValueError` and leave the book unchanged.
        """
        middle = self._read(bids, 0)
        end = self._read(asks, middle)
        self._to_keys(middle, end)
        for side, first, last in ((BID, 0, middle), (ASK, middle, end)):
            fresh = {self._keys[k]: self._values[k] for k in range(first, last)}
            # A side without levels says that there is nothing at all: no range, and nothing to carry.
            worst = min([key for key, usd in fresh.items() if usd > 0.0], default=_NONE)
            cut = worst if keeps_far_levels else _NONE
            for key in [key for key, _ in self._best_first(side) if key >= cut and key not in fresh]:
                self._put(side, key, 0.0)
            for key, usd in fresh.items():
                self._put(side, key, usd)
            self._worst[side] = worst
        self._settle()

    def apply_delta(self, bids: bytes, asks: bytes) -> None:
        """Set levels to absolute quantities; 0 removes, and removing an unknown level is legal.

        Malformed levels raise `ValueError` and leave the book unchanged.
        """
        k: cython.Py_ssize_t
        middle: cython.Py_ssize_t = self._read(bids, 0)
        end: cython.Py_ssize_t = self._read(asks, middle)
        self._to_keys(middle, end)
        for k in range(middle):
            self._put(0, self._keys[k], self._values[k])
        for k in range(middle, end):
            self._put(1, self._keys[k], self._values[k])
        self._settle()

    # --- reading text: every level is checked before the first one is applied

    @cython.cfunc
    def _read(self, text: bytes, k: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if not cython.compiled:
            if _PLAIN_LEVELS.fullmatch(text):
                return self._read_plain(text, k)
            text += b"\0"  # C finds one after every bytes object
        p: cython.p_const_uchar = text
        price: cython.double
        mantissa: cython.longlong
        place: cython.longlong
        i: cython.Py_ssize_t = _blank(p, _expect(p, 0, 91))  # 91 [   93 ]   44 ,   34 "
        if p[i] == 93:
            i += 1
        else:
            while True:
                i = self._number(text, _expect(p, i, 91), True)
                price, mantissa, place = self._value, self._mantissa, self._place
                i = _blank(p, self._number(text, _expect(p, i, 44), False))
                while p[i] == 44:
                    i = _blank(p, _member(text, _blank(p, i + 1)))
                i = _blank(p, _expect(p, i, 93))
                self._hold(k, mantissa, place, price, self._value)
                k += 1
                if p[i] != 44:
                    break
                i += 1
            i = _expect(p, i, 93)
        if _blank(p, i) != len(text) - (not cython.compiled):
            raise ValueError("something follows the levels")
        return k

    def _read_plain(self, text: bytes, k: int) -> int:
        # Interpreted only: levels as most venues write them, by the standard library's C code.
        members = text.translate(None, b'["]').split(b",")
        for price, qty in zip(members[::2], members[1::2], strict=True):
            whole, _, decimals = price.partition(b".")
            self._hold(k, int(whole + decimals), len(decimals), float(price), float(qty))
            k += 1
        return k

    @cython.cfunc
    def _number(self, text: bytes, i: cython.Py_ssize_t, is_price: cython.bint) -> cython.Py_ssize_t:
        # A JSON number without a sign, bare or quoted: _value, and for a price _mantissa * 10**-_place.
        p: cython.p_const_uchar = text
        i = _blank(p, i)
        quoted: cython.bint = p[i] == 34
        if quoted:
            i += 1
        begin: cython.Py_ssize_t = i
        point: cython.Py_ssize_t
        mantissa: cython.ulonglong = 0
        place: cython.Py_ssize_t = 0
        if p[i] == 48:
            i += 1
        else:
            while 48 <= p[i] <= 57:
                mantissa = mantissa * 10 + (p[i] - 48)
                i += 1
        if i == begin:
            raise ValueError("a number without a sign was expected")
        if p[i] == 46:
            i += 1
            point = i
            while 48 <= p[i] <= 57:
                mantissa = mantissa * 10 + (p[i] - 48)
                i += 1
            place = i - point
            if place == 0:
                raise ValueError("a number ends with its decimal point")
        if p[i] == 69 or p[i] == 101 or i - begin > 18:  # an exponent, or digits that might not fit 64 bits
            while 48 <= p[i] <= 57 or p[i] == 69 or p[i] == 101 or p[i] == 43 or p[i] == 45:
                i += 1
            odd: bytes = text[begin:i]
            self._value = float(odd) if _NUMBER.fullmatch(odd) else math.nan
            if is_price:
                self._mantissa, self._place = _exact_price(odd)
        else:
            self._mantissa = mantissa
            self._place = place
            if mantissa >> 53 == 0:  # both operands are exact, so the quotient is the nearest double
                self._value = float(mantissa) / float(self._ten[place])
            else:
                self._value = float(text[begin:i])
        if quoted:
            if p[i] != 34:
                raise ValueError("a quoted number is not a number")
            i += 1
        return i

    @cython.cfunc
    def _hold(
        self,
        k: cython.Py_ssize_t,
        mantissa: cython.longlong,
        place: cython.longlong,
        price: cython.double,
        qty: cython.double,
    ) -> cython.bint:
        usd: cython.double = qty * self._lot if self._inverse else qty * self._lot * price
        if not 0.0 <= usd < 1e300 or mantissa == 0:  # below this no sum of levels is infinite
            raise ValueError("a price must be positive, a quantity not negative, and both finite")
        while mantissa >> 51 and place and mantissa % 10 == 0:
            mantissa //= 10
            place -= 1
        if mantissa >> 51:
            raise ValueError("a price has too many digits")
        if k == self._room:
            self._make_room()
        self._mantissas[k] = mantissa
        self._places[k] = place
        self._values[k] = usd
        return False

    def _make_room(self) -> None:
        more = bytes(8 * self._room)
        self._mantissas = array("q", bytes(self._mantissas) + more)
        self._places = array("q", bytes(self._places) + more)
        self._keys = array("q", bytes(self._keys) + more)
        self._values = array("d", bytes(self._values) + more)
        self._room *= 2

    # --- ticks and the grid

    @cython.cfunc
    def _on_grid(self, middle: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
        k: cython.Py_ssize_t
        scaled: cython.longlong
        tick: cython.longlong
        unit: cython.longlong
        for k in range(end):
            scaled = self._mantissas[k]
            if self._places[k] != self._decimals:
                if self._places[k] < self._decimals:
                    unit = self._ten[self._decimals - self._places[k]]
                    if scaled > (1 << 51) // unit:
                        return False
                    scaled *= unit
                else:
                    unit = self._ten[self._places[k] - self._decimals]
                    if scaled % unit:
                        return False
                    scaled //= unit
            tick = scaled // self._step
            if tick * self._step != scaled:
                return False
            self._keys[k] = tick if k < middle else -tick
        return True

    @cython.cfunc
    def _to_keys(self, middle: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
        if end == 0 or (self._size and self._on_grid(middle, end)):
            return False
        self._refine([(self._mantissas[k], self._places[k]) for k in range(end)])
        self._on_grid(middle, end)
        if self._size == 0:
            bids = [self._keys[k] for k in range(middle) if self._values[k] > 0.0]
            asks = [self._keys[k] for k in range(middle, end) if self._values[k] > 0.0]
            if bids and asks:
                self._build(1, (max(bids) - max(asks)) // 2)
            elif bids or asks:
                self._build(1, abs(max(bids or asks)))
        return True

    def _refine(self, prices: list[tuple[int, int]]) -> None:
        # A tick that divides every price known and these. Decimals as printed save the hot path a division.
        held = [abs(key) for side in (BID, ASK) for key, _ in self._best_first(side)]
        for places in (max(place for _, place in prices), max(_trimmed(price)[1] for price in prices)):
            decimals = max(places, self._decimals)
            step = self._step * 10 ** (decimals - self._decimals)
            scaled = [mantissa * 10 ** (decimals - place) for mantissa, place in map(_trimmed, prices)]
            if max(*scaled, max(held, default=0) * step) >> _SCALED_BITS == 0:
                break
        else:
            raise ValueError("a price has too many digits beside the others")
        finest = math.gcd(step, *scaled)
        factor = step // finest
        self._step, self._decimals = finest, decimals
        if self._size:
            self._build(factor, (self._low[0] + self._size // 2) * factor)

    def _build(self, factor: int, centre: int) -> None:
        # A new grid around `centre`, ticks divided by `factor`, every sum made afresh from the levels, best first.
        levels = [[(key * factor, usd) for key, usd in self._best_first(side)] for side in (BID, ASK)]
        half = max(64, min(MAX_TICKS // 2, math.ceil(centre * self._half_width) + 31 & ~31))
        changes = self._changes
        self._twice_mid *= factor
        for side in (BID, ASK):
            if self._worst[side] != _NONE:
                self._worst[side] *= factor
        self._empty_grid(centre - half, 2 * half)
        if self._twice_mid:
            for ring in range(8):
                self._edge[ring] = self._edge_of(ring, self._twice_mid)
        for side in (BID, ASK):
            for key, usd in levels[side]:
                self._put(side, key, usd)
        self._changes = changes

    @cython.cfunc
    def _empty_grid(self, low: cython.longlong, size: cython.longlong) -> cython.bint:
        self._usd = memoryview(_zeros(max(16 * size, 16))).cast("d")
        self._held = bytearray(max(size // 32, 1))
        self._low = array("q", [low, -(low + size - 1)])
        self._size = size
        self._far = [{}, {}]
        self._best = array("q", [_NONE, _NONE])
        self._count = array("q", [0, 0])
        self._edge = array("q", [-_NONE] * 8)  # beyond every price: nothing is inside
        self._sum = array("d", bytes(64))
        self._rest = array("d", bytes(64))
        self._peak = array("d", bytes(64))
        self._inside = array("q", bytes(64))
        return False

    # --- levels and sums

    @cython.cfunc
    def _put(self, side: cython.Py_ssize_t, key: cython.longlong, usd: cython.double) -> cython.bint:
        old: cython.double
        at: cython.longlong = key - self._low[side]
        if 0 <= at < self._size:
            at += side * self._size
            old = self._usd[at]
            if old == usd:
                return False
            self._usd[at] = usd
            if old == 0.0:
                self._held[at >> 6] += 1
            elif usd == 0.0:
                self._held[at >> 6] -= 1
        else:
            far = self._far[side]
            old = far.get(key, 0.0)
            if old == usd:
                return False
            if usd == 0.0:
                del far[key]
            else:
                far[key] = usd
        self._changes += 1
        if old == 0.0:
            self._count[side] += 1
            if key > self._best[side]:
                self._best[side] = key
        elif usd == 0.0:
            self._count[side] -= 1
        ring: cython.Py_ssize_t = side * 4
        end: cython.Py_ssize_t = ring + 4
        while ring < end and key < self._edge[ring]:
            ring += 1
        if ring < end:
            if usd != 0.0:
                self._add(ring, usd, 1)
            if old != 0.0:
                self._add(ring, -old, -1)
        return True

    @cython.cfunc
    def _add(self, ring: cython.Py_ssize_t, usd: cython.double, levels: cython.longlong) -> cython.bint:
        # Knuth's two-sum: what rounding takes from _sum goes to _rest.
        old: cython.double = self._sum[ring]
        new: cython.double = old + usd
        part: cython.double = new - old
        self._sum[ring] = new
        self._rest[ring] += (old - (new - part)) + (usd - part)
        if new > self._peak[ring]:
            self._peak[ring] = new
        self._inside[ring] += levels
        if self._inside[ring] == 0:
            self._sum[ring] = 0.0
            self._rest[ring] = 0.0
            self._peak[ring] = 0.0
        return False

    def _sum_again(self, ring: int) -> None:
        # Two doubles hold 32 digits. After a level that was more than 10**9 times what is left, too few are good.
        side = ring // 4
        self._sum[ring] = self._rest[ring] = self._peak[ring] = 0.0
        for key, usd in self._best_first(side):
            if key < self._edge[ring]:
                break
            if ring % 4 == 0 or key < self._edge[ring - 1]:
                self._add(ring, usd, 0)

    @cython.cfunc
    def _down(self, side: cython.Py_ssize_t, at: cython.longlong, stop: cython.longlong) -> cython.longlong:
        # The first place of the grid with a level, from `at` down to `stop`; -2 when there is none.
        start: cython.longlong = side * self._size
        while at >= stop:
            if self._usd[start + at] != 0.0:
                return at
            if self._held[(start + at) >> 6] == 0:
                at = (at | 63) - 64
            else:
                at -= 1
        return -2

    @cython.cfunc
    def _find_best(self, side: cython.Py_ssize_t) -> cython.bint:
        # _best is never too low; after removals it may be too high.
        low: cython.longlong = self._low[side]
        at: cython.longlong = self._best[side] - low
        if at >= self._size:  # beyond the grid on the better side
            self._best[side] = max(self._far[side], default=_NONE)
            if self._best[side] >= low + self._size:
                return False
            at = self._size - 1
        at = self._down(side, at, 0)
        self._best[side] = low + at if at >= 0 else max(self._far[side], default=_NONE)
        return True

    @cython.cfunc
    def _settle(self) -> cython.bint:
        # After every message: best prices, mid, the edges that follow mid, and sums that lost their digits.
        self._find_best(0)
        self._find_best(1)
        bid: cython.longlong = self._best[0]
        ask: cython.longlong = -self._best[1]
        self._whole = self._count[0] != 0 and self._count[1] != 0 and bid < ask
        if not self._whole:
            return False
        if bid + ask != self._twice_mid:
            self._follow(bid + ask)
        ring: cython.Py_ssize_t
        for ring in range(8):
            if self._sum[ring] * 1e9 < self._peak[ring]:
                self._sum_again(ring)
        return True

    @cython.cfunc
    def _follow(self, new: cython.longlong) -> cython.bint:
        old: cython.longlong = self._twice_mid
        mid: cython.longlong = new // 2
        margin: cython.longlong = self._size // 4
        self._twice_mid = new
        if mid < self._low[0] + margin or mid >= self._low[0] + self._size - margin:
            self._build(1, mid)
            return True
        side: cython.Py_ssize_t
        band: cython.Py_ssize_t
        ring: cython.Py_ssize_t
        edge: cython.longlong
        for side in range(2):
            # Outermost edge first when edges move away from the better prices, innermost first when towards them: then
            # every level that an edge passes is in the ring beside it.
            outward: cython.bint = old == 0 or (new > old) == (side == 1)
            for band in range(4):
                ring = side * 4 + (3 - band if outward else band)
                edge = self._edge_of(ring, new)
                if edge < self._edge[ring]:
                    self._move(side, edge, self._edge[ring], ring + 1, ring)
                elif edge > self._edge[ring]:
                    self._move(side, self._edge[ring], edge, ring, ring + 1)
                self._edge[ring] = edge
        return False

    @cython.cfunc
    def _edge_of(self, ring: cython.Py_ssize_t, twice_mid: cython.longlong) -> cython.longlong:
        # tick >= mid * (1 - reach/1000) and tick <= mid * (1 + reach/1000), rounded into the band, in whole numbers.
        if ring < 4:
            return (twice_mid * (1000 - self._reach[ring]) + 1999) // 2000
        return -(twice_mid * (1000 + self._reach[ring - 4]) // 2000)

    @cython.cfunc
    def _move(
        self,
        side: cython.Py_ssize_t,
        first: cython.longlong,
        end: cython.longlong,
        source: cython.Py_ssize_t,
        target: cython.Py_ssize_t,
    ) -> cython.bint:
        # Levels with first <= key < end change rings; the ring after a side's last is no ring.
        usd: cython.double
        low: cython.longlong = self._low[side]
        outside: cython.Py_ssize_t = side * 4 + 4
        stop: cython.longlong = max(first - low, 0)
        at: cython.longlong = self._down(side, min(end - 1 - low, self._best[side] - low, self._size - 1), stop)
        while at >= 0:
            usd = self._usd[side * self._size + at]
            if source != outside:
                self._add(source, -usd, -1)
            if target != outside:
                self._add(target, usd, 1)
            at = self._down(side, at - 1, stop)
        if first < low or end > low + self._size:
            for key, usd in sorted(self._far[side].items()):
                if first <= key < end:
                    if source != outside:
                        self._add(source, -usd, -1)
                    if target != outside:
                        self._add(target, usd, 1)
        return True

    def _best_first(self, side: int) -> Iterator[tuple[int, float]]:
        far = sorted(self._far[side].items(), reverse=True)
        low: cython.longlong = self._low[side]
        size: cython.longlong = self._size
        for key, usd in far:
            if key >= low + size:
                yield key, usd
        left: cython.longlong = self._count[side] - len(far)
        at: cython.longlong = min(self._best[side] - low, size - 1)
        while left > 0:
            at = self._down(side, at, 0)
            yield low + at, self._usd[side * size + at]
            at -= 1
            left -= 1
        for key, usd in far:
            if key < low:
                yield key, usd

    # --- what it says

    @cython.cfunc
    def _price(self, twice_tick: cython.longlong) -> cython.double:
        # Both operands are exact, so this is the double nearest to the decimal price. C would divide whole numbers.
        return float(twice_tick * self._step) / float(2 * self._ten[self._decimals])

    @property
    def best_bid(self) -> float:
        """Highest bid; NaN without bids."""
        return self._price(2 * self._best[0]) if self._count[0] else math.nan

    @property
    def best_ask(self) -> float:
        """Lowest ask; NaN without asks."""
        return self._price(-2 * self._best[1]) if self._count[1] else math.nan

    @property
    def mid(self) -> float:
        """Midway between the best prices; NaN while a side is empty or the book is crossed."""
        return self._price(self._twice_mid) if self._whole else math.nan

    @property
    def spread(self) -> float:
        """Best ask minus best bid, as a fraction of mid; NaN like `mid`."""
        if not self._whole:
            return math.nan
        return float(-2 * (self._best[0] + self._best[1])) / float(self._twice_mid)

    @property
    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        return self._count[0] != 0 and self._count[1] != 0 and not self._whole

    @property
    def changes(self) -> int:
        """How many times a level was added, removed or changed its quantity, since the book was made."""
        return self._changes

    def levels(self, side: cython.longlong) -> int:
        """How many levels a side holds."""
        _check(side, 2)
        return self._count[side]

    def depth(self, side: cython.longlong, band: cython.longlong) -> float:
        """Notional in USD within `BANDS[band]` of mid; NaN like `mid`."""
        _check(side, 2)
        _check(band, 4)
        if not self._whole:
            return math.nan
        total: cython.double = 0.0
        rest: cython.double = 0.0
        ring: cython.Py_ssize_t
        for ring in range(side * 4, side * 4 + band + 1):
            total += self._sum[ring]
            rest += self._rest[ring]
        return total + rest

    def proven(self, side: cython.longlong) -> float:
        """How far from the present mid the last snapshot reaches, as a fraction; a delta never adds to it.

        A band is proven when ``proven(side) >= band``. 0 without a snapshot of this side, or without a mid.
        """
        _check(side, 2)
        worst: cython.longlong = self._worst[side]
        if not self._whole or worst == self._none:
            return 0.0
        # Nothing bid was above the snapshot's best, so all bids from its worst price upwards are known; asks likewise.
        reach: cython.longlong = self._twice_mid - 2 * worst if side == 0 else -2 * worst - self._twice_mid
        return float(max(reach, 0)) / float(self._twice_mid)

    # --- state

    def dump(self) -> bytes:
        """Everything that the future depends on, for `load`: 12 bytes a level within the grid, 16 beyond it."""
        counts: list[int] = []
        levels: list[bytes] = []
        for side in (BID, ASK):
            low, known = self._low[side], list(self._best_first(side))
            near = [(key - low, usd) for key, usd in known if 0 <= key - low < self._size]
            far = [(key, usd) for key, usd in known if not 0 <= key - low < self._size]
            counts += [len(near), len(far)]
            usds = [usd for _, usd in near + far]
            levels.append(struct.pack(f"<{len(near)}I{len(far)}q", *[key for key, _ in near + far]))
            levels.append(struct.pack(f"<{len(usds)}d", *usds))
        state = [self._inverse, self._step, self._decimals, self._low[0], self._size, self._twice_mid, self._whole]
        state.append(self._changes)
        state += list(self._best) + list(self._worst) + list(self._edge) + list(self._inside)
        sums = list(self._sum) + list(self._rest) + list(self._peak)
        head = _BOOK_HEAD.pack(b"book\x01", self._lot, *state, *sums, *counts)
        return head + b"".join(levels)

    @classmethod
    def from_dump(cls, data: bytes) -> Book:
        """A book that goes on where the one that wrote `data` stood, with the usual half width.

        Raises `ValueError` when `data` is not the state of a book.
        """
        try:
            magic, lot, inverse, *_ = _BOOK_HEAD.unpack_from(data)
        except struct.error as error:
            raise ValueError("not the state of a book") from error
        if magic != b"book\x01":
            raise ValueError("not the state of a book")
        book = cls(lot, bool(inverse))
        book.load(data)
        return book

    def load(self, data: bytes) -> None:
        """Become the book that wrote `data`. Raises `ValueError`, unchanged, when it is not such a book's."""
        try:
            magic, lot, *state = _BOOK_HEAD.unpack_from(data)
            at = _BOOK_HEAD.size
            sides: list[list[tuple[int, float]]] = []
            for near, far in (state[52:54], state[54:56]):
                keys = struct.unpack_from(f"<{near}I{far}q", data, at)
                usds = struct.unpack_from(f"<{near + far}d", data, at + 4 * near + 8 * far)
                at += 12 * near + 16 * far
                low = state[3] if not sides else -(state[3] + state[4] - 1)
                sides.append(list(zip([low + key for key in keys[:near]] + list(keys[near:]), usds, strict=True)))
        except struct.error as error:
            raise ValueError("not the state of a book") from error
        sound = 0 <= state[4] <= MAX_TICKS and state[4] % 64 == 0 and 0 <= state[2] < len(_TEN)
        sound = sound and state[1] >= min(state[4], 1)  # a grid has a tick: compiled code divides by it unchecked
        if magic != b"book\x01" or at != len(data) or not sound:
            raise ValueError("not the state of a book")
        if lot != self._lot or bool(state[0]) != self._inverse:
            raise ValueError("the state of a book with another contract value")
        self._step, self._decimals = state[1:3]
        self._empty_grid(state[3], state[4])
        for side in (BID, ASK):
            for key, usd in sides[side]:
                self._put(side, key, usd)
        self._twice_mid, self._whole, self._changes = state[5], bool(state[6]), state[7]
        self._best, self._worst = array("q", state[8:10]), array("q", state[10:12])
        self._edge, self._inside = array("q", state[12:20]), array("q", state[20:28])
        self._sum, self._rest = array("d", state[28:36]), array("d", state[36:44])
        self._peak = array("d", state[44:52])


@cython.final
@cython.cclass
class Window:
    """Exact sums over several spans that end now: one history, and a tail in it for each span.

    Span ``i`` holds the entries with ``now - spans_ns[i] < ts <= now``. Time does not run backwards: an entry older
    than the newest is placed at the newest one's time, and a question about an earlier moment is answered for that
    time.

    >>> window = Window((10, 100))
    >>> window.add(5, 1.5)
    >>> window.add(12, 2.0)
    >>> window.sum(0, 15), window.sum(1, 15), window.count(0, 15)
    (2.0, 3.5, 1)
    """

    if not TYPE_CHECKING:
        _spans: cython.longlong[::1]
        _tails: cython.longlong[::1]
        _sums: cython.double[::1]
        _rests: cython.double[::1]
        _times: cython.longlong[::1]
        _values: cython.double[::1]
    _end: cython.longlong
    _room: cython.longlong
    _width: cython.Py_ssize_t

    def __init__(self, spans_ns: tuple[int, ...]) -> None:
        if not spans_ns or min(spans_ns) <= 0:
            raise ValueError("a window needs spans of more than 0 ns")
        self._spans = array("q", spans_ns)
        self._width = len(spans_ns)
        self.clear()

    def clear(self) -> None:
        """Forget every entry."""
        self._tails = array("q", bytes(8 * self._width))
        self._sums = array("d", bytes(8 * self._width))
        self._rests = array("d", bytes(8 * self._width))
        self._times = array("q", bytes(128))
        self._values = array("d", bytes(128))
        self._end = 0
        self._room = 16

    def add(self, ts_ns: cython.longlong, value: cython.double) -> None:
        """Count `value` at `ts_ns`. Raises `ValueError` unless it is finite."""
        i: cython.Py_ssize_t
        if not -1e300 < value < 1e300:
            raise ValueError("a window sums finite values")
        if self._end == self._room:
            self._make_room()
        if self._end and ts_ns < self._times[self._end - 1]:
            ts_ns = self._times[self._end - 1]
        self._times[self._end] = ts_ns
        self._values[self._end] = value
        self._end += 1
        for i in range(self._width):
            self._count_in(i, value)
            self._expire(i, ts_ns)  # also where nobody asks: the history stays as long as the longest span

    def sum(self, i: cython.Py_ssize_t, now_ns: cython.longlong) -> float:
        """Sum of span `i` at `now_ns`; exactly 0 when the span is empty."""
        _check(i, self._width)
        self._expire(i, now_ns)
        return self._sums[i] + self._rests[i]

    def count(self, i: cython.Py_ssize_t, now_ns: cython.longlong) -> int:
        """Number of entries of span `i` at `now_ns`."""
        _check(i, self._width)
        self._expire(i, now_ns)
        return self._end - self._tails[i]

    @cython.cfunc
    def _count_in(self, i: cython.Py_ssize_t, value: cython.double) -> cython.bint:
        old: cython.double = self._sums[i]
        new: cython.double = old + value
        part: cython.double = new - old
        self._sums[i] = new
        self._rests[i] += (old - (new - part)) + (value - part)
        return False

    @cython.cfunc
    def _expire(self, i: cython.Py_ssize_t, now_ns: cython.longlong) -> cython.bint:
        tail: cython.longlong = self._tails[i]
        if tail == self._end:
            return False
        oldest: cython.longlong = max(now_ns, self._times[self._end - 1]) - self._spans[i]
        if self._times[tail] > oldest:
            return False
        while tail < self._end and self._times[tail] <= oldest:
            self._count_in(i, -self._values[tail])
            tail += 1
        self._tails[i] = tail
        if tail == self._end:
            self._sums[i] = 0.0
            self._rests[i] = 0.0
        return True

    def _make_room(self) -> None:
        head = min(self._tails)
        kept = self._end - head
        room = max(16, 2 * kept)
        blank = bytes(8 * (room - kept))
        self._times = array("q", bytes(self._times[head : self._end]) + blank)
        self._values = array("d", bytes(self._values[head : self._end]) + blank)
        self._tails = array("q", [tail - head for tail in self._tails])
        self._end = kept
        self._room = room

    def dump(self) -> bytes:
        """Everything that the future depends on, for `load`."""
        head = min(self._tails)
        kept = self._end - head
        tails = [tail - head for tail in self._tails]
        whole = list(self._spans) + tails + list(self._times[head : self._end])
        reals = list(self._sums) + list(self._rests) + list(self._values[head : self._end])
        body = struct.pack(f"<{len(whole)}q{len(reals)}d", *whole, *reals)
        return _WINDOW_HEAD.pack(b"wind\x01", self._width, kept) + body

    @classmethod
    def from_dump(cls, data: bytes) -> Window:
        """A window that goes on where the one that wrote `data` stood.

        Raises `ValueError` when `data` is not the state of a window.
        """
        try:
            magic, width, _ = _WINDOW_HEAD.unpack_from(data)
            spans = struct.unpack_from(f"<{width}q", data, _WINDOW_HEAD.size)
        except struct.error as error:
            raise ValueError("not the state of a window") from error
        if magic != b"wind\x01":
            raise ValueError("not the state of a window")
        window = cls(spans)
        window.load(data)
        return window

    def load(self, data: bytes) -> None:
        """Become the window that wrote `data`. Raises `ValueError`, unchanged, when it had other spans."""
        try:
            magic, width, kept = _WINDOW_HEAD.unpack_from(data)
            whole = 2 * width + kept
            state = struct.unpack(f"<{whole}q{whole}d", data[_WINDOW_HEAD.size :])
        except struct.error as error:
            raise ValueError("not the state of a window") from error
        tails = state[width : 2 * width]
        if magic != b"wind\x01" or list(state[:width]) != list(self._spans) or min(tails) < 0 or max(tails) > kept:
            raise ValueError("not the state of a window with these spans")
        self._tails = array("q", tails)
        self._sums = array("d", state[whole : whole + width])
        self._rests = array("d", state[whole + width : whole + 2 * width])
        blank = bytes(128)
        self._times = array("q", array("q", state[2 * width : whole]).tobytes() + blank)
        self._values = array("d", array("d", state[whole + 2 * width :]).tobytes() + blank)
        self._end = kept
        self._room = kept + 16
