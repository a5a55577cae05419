"""A venue's name stands in its own files and in the registries, and nowhere else: else a new venue means a search."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.venues.registry import VENUES

ROOT = Path(__file__).parents[2]
NAMES = sorted({word for venue_id in VENUES for word in (venue_id.partition("-")[0], VENUES[venue_id]().group)})
MOST_LINES = 250

REGISTRIES = {"producers/venues/registry.py", "producers/venue_server/dialects.py", "producers/tables/known.py"}
OTHERS: dict[str, str] = {
    "producers/tables/tardis_": "reads files in which somebody else names the venues",
    "producers/tables/adl_waves.py": "reads a table of one venue",
    "producers/tables/liquidation_prints.py": "reads a table of several venues",
    "producers/injection/stamps.py": "knows which venues do not date their messages",
    "producers/binance_vision": "brings the public archive of one venue",
    "detector/commands/fetch.py": "as the archive",
    "detector/cli_history.py": "as the archive",
    "producers/rebuilt.py": "listens to the reconstruction of one day on four venues",
    "producers/bundled/__init__.py": "holds recordings of these venues",
    "detector/alerts/places.py": "says the names of venues as people write them",
    "detector/commands/demo.py": "tells what the bundled recordings are",
    "producers/reconstruction": "a reconstruction of one day on four venues",
}
"""Code that is about particular venues by its nature, and why."""


def belongs(path: str) -> bool:
    """Whether a file may name a venue: it bears the name, or is listed above."""
    return path in REGISTRIES or any(path.startswith(other) for other in OTHERS)


def docstrings(tree: ast.AST) -> set[int]:
    """The string nodes that document, and do nothing."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def words(path: Path) -> Iterator[str]:
    """What the code of a file says in imports and strings; comments and documentation may give examples."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in silent:
                yield text
            case ast.ImportFrom(module=module, names=names):
                yield module or ""
                yield from (alias.name for alias in names)


def named(path: Path) -> set[str]:
    """The venues that a file names."""
    said = " ".join(words(path)).lower()
    return {name for name in NAMES if re.search(rf"(?<![a-z]){name}(?![a-z])", said)}


@pytest.mark.parametrize("package", ["schemas", "producers", "detector"])
def test_no_code_but_a_venues_own_names_it(package: str) -> None:
    """Whoever adds a venue copies one file and adds one line."""
    strangers = {}
    families = {"aster": {"binance"}}  # a clone of another venue's wire
    for path in (ROOT / package).rglob("*.py"):
        relative = path.relative_to(ROOT).as_posix()
        own = {name for name in NAMES if path.stem.startswith(name)}
        foreign = named(path) - own - {other for name in own for other in families.get(name, ())}
        if foreign and not belongs(relative):
            strangers[relative] = foreign
    assert not strangers


@pytest.mark.parametrize("folder", ["producers/venues", "producers/venue_server"])
def test_every_file_of_a_venue_is_small(folder: str) -> None:
    """What does not fit on a few pages is not read before it is copied."""
    large = {
        path.name: lines
        for path in (ROOT / folder).glob("*.py")
        if path.stem.startswith(tuple(name.replace("-", "_") for name in NAMES))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not large
