"""Replaying cases: the same outputs as `cascade replay`, within a window, and what could be seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from detector.commands.case_run import AbsentError, files_of, replay_case
from detector.commands.replay import open_recordings
from detector.engine import Engine
from detector.scoring.alarms import Alarm
from detector.scoring.case import Case, Window
from detector.scoring.labels import Stretch
from detector.scoring.run import Run
from schemas.alert import Alert, Transition
from schemas.base import Event
from tests.kit.trades_csv import crash_csv


def case(**changes: Any) -> Case:
    """The synthetic crash."""
    usual = {"name": "x", "title": "x", "kind": "crash", "use": "shown", "source": ("*.csv",)}
    return Case(**(usual | changes))


class Counting:
    """A rival that cries at every batch."""

    def __init__(self) -> None:
        self.events = 0
        self.saw = [Stretch(1, 2)]

    def feed(self, events: Sequence[Event]) -> Iterable[Alarm]:
        self.events += len(events)
        return [Alarm(events[-1].ts_recv_ns, "market", f"{self.events} events")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic crash as tables."""
    path = tmp_path_factory.mktemp("crash")
    crash_csv(path)
    return path


@pytest.fixture(scope="module")
def replayed(folder: Path) -> Run:
    """All of it, with a rival beside."""
    return replay_case(case(picture=("coinbase BTC-USD-SPOT", "nowhere BTC")), folder, rivals={"counting": Counting})


def test_what_figures_are_made_of_is_kept(replayed: Run) -> None:
    """The scorecard would be empty."""
    assert replayed.transitions
    assert replayed.alerts
    assert replayed.venues == ("coinbase", "north-x")
    assert 0.0 < (replayed.sight.share("S2.asset_move/1", replayed.seen) or 0.0) < 1.0
    assert set(replayed.prices["nowhere BTC"]) == {None}
    assert [price for price in replayed.prices["coinbase BTC-USD-SPOT"] if price is not None]
    assert len(replayed.prices["coinbase BTC-USD-SPOT"]) == len(replayed.sight.times_ns)


def test_rivals_hear_the_same_events(folder: Path, replayed: Run) -> None:
    """Other programs would be judged by other data."""
    heard = sum(len(batch) for batch in open_recordings(sorted(folder.glob("*.csv")), None, 512))
    assert replayed.heard["counting"].alarms[-1].says == f"{heard} events"
    assert replayed.heard["counting"].saw == [Stretch(1, 2)]


@pytest.mark.slow
def test_a_case_says_what_a_replay_of_its_files_says(folder: Path, replayed: Run) -> None:
    """The scorecard would be about another detector."""
    engine = Engine()
    source = open_recordings(sorted(folder.glob("*.csv")), None, 512)
    outputs = [output for batch in source for output in engine.feed(batch)] + engine.finish()
    assert replayed.transitions == [output for output in outputs if isinstance(output, Transition)]
    assert replayed.alerts == [output for output in outputs if isinstance(output, Alert)]
    assert (replayed.events, replayed.first_ns, replayed.last_ns) == (engine.events, engine.first_ns, engine.now_ns)


@pytest.mark.slow
def test_a_rule_that_is_off_says_nothing(folder: Path, replayed: Run) -> None:
    """`--ablate` would compare a detector with itself."""
    rules = {told.rule for told in replayed.transitions}
    without = {told.rule for told in replay_case(case(), folder, off=("S1.breadth/1",)).transitions}
    assert "S1.breadth/1" in rules
    assert without == rules - {"S1.breadth/1"}


def test_a_window_keeps_definitions_and_what_was_received_in_it(folder: Path) -> None:
    """A part of a day would have no markets, or be the whole day."""
    paths = sorted(folder.glob("*.csv"))
    first = datetime.fromisoformat("2025-10-09T08:56:00Z")
    last = datetime.fromisoformat("2025-10-09T08:58:00Z")
    run = replay_case(case(), folder, window=Window(start=first, end=last))
    assert 110 <= run.seen.seconds <= 120
    assert len(run.markets) == len(paths)


def test_absent_data_say_which(tmp_path: Path) -> None:
    """Nobody would know what to bring."""
    with pytest.raises(AbsentError, match=r"no trades/\*\.csv in the folder of data"):
        files_of(case(source=("trades/*.csv",)), tmp_path)
    with pytest.raises(AbsentError, match="no folder of data was given"):
        files_of(case(), None)
    assert len(files_of(case(source=("bundled",)), None)) == 3


@pytest.mark.slow
def test_the_reconstruction_is_replayed_without_sockets() -> None:
    """The crash that comes with the package could not be scored without a folder of data."""
    minutes = Window(
        start=datetime.fromisoformat("2025-10-10T20:48:00Z"), end=datetime.fromisoformat("2025-10-10T20:51:00Z")
    )
    run = replay_case(case(source=("reconstruction",), window=minutes), None)
    assert run.venues == ("binance-coinm", "binance-spot", "binance-usdm", "hyperliquid")
    assert 170 <= run.seen.seconds <= 181
