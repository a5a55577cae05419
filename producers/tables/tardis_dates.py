"""The expiry date in the name of a future, in the four ways in which exchanges write it."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DIGITS = re.compile(r"(.+?)[-_](?:20)?(\d\d)(\d\d)(\d\d)")
_DAY_MONTH_YEAR = re.compile(r"(.+?)-(\d\d?)([A-Z]{3})(\d\d)")
_QUARTER = re.compile(r"(.+)([HMUZ])(\d\d)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_QUARTER_MONTHS = {"H": 3, "M": 6, "U": 9, "Z": 12}


def expiry_of(venue: str, name: str) -> tuple[str, str] | None:
    """A future's name without its date, and the date as YYYYMMDD; None where there is no date.

    >>> expiry_of("okex-futures", "BTC-USDT-241227"), expiry_of("deribit", "BTC-27DEC24")
    (('BTC-USDT', '20241227'), ('BTC', '20241227'))
    >>> expiry_of("bybit", "BTCUSDH25")
    ('BTCUSD', '20250328')
    """
    if found := _DIGITS.fullmatch(name):
        return _dated(found[1], found[2], int(found[3]), found[4])
    if (found := _DAY_MONTH_YEAR.fullmatch(name)) and found[3] in _MONTHS:
        return _dated(found[1], found[4], _MONTHS.index(found[3]) + 1, found[2])
    if venue in ("bybit", "bitmex") and (found := _QUARTER.fullmatch(name)):
        # Both let quarterly contracts expire on the last Friday of the quarter.
        after = date(2000 + int(found[3]) + found[2].count("Z"), (_QUARTER_MONTHS[found[2]] % 12) + 1, 1)
        return found[1], f"{after - timedelta(days=(after.weekday() - 5) % 7 + 1):%Y%m%d}"
    return None


def _dated(stem: str, year: str, month: int, day: str) -> tuple[str, str] | None:
    try:
        return stem, f"{date(2000 + int(year), month, int(day)):%Y%m%d}"
    except ValueError:
        return None
