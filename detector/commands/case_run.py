"""Replaying a case for the scorecard: its events through an engine of its own, and what figures are made of kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from itertools import groupby
from pathlib import Path

from detector.calibration.calibrated import Calibration
from detector.commands.day_window import DayWindow
from detector.commands.replay import open_recordings
from detector.config import Config
from detector.engine import Engine
from detector.runtime.pipeline import Pipeline
from detector.scoring.alarms import Heard, Rival
from detector.scoring.case import Case, Window
from detector.scoring.run import Run, Sight
from detector.shard import Output
from producers.bundled import CALM_SECONDS, LIQUIDATION_PRINTS
from producers.errors import ProducerError
from producers.rebuilt import World, rebuilt
from producers.replay import Replay
from producers.tables.replay import TableReplay
from schemas.alert import Alert, Transition
from schemas.base import Event

BATCH_EVENTS = 512
SAMPLE_NS = 10 * 10**9
"""How often is noted what rules could see, and where prices stand."""
WORLDS: dict[str, World] = {"reconstruction": "cascade", "reconstruction-twin": "twin", "reconstruction-macro": "macro"}
"""What the generator is asked for."""
BUNDLED = {
    "bundled": CALM_SECONDS,
    "bundled-liquidations-2025-05": LIQUIDATION_PRINTS[:1],
    "bundled-liquidations-2026-03": LIQUIDATION_PRINTS[1:],
}
"""Sources that come with the package."""


class AbsentError(ProducerError):
    """The data of a case are not there."""


def replay_case(
    case: Case,
    data: Path | None,
    *,
    window: Window | None = None,
    off: tuple[str, ...] = (),
    rivals: Mapping[str, Callable[[], Rival]] | None = None,
    calibration: Calibration | None = None,
) -> Run:
    """Replay a case, or its part in `window`, without the rules in `off`, and let `rivals` hear the same events.

    Raises `AbsentError` where its recordings are not below `data`, `RecordingError` where they cannot be read.
    """
    window = window or case.window
    source, unread = _source(case, data, window)
    engine = Engine(Config(off=off, calibration=calibration or Calibration()))
    keeper = _Keeper(engine, case.picture)
    pipeline = Pipeline(engine, [keeper.keep])
    others = {name: make() for name, make in (rivals or {}).items()}
    heard = {name: Heard() for name in others}
    for batch in DayWindow(window.start, window.end).inside(source):
        for part in _by_samples(batch):
            pipeline.publish(part)
            keeper.sample()
        for name, rival in others.items():
            heard[name].alarms += rival.feed(batch)
    pipeline.finish()
    keeper.sample(last=True)
    for name, rival in others.items():
        heard[name].saw = list(rival.saw)
    return Run(
        first_ns=engine.first_ns,
        last_ns=engine.now_ns,
        events=engine.events,
        markets=tuple(f"{market.venue} {market.instrument.instrument}" for market in engine.markets()),
        venues=tuple(engine.venues()),
        transitions=keeper.transitions,
        alerts=keeper.alerts,
        sight=keeper.sight,
        prices=keeper.prices,
        heard=heard,
        unread=tuple(unread()),
    )


def files_of(case: Case, data: Path | None) -> list[Path]:
    """The recordings of a case; raises `AbsentError` where a pattern fits none."""
    bundled = BUNDLED.get(case.source[0])
    if bundled is not None:
        return list(bundled)
    if data is None:
        raise AbsentError("it needs recordings, and no folder of data was given")
    found: list[Path] = []
    for pattern in case.source:
        files = sorted(path for path in data.glob(pattern) if path.is_file())
        if not files:
            raise AbsentError(f"no {pattern} in the folder of data")
        found += files
    return found


def _source(case: Case, data: Path | None, window: Window) -> tuple[Iterable[list[Event]], Callable[[], Iterator[str]]]:
    world = WORLDS.get(case.source[0])
    if world is None:
        recordings = open_recordings(files_of(case, data), None, BATCH_EVENTS)
        return recordings, lambda: _damage(recordings)
    minutes = {
        name: moment.astimezone(UTC).strftime("%H:%M")
        for name, moment in (("start", window.start), ("end", window.end))
        if moment is not None
    }
    return rebuilt(world, batch_events=BATCH_EVENTS, **minutes), lambda: iter(())


def _damage(source: Replay | TableReplay) -> Iterator[str]:
    """What of the files was not used: nobody should read figures of half a day as those of a whole one."""
    if isinstance(source, TableReplay):
        for table in source.sources:
            for reason, count in sorted(table.skipped.items()):
                yield f"{table.path.name}: {count} rows left out: {reason}"
    else:
        for tally in source.tallies:
            for reason, count in sorted((tally.decode_errors + tally.skipped).items()):
                yield f"{tally.path.name}: {count} lines left out: {reason}"


def _by_samples(batch: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """A batch in parts that end where something is to be noted; what the engine says does not depend on it."""
    if batch[0].ts_recv_ns // SAMPLE_NS == batch[-1].ts_recv_ns // SAMPLE_NS:
        yield batch
        return
    for _, part in groupby(batch, key=lambda event: event.ts_recv_ns // SAMPLE_NS):
        yield list(part)


class _Keeper:
    """Keeps outputs, and now and then what rules could see and what was paid."""

    def __init__(self, engine: Engine, drawn: Sequence[str]) -> None:
        self.transitions: list[Transition] = []
        self.alerts: list[Alert] = []
        self.sight = Sight()
        self.prices: dict[str, list[float | None]] = {name: [] for name in drawn}
        self._engine = engine
        self._next_ns = 0

    def keep(self, output: Output) -> None:
        if isinstance(output, Alert):
            self.alerts.append(output)
        else:
            self.transitions.append(output)

    def sample(self, *, last: bool = False) -> None:
        now_ns = self._engine.now_ns
        if not now_ns or (now_ns < self._next_ns and not last):
            return
        self._next_ns = now_ns - now_ns % SAMPLE_NS + SAMPLE_NS
        asked: Counter[str] = Counter()
        known: Counter[str] = Counter()
        for conditions in (
            self._engine.market.memory.conditions,
            *(asset.memory.conditions for asset in self._engine.shard.assets.values()),
        ):
            asked.update(conditions.seconds)
            known.update(conditions.known)
        self.sight.sample(now_ns, asked, known)
        if self.prices:
            paid = {f"{m.venue} {m.instrument.instrument}": m.trading.price for m in self._engine.markets()}
            for name, prices in self.prices.items():
                price = paid.get(name)
                prices.append(price if price is not None and price == price else None)
