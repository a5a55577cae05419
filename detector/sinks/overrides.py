"""Variables of the environment that say something else than the configuration file: `CASCADE_SECTION__KEY`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

PREFIX = "CASCADE_"
BETWEEN = "__"
SECTIONS = ("notify", "sinks", "routes")
EXAMPLE = "CASCADE_ROUTES__1__MIN_LEVEL"


class Given(str):
    """What a variable says; it is read as the type of the key that it sets."""

    __slots__ = ("variable",)
    variable: str

    def __new__(cls, value: str, variable: str) -> Self:
        """Say which variable it was."""
        given = super().__new__(cls, value)
        given.variable = variable
        return given


def override(tables: dict[str, Any], environ: Mapping[str, str], faults: list[str]) -> None:
    """Put what the environment says into the tables of the file.

    Names of tables and keys are found whatever their case, with `_` for `-`; routes have numbers, from 1.
    """
    for variable in sorted(environ):
        # An empty variable is what a compose file passes on when it is not set.
        if not variable.startswith(PREFIX) or BETWEEN not in variable or not environ[variable]:
            continue
        section, *keys = variable.removeprefix(PREFIX).split(BETWEEN)
        if section == "KAFKA":
            faults.append(f"{variable} is not read: the settings of Kafka are set by KAFKA_{BETWEEN.join(keys)}")
        elif section.lower() not in SECTIONS:
            names = ", ".join(name.upper() for name in SECTIONS)
            faults.append(f"{variable} is not read: there is no section {section}; known: {names}")
        elif not all(keys):
            faults.append(f"{variable} is not read: write CASCADE_SECTION__KEY")
        else:
            _set(tables, [section, *keys], Given(environ[variable], variable), faults)


def _set(tables: dict[str, Any], path: list[str], given: Given, faults: list[str]) -> None:
    if path[0] == "ROUTES":
        tables.setdefault("routes", [])
    place: Any = tables
    for name in path[:-1]:
        if isinstance(place, list):
            if not name.isdecimal() or not 0 < int(name) <= len(place):
                count = len(place)
                faults.append(
                    f"{given.variable} is not read: the file has {count} [[routes]], numbered from 1: {EXAMPLE}"
                )
                return
            place = place[int(name) - 1]
        else:
            place = place.setdefault(_key(place, name), {})
        if not isinstance(place, dict | list):
            faults.append(f"{given.variable} is not read: {name} is no table")
            return
    if isinstance(place, list) or isinstance(place.get(_key(place, path[-1])), dict) or path[:-1] == ["SINKS"]:
        what = f"a route and its key: {EXAMPLE}" if path[0] == "ROUTES" else f"a key of {path[-1]}"
        faults.append(f"{given.variable} is not read: it has to name {what}")
        return
    place[_key(place, path[-1])] = given


def _key(table: Mapping[str, object], name: str) -> str:
    """What the file calls it."""
    wanted = name.lower()
    return next((key for key in table if key.lower().replace("-", "_") == wanted), wanted)
