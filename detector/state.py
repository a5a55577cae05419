"""Saving and restoring the engine's memory: one MessagePack tree, kernel objects as their own bytes, a version in
front.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from detector.kernel import Book, Window
from detector.ordering import OrderState, Timed
from schemas.codec import decode_event, encode

VERSION = 1
"""Raised whenever any saved field changes meaning; an old state is refused, and the engine warms up anew."""

M = TypeVar("M")


Packed = list[tuple[int, bytes]]


class StateError(ValueError):
    """A saved state that this version cannot continue."""


def encode_state(memory: object, order: OrderState) -> bytes:
    """The bytes of a memory tree and of the events that still wait for their turn."""
    *numbers, waiting, ahead = order
    return msgspec.msgpack.encode((VERSION, memory, (*numbers, _packed(waiting), _packed(ahead))), enc_hook=_plain)


def decode_state(data: bytes, kind: type[M]) -> tuple[M, OrderState]:
    """What `encode_state` saved."""
    try:
        version, memory_bytes, order_bytes = msgspec.msgpack.decode(data, type=tuple[int, msgspec.Raw, msgspec.Raw])
        if version != VERSION:
            raise StateError(f"state of version {version}; this program writes version {VERSION}")
        memory = msgspec.msgpack.decode(memory_bytes, type=kind, dec_hook=_rich)
        order = msgspec.msgpack.decode(order_bytes, type=tuple[int, int, int, int, int, Packed, Packed])
    except msgspec.DecodeError as error:
        raise StateError(f"not a saved state: {error}") from error
    newest_ns, released_ns, late, clamped, stray, waiting, ahead = order
    return memory, (newest_ns, released_ns, late, clamped, stray, _unpacked(waiting), _unpacked(ahead))


def _packed(events: Timed) -> Packed:
    return [(ts, encode(event)) for ts, event in events]


def _unpacked(events: Packed) -> Timed:
    return [(ts, decode_event(event)) for ts, event in events]


def _plain(value: Any) -> Any:
    if isinstance(value, (Book, Window)):
        return value.dump()
    raise NotImplementedError(f"cannot save a {type(value).__name__}")


def _rich(kind: type, value: Any) -> Any:
    if kind is Book:
        return Book.from_dump(value)
    if kind is Window:
        return Window.from_dump(value)
    raise NotImplementedError(f"cannot restore a {kind.__name__}")
