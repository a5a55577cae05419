"""One notifier a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.store.errors import StoreError
from detector.store.only_one import only_one
from detector.store.store import Store


def test_a_second_notifier_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    """People would get everything twice."""
    path = tmp_path / "store.sqlite"
    with only_one(path), pytest.raises(StoreError, match="another notifier works with it"), only_one(path):
        pass
    with only_one(path):
        pass


def test_a_store_that_is_held_can_be_opened_by_commands(tmp_path: Path) -> None:
    """Nobody could mute anything while messages are sent."""
    path = tmp_path / "store.sqlite"
    with only_one(path), Store(path) as ours, Store(path) as theirs:
        assert ours.silences(0) == theirs.silences(0) == ()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A traceback tells nobody what to mend."""
    with pytest.raises(StoreError, match=r"cannot be written: No such file"), only_one(tmp_path / "none" / "store"):
        pass
