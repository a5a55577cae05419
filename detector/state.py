"""Saving and restoring memory: one MessagePack tree, kernel objects as their own bytes, a version in front."""

from __future__ import annotations

from array import array
from typing import Any, TypeVar

import msgspec

from detector.kernel import Book, Window
from detector.ordering import OrderState, Timed
from schemas.codec import decode_event, encode

VERSION = 4
"""Raised whenever any saved field changes meaning; an old state is refused, and the engine warms up anew."""

M = TypeVar("M")

Packed = list[tuple[int, bytes]]


class StateError(ValueError):
    """A saved state that this version cannot continue."""


def encode_tree(memory: object) -> bytes:
    """The bytes of a memory tree."""
    return msgspec.msgpack.encode((VERSION, memory), enc_hook=_plain)


def decode_tree(data: bytes, kind: type[M]) -> M:
    """What `encode_tree` saved."""
    try:
        version, memory = msgspec.msgpack.decode(data, type=tuple[int, msgspec.Raw])
        if version != VERSION:
            raise StateError(f"state of version {version}; this program writes version {VERSION}")
        return msgspec.msgpack.decode(memory, type=kind, dec_hook=_rich)
    except msgspec.DecodeError as error:
        raise StateError(f"not a saved state: {error}") from error


def encode_state(memory: object, order: OrderState) -> bytes:
    """The bytes of a memory tree and of the events that still wait for their turn."""
    *numbers, waiting = order
    packed: Packed = [(ts, encode(event)) for ts, event in waiting]
    return encode_tree((memory, (*numbers, packed)))


def decode_state(data: bytes, kind: type[M]) -> tuple[M, OrderState]:
    """What `encode_state` saved."""
    saved: tuple[M, tuple[int, int, int, int, int, Packed]] = decode_tree(
        data,
        tuple[kind, tuple[int, int, int, int, int, Packed]],  # type: ignore[valid-type]
    )
    memory, (newest_ns, released_ns, limit_ns, late, ahead, packed) = saved
    try:
        waiting: Timed = [(ts, decode_event(event)) for ts, event in packed]
    except msgspec.DecodeError as error:
        raise StateError(f"not a saved event: {error}") from error
    return memory, (newest_ns, released_ns, limit_ns, late, ahead, waiting)


def _plain(value: Any) -> Any:
    if isinstance(value, (Book, Window)):
        return value.dump()
    if isinstance(value, array):
        return value.tobytes()
    raise NotImplementedError(f"cannot save a {type(value).__name__}")


def _rich(kind: type, value: Any) -> Any:
    if kind is Book:
        return Book.from_dump(value)
    if kind is Window:
        return Window.from_dump(value)
    if kind is array and len(value) % 8 == 0:
        return array("d", value)
    raise NotImplementedError(f"cannot restore a {kind.__name__}")
