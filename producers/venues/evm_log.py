"""Named values in the data of an EVM log: `(address sender, string name, EventLogData)` as the Solidity ABI encodes it.

`EventLogData` is seven lists of (key, value) for as many types; contracts that log this way (GMX, and forks of it) may
reorder and add keys at will, so they are read by name. Every offset and count is checked: nothing is read beyond the
data, and nothing hostile takes long. Lists of lists, bytes and texts are passed over.
"""

from __future__ import annotations

import msgspec

from producers.errors import DecodeError

MOST_KEYS = 64
"""Of one type. The richest event of GMX has 33."""
MOST_NAME_BYTES = 64
_WORD = 32


class EventData(msgspec.Struct, frozen=True):
    """The values of one event, by type and key."""

    name: str
    addresses: dict[str, str]
    """`0x` and forty lower-case digits."""
    uints: dict[str, int]
    ints: dict[str, int]
    flags: dict[str, bool]
    words: dict[str, str]
    """`bytes32`, as `0x` and sixty-four lower-case digits."""


def event_data(data: bytes) -> EventData:
    """Read the data of a log; raises `DecodeError("bad_shape", …)`.

    >>> event_data(b"")
    Traceback (most recent call last):
    producers.errors.DecodeError: bad_shape: the log's data ends at byte 0 of 64
    """
    name = _text(data, _size(data, _WORD))
    lists = _size(data, 2 * _WORD)
    addresses, uints, ints, flags, words = (_items(data, lists, place) for place in range(5))
    return EventData(
        name=name,
        addresses={key: "0x" + value[-20:].hex() for key, value in addresses.items()},
        uints={key: int.from_bytes(value) for key, value in uints.items()},
        ints={key: int.from_bytes(value, signed=True) for key, value in ints.items()},
        flags={key: any(value) for key, value in flags.items()},
        words={key: "0x" + value.hex() for key, value in words.items()},
    )


def _items(data: bytes, lists: int, place: int) -> dict[str, bytes]:
    """The keys and raw values of one type: the first of the two lists that the type has."""
    of_type = lists + _size(data, lists + place * _WORD)
    first = of_type + _size(data, of_type)
    count = _size(data, first)
    if count > MOST_KEYS:
        raise DecodeError("bad_shape", f"{count} keys of one type in a log")
    start = first + _WORD
    found = {}
    for row in range(count):
        item = start + _size(data, start + row * _WORD)
        found[_text(data, item + _size(data, item))] = _word(data, item + _WORD)
    return found


def _word(data: bytes, at: int) -> bytes:
    if at + _WORD > len(data):
        raise DecodeError("bad_shape", f"the log's data ends at byte {len(data)} of {at + _WORD}")
    return data[at : at + _WORD]


def _size(data: bytes, at: int) -> int:
    """An offset or a length: never more than there is."""
    size = int.from_bytes(_word(data, at))
    if size > len(data):
        raise DecodeError("bad_shape", f"the log's data points beyond its {len(data)} bytes")
    return size


def _text(data: bytes, at: int) -> str:
    length = _size(data, at)
    raw = data[at + _WORD : at + _WORD + length]
    if length > MOST_NAME_BYTES or len(raw) != length or not raw.isascii():
        raise DecodeError("bad_shape", "a name in the log's data is too long or no ASCII")
    return raw.decode("ascii")
