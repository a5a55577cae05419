"""A terminal that shows the live table below and alerts as they come above; plain lines where there is no terminal."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from detector.alerts.inhibition import Inhibition
from detector.console.readings import rows
from detector.console.table import table
from detector.console.wording import alert_lines, clock, day
from detector.engine import Engine
from detector.shard import Output
from schemas.alert import Alert

FETCHED_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich's picture would fetch its fonts; any monospaced one will do."""

REFRESH_S = 0.5
"""Two tables a second are as many as an eye follows, and cost nothing beside the feed."""

STYLE = {
    "WATCH": "cyan",
    "WARN": "yellow",
    "HIGH": "bold yellow",
    "CRITICAL": "bold red",
    "EMERGENCY": "bold white on red",
    "CLEAR": "green",
}

PLAIN_WIDTH = 150
"""Columns of the table in a file or a pipe."""

MOST_ROWS = 40
"""A terminal's height; markets in trouble come first."""


class Screen:
    """Shows one engine. Call it with each output, and `refresh` it as often as you like."""

    def __init__(self, engine: Engine, title: str, *, keep: bool = False) -> None:
        self.engine = engine
        self.title = title
        self.alerts: list[Alert] = []
        self.inhibition = Inhibition()
        self.console = Console(highlight=False, soft_wrap=True, record=keep)
        if not self.console.is_terminal:
            self.console.width = PLAIN_WIDTH
        self._drawn_s = 0.0
        self._live = (
            Live(console=self.console, auto_refresh=False, transient=True) if self.console.is_terminal else None
        )

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, output: Output) -> None:
        """Print an alert, unless it is a part of the market's; conditions show in the table."""
        if not isinstance(output, Alert) or not self.inhibition.allows(output):
            return
        self.alerts.append(output)
        lines = alert_lines(output)
        self.console.print(Text(lines[0], style=STYLE[output.level]))
        for line in lines[1:]:
            self.console.print(Text(line, style="dim"))
        if self._live is None:
            sys.stdout.flush()

    def refresh(self) -> None:
        """Redraw the table if it is time to."""
        if self._live is None or time.monotonic() - self._drawn_s < REFRESH_S:
            return
        self._drawn_s = time.monotonic()
        self._live.update(self._table(), refresh=True)

    def final_table(self) -> None:
        """Print the table once, as it stands."""
        self.console.print(self._table())

    def save(self, path: Path) -> None:
        """Save all that was printed as an SVG picture; the screen must have been made with `keep`."""
        svg = self.console.export_svg(title=f"cascade: {self.title}")
        path.write_text(FETCHED_FONTS.sub("", svg), encoding="utf-8")

    def _table(self) -> Table:
        now_ns = self.engine.now_ns
        found = list(rows(self.engine))
        troubled = sorted(found, key=lambda row: not row.stages)[:MOST_ROWS]
        return table(troubled, f"{self.title}   {day(now_ns)} {clock(now_ns)} UTC")
