"""The messages of a replay, between its batches."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.commands.replay_messages import ReplayMessages
from detector.engine import Engine
from detector.runtime.pipeline import Pipeline
from detector.sinks.config import load
from producers.errors import ProducerError
from producers.tables.replay import TableReplay
from tests.kit.trades_csv import crash_csv

LINES = '[sinks.lines]\ntype = "file"\nto_file = "alerts.jsonl"\n[[routes]]\nsinks = ["lines"]\nmin_level = "WATCH"\n'


def lines_of(folder: Path, chunk: int) -> bytes:
    """What the feed got of a crash, replayed in batches of this size."""
    folder.mkdir()
    (folder / "cascade.toml").write_text(LINES)
    engine = Engine()
    pipeline = Pipeline(engine, [])
    with ReplayMessages(engine, pipeline, load(folder / "cascade.toml", {})) as messages:
        for batch in TableReplay(crash_csv(folder), batch_events=chunk):
            pipeline.publish(batch)
            messages.catch_up()
        pipeline.finish()
        (said,) = messages.finish()
    sent = (folder / "alerts.jsonl").read_bytes()
    assert said == f"lines: {len(sent.splitlines())} new messages, 0 edits"
    return sent


def test_the_size_of_batches_changes_no_message(tmp_path: Path) -> None:
    """A replay in larger bites would call people less often."""
    assert lines_of(tmp_path / "small", 500) == lines_of(tmp_path / "large", 1_000_000) != b""


def test_without_a_configuration_it_does_nothing() -> None:
    """Every replay would need one."""
    pipeline = Pipeline(Engine(), [])
    with ReplayMessages(pipeline.engine, pipeline, None) as messages:
        messages.catch_up()
        assert list(messages.finish()) == []
    assert pipeline.listeners == []


def test_a_sink_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    """The error would come with warnings about what was never closed."""
    (tmp_path / "cascade.toml").write_text(
        LINES + '[sinks.phone]\ntype = "telegram"\nchat_id = "1"\ntoken_file = "none"\n'
    )
    pipeline = Pipeline(Engine(), [])
    with (
        pytest.raises(ProducerError, match="No such file"),
        ReplayMessages(pipeline.engine, pipeline, load(tmp_path / "cascade.toml", {})),
    ):
        pass
