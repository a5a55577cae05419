"""The live table: asset × venue with conditions, price, depth against its baseline, liquidations, funding and feed
delay.
"""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from detector.console.readings import Row
from detector.console.wording import dollars

THIN = 0.6
"""Depth ratio below which the table turns red; the S3 warning level."""


def table(rows: list[Row], title: str) -> Table:
    """The table of all rows."""
    view = Table(title=title, title_justify="left", header_style="bold", expand=False, box=None, pad_edge=False)
    for name in ("asset", "venue", "stages"):
        view.add_column(name, no_wrap=True)
    for name in ("price", "60 s", "2 % depth", "of usual", "liq/min", "funding", "delay"):
        view.add_column(name, justify="right", no_wrap=True)
    view.add_column("blind", no_wrap=True, style="dim")
    for row in rows:
        view.add_row(
            row.asset,
            row.venue,
            Text(row.stages, style="bold red" if row.stages else ""),
            "-" if row.price is None else f"{row.price:,.6g}",
            _share(row.move_60s, signed=True),
            dollars(row.depth_usd),
            Text(
                _share(row.depth_ratio), style="red" if row.depth_ratio is not None and row.depth_ratio < THIN else ""
            ),
            dollars(row.liquidations_usd),
            "-" if row.funding_rate is None else f"{row.funding_rate * 100:.4f}%",
            "-" if row.delay_s is None else f"{row.delay_s * 1000:.0f} ms",
            row.blind,
        )
    return view


def _share(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value * 100:+.2f}%" if signed else f"{value * 100:.0f}%"
