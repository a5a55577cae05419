"""A few words of each sink."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.store.errors import StoreError
from detector.store.store import Store


def test_words_outlive_the_process_and_are_each_sinks_own(tmp_path: Path) -> None:
    """A chat that has moved would be looked for at its old number."""
    path = tmp_path / "notify.db"
    with Store(path) as store:
        memory = store.memory("chat")
        assert memory.get("id") is None
        memory.set("id", "-1")
        memory.set("id", "-100")
        assert memory.get("id") == "-100"
    with Store(path) as store:
        assert store.memory("chat").get("id") == "-100"
        assert store.memory("other").get("id") is None


def test_a_word_that_cannot_be_written_holds_until_the_end() -> None:
    """With a full disk each message would go to the old chat first."""
    store = Store(None)
    memory = store.memory("chat")
    store.close()
    with pytest.raises(StoreError):
        memory.set("id", "-100")
    assert memory.get("id") == "-100"
