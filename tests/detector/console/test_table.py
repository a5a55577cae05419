"""The table as text."""

from __future__ import annotations

import io

from rich.console import Console

from detector.console.readings import Row
from detector.console.table import table

QUIET = Row("ETH", "south", "", None, None, None, None, None, None, None, "gap")
BUSY = Row("BTC", "north", "S1 S4", 105_000.5, -0.1234, 2_500_000.0, 0.05, 12_300_000.0, 0.0001, 0.0871, "")


def text(*rows: Row) -> list[str]:
    """Printed lines."""
    console = Console(file=io.StringIO(), width=150)
    console.print(table(list(rows), "demo"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_numbers_are_short_and_have_their_units() -> None:
    """A table that needs a legend is not read in a crash."""
    line = next(line for line in text(BUSY) if line.startswith("BTC"))
    assert line.split() == [
        "BTC",
        "north",
        "S1",
        "S4",
        "105,000",
        "-12.34%",
        "2.5M",
        "5%",
        "12.3M",
        "0.0100%",
        "87",
        "ms",
    ]


def test_unknown_is_a_dash_with_its_reason() -> None:
    """Zero would be read as a value."""
    line = next(line for line in text(QUIET) if line.startswith("ETH"))
    assert line.split() == ["ETH", "south", *["-"] * 7, "gap"]


def test_every_market_has_a_line_under_its_columns() -> None:
    """A market in trouble could be missing."""
    lines = text(BUSY, QUIET)
    assert lines[0].strip() == "demo"
    assert lines[1].split()[:4] == ["asset", "venue", "stages", "price"]
    assert len(lines) == 4
