"""The demo's picture; what the demo plays is held end to end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from detector.commands.demo import demo


@pytest.fixture
def unplayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo that must not begin to play."""

    async def play(**_: object) -> None:
        raise AssertionError("it played")

    monkeypatch.setattr("detector.commands.demo.play", play)


@pytest.mark.usefixtures("unplayed")
def test_a_picture_without_a_folder_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    """A user would wait for a minute to be told."""
    with pytest.raises(FileNotFoundError, match="no such folder"):
        demo(as_json=False, seed=1, picture=tmp_path / "none" / "demo.svg")


@pytest.mark.usefixtures("unplayed")
def test_a_picture_that_cannot_be_written_is_refused_before_anything_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for a folder or a file of somebody else."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="cannot be written"):
        demo(as_json=False, seed=1, picture=tmp_path / "demo.svg")
    assert list(tmp_path.iterdir()) == []
