"""Moments as people read them: UTC, to the minute, with the day where it is not the same one."""

from __future__ import annotations

from datetime import UTC, datetime

from detector.alerts.units import MOST_MIN, MOST_S, seconds

NS = 1_000_000_000
LAST = datetime.max.replace(tzinfo=UTC)


def clock(ts_ns: int, *, beside_ns: int | None = None) -> str:
    """Hour and minute; the day as well where `beside_ns` is on another one.

    >>> clock(1_760_129_410_000_000_000), clock(1_760_129_410_000_000_000, beside_ns=1_760_140_900_000_000_000)
    ('20:50', '10 Oct 20:50')
    """
    moment = _moment(ts_ns)
    other = moment if beside_ns is None else _moment(beside_ns)
    day = "" if moment.date() == other.date() else f"{moment.day} {moment:%b} "
    return f"{day}{moment:%H:%M}"


def span(ns: int) -> str:
    """How long.

    >>> span(1_345 * NS), span(-5)
    ('22 min', '0 s')
    """
    whole = max(0, ns) // NS
    return seconds(float(whole)) if not MOST_S <= whole < MOST_MIN * 60 else f"{whole // 60} min"


def _moment(ts_ns: int) -> datetime:
    try:
        return datetime.fromtimestamp(ts_ns // NS, UTC)
    except (ValueError, OverflowError, OSError):
        return LAST
