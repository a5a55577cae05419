"""docs/thresholds.md: every number of the configuration, its value, its origin, and whether the crash was looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from detector.calibration.calibrated import Calibration
from detector.config import Config

PAGE = (Path(__file__).parent.parent / "docs" / "thresholds.md").read_text(encoding="utf-8")
LOG = PAGE.partition("## Looks at the crash hours")[2].partition("\n## ")[0]


class Row(NamedTuple):
    """A line of the tables."""

    value: str
    unit: str
    origin: str
    looked: str


def rows() -> dict[str, Row]:
    """The tables' lines, by threshold."""
    found: dict[str, Row] = {}
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            name, *cells = (cell.strip() for cell in line.strip("| ").split(" | "))
            assert name.strip("`") not in found, name
            found[name.strip("`")] = Row(*cells)
    return found


def thresholds(owner: msgspec.Struct, before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values as the page writes them."""
    for field in owner.__struct_fields__:
        value = getattr(owner, field)
        if isinstance(value, Calibration):
            yield field, "none"
        elif isinstance(value, msgspec.Struct):
            yield from thresholds(value, f"{field}.")
        elif isinstance(value, tuple):
            yield before + field, " ".join("/".join(v) if isinstance(v, tuple) else v for v in value) or "none"
        else:
            yield before + field, f"{value:,.10g}"


def test_the_page_has_every_threshold_with_its_value_and_no_other() -> None:
    """A number would change, or come, and nobody could say from where: docs/thresholds.md needs its line."""
    assert {name: row.value for name, row in rows().items()} == dict(thresholds(Config()))


def test_each_says_its_unit_its_origin_and_whether_the_crash_was_looked_at() -> None:
    """A number without an origin is a number that was tuned."""
    for name, row in rows().items():
        assert row.unit, name
        assert row.origin, name
        assert row.looked in {"no", "design", "yes"}, name


def test_what_was_chosen_after_a_look_stands_in_the_log() -> None:
    """A look without when and why is no log."""
    looked = {name for name, row in rows().items() if row.looked == "yes"}
    assert looked
    assert looked <= set(re.findall(r"`([a-z_.]+)`", LOG))
