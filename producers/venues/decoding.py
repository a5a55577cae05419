"""What every venue parser shares: bounded number types, the one mapping of failures to reasons, the check of times.

The bounds are checked by the decoder itself, so a parser never sees NaN, an infinity or a negative size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

import msgspec

from producers.errors import DecodeError

WirePrice = Annotated[float, msgspec.Meta(gt=0, lt=1e15)]
"""A price that must exist. 1e15 is far above any coin in any quote currency and far below an overflow."""
WireAmount = Annotated[float, msgspec.Meta(ge=0, lt=1e18)]
"""A quantity, or a price where zero means that there is none."""
WireBalance = Annotated[float, msgspec.Meta(gt=-1e18, lt=1e18)]
"""What a fund holds: less than nothing where it owes."""
WireRate = Annotated[float, msgspec.Meta(gt=-1e3, lt=1e3)]
"""A funding rate; the widest caps are a few percent."""
WireId = Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]
"""A venue's counter. Binance writes -1 for "no previous update"."""
WireTime = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A time as the venue counts it; `event_ns` checks its unit."""

FAILURES = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises on hostile bytes: bad UTF-8 and deep nesting have Python's own errors."""

_Row = TypeVar("_Row")
_Made = TypeVar("_Made")

_AHEAD_NS = 86_400 * 10**9
_LEVEL_BYTES = b'0123456789.,[]" \n\r\t'


def decode_error(failure: Exception) -> DecodeError:
    """Turn what the decoder raised into a `DecodeError` with one of the documented reasons."""
    text = str(failure)[:200]
    if not isinstance(failure, msgspec.ValidationError):
        return DecodeError("bad_json", text)
    if "`float`" in text or "out of range" in text or "matching regex" in text:
        return DecodeError("bad_number", text)
    return DecodeError("bad_shape", text)


def readable_rows(rows: Iterable[_Row], read: Callable[[_Row], _Made]) -> list[_Made]:
    """What `read` makes of each row. One that it cannot read is passed over: it must not cost the others.

    The first failure is raised, as a `DecodeError`, where nothing could be read at all.

    >>> readable_rows([b"7", b"-7"], msgspec.json.Decoder(WireAmount).decode)
    [7.0]
    """
    made: list[_Made] = []
    failed: DecodeError | None = None
    for row in rows:
        try:
            made.append(read(row))
        except DecodeError as failure:
            failed = failed or failure
        except FAILURES as failure:
            failed = failed or decode_error(failure)
    if failed is not None and not made:
        raise failed
    return made


raw_rows: Callable[[bytes | msgspec.Raw], tuple[msgspec.Raw, ...]] = msgspec.json.Decoder(
    tuple[msgspec.Raw, ...]
).decode
"""The rows of an array, undecoded."""


def event_ns(time_ms: int, ts_recv_ns: int) -> int:
    """Venue milliseconds as nanoseconds.

    Seconds, microseconds or nanoseconds in the place of milliseconds are off by a factor of 1000 and are refused, and
    so is a moment more than a day ahead of its receipt. Smaller differences are clocks and delays: the engine's affair.

    >>> event_ns(1_723_161_256_298, 1_723_161_255_030_314_667)
    1723161256298000000
    """
    ts_ns = time_ms * 1_000_000
    if not ts_recv_ns >> 1 < ts_ns <= ts_recv_ns + _AHEAD_NS:
        raise DecodeError("bad_time", f"{time_ms} ms at receive time {ts_recv_ns} ns"[:200])
    return ts_ns


def check_levels(bids: msgspec.Raw, asks: msgspec.Raw) -> None:
    """Refuse level arrays that hold anything but digits: signs, exponents, NaN, words, objects.

    The levels stay unparsed; one pass over the bytes costs a third of decoding the frame's header.
    """
    for side in (bytes(bids), bytes(asks)):
        if side.translate(None, _LEVEL_BYTES):
            raise DecodeError("bad_number", "book levels hold more than plain decimals")
        if side[:1] != b"[":
            raise DecodeError("bad_shape", "book levels are not an array")
