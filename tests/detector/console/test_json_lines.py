"""JSON lines for programs."""

from __future__ import annotations

import io

from detector.console.json_lines import JsonLines
from schemas.alert import Alert, Transition
from schemas.codec import decode_output


def test_each_output_is_one_line_that_decodes_to_itself(alert: Alert) -> None:
    """A bot would read half a message, or none."""
    clear = Transition(
        stage="S3",
        rule="S3.depth/1",
        venue="north",
        asset="BTC",
        active=False,
        severity="CLEAR",
        direction="down",
        ts_ns=2,
        since_ns=1,
        evidence=(),
    )
    out = io.BytesIO()
    write = JsonLines(out)
    write(alert)
    write(clear)
    lines = out.getvalue().splitlines(keepends=True)
    assert all(line.endswith(b"}\n") for line in lines)
    assert [decode_output(line) for line in lines] == [alert, clear]


def test_a_line_is_out_before_the_next_event_is_read(alert: Alert) -> None:
    """A pipe would hold the alert back until its buffer is full."""
    raw = io.BytesIO()
    buffered = io.BufferedWriter(raw, 1 << 16)
    JsonLines(buffered)(alert)
    assert raw.getvalue().endswith(b"\n")
