"""`cascade fetch`: days of history from a public archive into a folder that `cascade replay` reads."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from producers.binance_vision.archive import ARCHIVE, FOLDERS, Wanted, wanted
from producers.binance_vision.fetch import Fetch, Outcome, State
from producers.errors import UsageError

STATES: tuple[State, ...] = ("fetched", "there", "not published", "failed")
MOST_NAMED = 20
"""Files that are not published, by name; of a wrong symbol a year of them would be."""
WIDEST = 300


def fetch_binance_vision(
    *,
    market: str,
    symbols: Sequence[str],
    kinds: Sequence[str],
    first: str,
    last: str | None,
    into: Path,
    base_url: str = ARCHIVE,
) -> bool:
    """Fetch the days from `first` to `last` (by default the same), both included, and print what became of them.

    False where a file failed. What is not published is told and is no failure. Raises `UsageError` for what cannot be
    meant, and `ProducerError` where the folder cannot be written to.
    """
    begins = _day(first)
    everything = wanted(market, symbols, kinds, begins, _day(last) if last else begins)
    try:
        outcomes = asyncio.run(_run(everything, into, base_url))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    _print(outcomes, into / FOLDERS[market].removeprefix("data/"))
    return not any(outcome.state == "failed" for outcome in outcomes)


async def _run(everything: Sequence[Wanted], into: Path, base_url: str) -> list[Outcome]:
    task = asyncio.current_task()
    if task is not None:
        # As Ctrl-C: it leaves no half file.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with _Bar(sum(len(one.days) for one in everything)) as bar:
        return await Fetch(into, base_url=base_url, on_bytes=bar.more, on_outcome=bar.done).run(everything)


class _Bar(Progress):
    """Files and bytes at a terminal; a line for each file elsewhere, for logs."""

    def __init__(self, files: int) -> None:
        super().__init__(
            TextColumn("files"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[fetched]}"),
            console=Console(file=sys.stderr),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._files = self.add_task("", total=files, fetched="")
        self._bytes = 0

    def more(self, count: int) -> None:
        """Bytes have arrived."""
        self._bytes += count
        self.update(self._files, fetched=_size(self._bytes))

    def done(self, outcome: Outcome) -> None:
        """A file is settled."""
        self.advance(self._files, outcome.days)
        if self.disable or outcome.state == "failed":
            says = f"{outcome.state}: {outcome.reason}" if outcome.reason else outcome.state
            self.console.print(f"{outcome.path}: {says}", highlight=False, soft_wrap=True)


def _print(outcomes: Sequence[Outcome], folder: Path) -> None:
    table = Table("symbol", "kind", *STATES, "size", box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    counts: dict[tuple[str, str], Counter[str]] = {}
    sizes: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        row = (outcome.wanted.symbol, outcome.wanted.kind)
        counts.setdefault(row, Counter())[outcome.state] += 1
        sizes[row] += outcome.bytes
    for row, count in counts.items():
        table.add_row(*row, *(str(count[state]) for state in STATES), _size(sizes[row]))
    console = Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=WIDEST)
    console.print(table)
    for state in ("not published", "failed"):
        named = [outcome for outcome in outcomes if outcome.state == state]
        for outcome in named[:MOST_NAMED]:
            reason = f": {outcome.reason}" if outcome.reason else ""
            console.print(f"{state}: {outcome.path}{reason}", highlight=False, soft_wrap=True)
        if len(named) > MOST_NAMED:
            console.print(f"{state}: {len(named) - MOST_NAMED} more", highlight=False)
    console.print(f"in {folder}", highlight=False, soft_wrap=True)


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day; write it as 2025-10-10") from None
