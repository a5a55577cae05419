"""Transitions and alerts as JSON lines of the documented schema, for programs."""

from __future__ import annotations

from typing import BinaryIO

from detector.shard import Output
from schemas.codec import encode


class JsonLines:
    """Writes one line an output and nothing else."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out

    def __call__(self, output: Output) -> None:
        """Write one output."""
        self.out.write(encode(output) + b"\n")
        self.out.flush()
