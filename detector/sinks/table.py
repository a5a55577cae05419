"""One table of a configuration as a struct: everything that is wrong with it at once, in words that name the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from detector.sinks.overrides import Given

S = TypeVar("S", bound=msgspec.Struct)

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "a table",
    "time": "a time without quotes",
    "date": "a date without quotes",
    "datetime": "a date without quotes",
}
"""What msgspec calls them, and what people do."""
HOW = {"a text": 'a text in "quotes"', "a list": 'a list: ["one", "two"]'}
"""How that is written, where it is what was expected."""


def read_table(table: Mapping[str, object], kind: type[S], where: str, faults: list[str]) -> S | None:
    """The struct, or None and what is wrong among the `faults`.

    Parameters
    ----------
    where
        What to call the table: `[sinks.phone]`.
    """
    before, strange = len(faults), 0
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    known = list(fields)
    tag = kind.__struct_config__.tag_field
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key == tag:
            continue
        if key not in fields:
            faults.append(f"{_place(where, key, raw)}: {_unknown(key, known)}")
            strange += 1
            continue
        values[fields[key].name] = _value(raw, fields[key].type, _place(where, key, raw), faults)
    faults += [f"{where} needs {name} = ..." for name, field in fields.items() if field.required and name not in table]
    if len(faults) > before + strange:
        return None
    try:
        made = kind(**values)
    except ValueError as error:
        faults.append(f"{where}: {error}")
        return None
    return None if strange else made


def closest(name: str, known: Iterable[str]) -> str:
    """A guess at what was meant.

    >>> closest("telegran", ["slack", "telegram"]), closest("x", ["slack"])
    (' (telegram?)', '')
    """
    found = get_close_matches(name, list(known), n=1)
    return f" ({found[0]}?)" if found else ""


def _value(raw: object, kind: Any, where: str, faults: list[str]) -> object:
    struct = _struct(kind)
    if struct is not None and isinstance(raw, Mapping):
        return read_table(raw, struct, where, faults)
    if struct is not None:
        keys = ", ".join(f"{key} = ..." for key in struct.__struct_encode_fields__)
        faults.append(f"{where}: expected a table of some of {{ {keys} }}")
        return None
    try:
        if isinstance(raw, Given):
            return _from_text(raw, kind)
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        # A variable always is a text: that is nothing to be told.
        said = str(error).partition(", got ")[0] if isinstance(raw, Given) else str(error)
        faults.append(f"{where}: {_in_words(said, kind)}")
        return None


def _from_text(text: Given, kind: Any) -> object:
    """What a variable of the environment says: a list is comma-separated."""
    if _holds(kind, (tuple, list)):
        return msgspec.convert([part.strip() for part in text.split(",") if part.strip()], kind, strict=False)
    return msgspec.convert(str(text), kind, strict=False)


def _place(where: str, key: str, raw: object) -> str:
    return f"{raw.variable}, which sets {where} {key}" if isinstance(raw, Given) else f"{where} {key}"


def _unknown(key: str, known: list[str]) -> str:
    # Never the value: it may be the secret itself.
    pair = [name for name in known if name in (f"{key}_file", f"{key}_env")]
    if pair:
        return (
            f"a secret does not stand in the configuration: name the file or the variable it is in, {' or '.join(pair)}"
        )
    return f"there is no such key{closest(key, known)}; known here: {', '.join(known) or 'none'}"


def _in_words(error: str, kind: Any) -> str:
    """
    >>> _in_words("Expected `str | null`, got `int` - at `$[1]`", str)
    'expected a text in "quotes", got a whole number (value 2 of the list)'
    """
    said, _, path = error.partition(" - at ")
    expected, got, found = re.sub(r"`([^`]*)`", lambda names: _words(names[1]), said).partition(", got ")
    for word, written in HOW.items():
        expected = expected.replace(word, written)
    number = re.search(r"\[(\d+)\]", path)
    said = f"{expected[:1].lower()}{expected[1:]}{got}{found}" + (
        f" (value {int(number[1]) + 1} of the list)" if number else ""
    )
    choices = _choices(kind)
    return f"{said.replace('invalid enum value', 'there is no')}; known: {', '.join(choices)}" if choices else said


def _words(names: str) -> str:
    return " or ".join(WORDS.get(name, name) for name in names.split(" | ") if name != "null")


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    return next((found for part in get_args(kind) if (found := _choices(part))), ())


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    return next((found for part in get_args(kind) if (found := _struct(part))), None)


def _holds(kind: Any, wanted: tuple[type, ...]) -> bool:
    return get_origin(kind) in wanted or any(get_origin(part) in wanted for part in get_args(kind))
