"""Lines: the same, however the text was cut into chunks."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.recorded_lines import first_lines, lines


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_chunks_of_any_size_give_the_same_lines(size: int) -> None:
    """A frame would be torn wherever the disk hands out the next piece."""
    text = b"one\n\ntwo three\nrest"
    assert list(lines(text[at : at + size] for at in range(0, len(text), size))) == [b"one", b"", b"two three", b"rest"]


def test_the_first_lines_are_read_without_the_others(tmp_path: Path) -> None:
    """To look into a folder of months would take hours."""
    path = tmp_path / "long"
    path.write_bytes(b"first\nsecond\n" + b"x" * 100_000)
    assert first_lines(path, 2) == [b"first", b"second"]
    assert first_lines(path, 1) == [b"first"]
    (tmp_path / "empty").touch()
    assert first_lines(tmp_path / "empty", 1) == []
