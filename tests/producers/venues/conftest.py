"""Fixtures for the tests of venues."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def sample_messages(shared_data: Path) -> Callable[[str], list[dict[str, Any]]]:
    """Rows of one of the collections of single frames, by its path below `venue-frames`."""

    def read(path: str) -> list[dict[str, Any]]:
        lines = (shared_data / "venue-frames" / path).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    return read
