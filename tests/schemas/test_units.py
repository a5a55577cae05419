from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
import pytest

from schemas.codec import EVENTS, OUTPUTS
from schemas.units import BaseQuantity, Levels, Price, Quantity, TimestampNs, Usd


def _nested(message: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The message and every Struct inside it."""
    yield message
    for hint in typing.get_type_hints(message).values():
        for part in (hint, *typing.get_args(hint)):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                yield from _nested(part)


def _unit(metadata: tuple[object, ...]) -> object:
    metas = [item for item in metadata if isinstance(item, msgspec.Meta)]
    return next((meta.extra_json_schema["unit"] for meta in metas if meta.extra_json_schema), None)


def _has_unit(hint: Any) -> bool:
    """Each branch of a union, each item of a tuple, both sides of a map; enumerations and Structs need none."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return bool(_unit(hint.__metadata__))
    if origin in (types.UnionType, typing.Union, tuple, dict):
        return all(_has_unit(part) for part in arguments if part not in (type(None), Ellipsis))
    return origin is Literal or (isinstance(hint, type) and issubclass(hint, msgspec.Struct))


MESSAGES = sorted(
    {part for message in (*EVENTS, *OUTPUTS) for part in _nested(message)}, key=lambda part: part.__name__
)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_field_of_every_message_carries_a_unit(message: type[msgspec.Struct]) -> None:
    """A reader could not tell lots from coins, or dollars from fractions."""
    hints = typing.get_type_hints(message, include_extras=True)
    without = [field.name for field in msgspec.structs.fields(message) if not _has_unit(hints[field.name])]
    assert without == []


def test_a_bare_number_is_found_out() -> None:
    """The check above would be green whatever the fields were."""
    assert not _has_unit(float)
    assert not _has_unit(float | None)
    assert not _has_unit(tuple[str, ...])
    assert _has_unit(Price | None)


def test_quantities_that_must_not_be_mixed_have_different_units() -> None:
    """Contracts would be added to coins."""
    named: tuple[Any, ...] = (Price, Quantity, BaseQuantity, Usd, TimestampNs, Levels)
    units = [_unit(hint.__metadata__) for hint in named]
    assert len(set(units)) == len(units)
