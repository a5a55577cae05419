"""`cascade run`: from a venue's sockets to lines, to the end of a recording or to a signal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from detector.commands.run import run
from detector.sinks.config import load
from producers.bundled import CALM_SECONDS
from producers.keeping import Keeping
from producers.replay import Replay
from producers.venue import Venue
from producers.venues.registry import venues_of

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """The address of a venue server with the bundled spot recording."""
    command = [sys.executable, "-m", "producers.venue_server", str(CALM_SECONDS[2]), *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("listening on ").strip()
        finally:
            server.kill()


def run_spot(url: str, **changes: Any) -> None:
    """Run on one venue of the server, with the recording's clock."""
    arguments: dict[str, Any] = {
        "venue_names": ["binance-spot"],
        "symbols": ["BTC"],
        "endpoints": [f"all={url}"],
        "as_json": False,
        "record_to": None,
        "keeping": Keeping(),
        "at_most": None,
        "recorded_clock": True,
    }
    run(**(arguments | changes))


@pytest.mark.parametrize("as_json", [False, True])
def test_a_calm_recording_runs_to_its_end_and_says_what_it_saw(
    as_json: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Silence could mean calm, or that nothing was received."""
    with serving("--speed", "0") as url:
        run_spot(url, as_json=as_json)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("watching BTC on binance-spot" in err) is not as_json
    assert "seconds with a crossed book: 0" in err
    assert "binance-spot frames: 8," in err
    events = int(err.partition(" events")[0].rpartition("\n")[2].replace(",", ""))
    assert 8_900 < events < 9_000


def test_a_venue_named_twice_is_heard_once(capfd: pytest.CaptureFixture[str]) -> None:
    """Every trade would count twice."""
    with serving("--speed", "0") as url:
        run_spot(url, venue_names=["binance-spot", "binance-spot"])
    assert "binance-spot frames: 8," in capfd.readouterr().err


def test_a_venue_named_by_itself_and_by_its_group_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, by another spelling of the same wish."""
    heard: list[str] = []

    async def listen(*, venues: Sequence[Venue], **_: object) -> None:
        heard.extend(venue.id for venue in venues)

    monkeypatch.setattr("detector.commands.run.run_embedded", listen)
    run_spot("http://127.0.0.1:1", venue_names=["binance-spot", "binance", "binance"])
    assert heard == ["binance-spot", "binance-usdm", "binance-coinm"]


def test_what_was_received_is_recorded_and_replays(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The crash that was seen live could not be looked at again."""
    with serving("--speed", "0") as url:
        run_spot(url, record_to=tmp_path / "rec")
    (path,) = (tmp_path / "rec").iterdir()
    ours, original = (Replay([p], venues=venues_of("all")) for p in (path, CALM_SECONDS[2]))
    counts = [sum(len(batch) for batch in replay) for replay in (ours, original)]
    assert counts[0] == pytest.approx(counts[1], abs=50)
    capfd.readouterr()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"venue_names": ["mtgox"]}, "unknown venue 'mtgox'"),
        ({"endpoints": ["here"]}, "write VENUE=URL"),
        ({"endpoints": ["kraken=http://127.0.0.1"]}, "this run has the venues binance-spot"),
        ({"keeping": Keeping(quota_gb=0.1)}, "--quota-gb 0.1 is too little"),
    ],
)
def test_what_nobody_knows_is_refused_before_anything_is_opened(changes: dict[str, Any], says: str) -> None:
    """A typing mistake would watch nothing for hours."""
    with pytest.raises(ValueError, match=says):
        run_spot("http://127.0.0.1:1", **changes)


@pytest.mark.parametrize(
    ("which", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 0, marks=pytest.mark.slow)]
)
def test_a_signal_ends_the_run_with_its_summary(which: signal.Signals, code: int, tmp_path: Path) -> None:
    """Ctrl-C would hang or end in a traceback; a supervisor's stop would look like a failure."""
    with serving("--speed", "1") as url:
        arguments = ["run", "--venue", "binance-spot", "--symbols", "BTC", "--recorded-clock"]
        command = [
            sys.executable,
            "-m",
            "detector.cli",
            *arguments,
            "--endpoint",
            f"all={url}",
            "--record",
            str(tmp_path),
        ]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:  # noqa: S603
            assert running.stderr is not None
            assert running.stderr.readline().startswith(b"watching BTC on binance-spot")
            deadline = time.monotonic() + 20
            while not any(tmp_path.iterdir()) and time.monotonic() < deadline:
                time.sleep(0.01)  # the recording appears when the venue has answered
            running.send_signal(which)
            said = running.stderr.read()
            assert running.wait(20) == code
    assert b"Traceback" not in said
    assert b"seconds with a crossed book" in said


def test_a_run_with_sinks_says_what_they_were_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody could tell a calm hour from messages that do not leave."""
    (tmp_path / "cascade.toml").write_text('[sinks.lines]\ntype = "file"\nto_file = "alerts.jsonl"\n')
    config = load(tmp_path / "cascade.toml", {})
    with serving("--speed", "0") as url:
        run_spot(url, notify=config)
    assert "lines: 0 new messages, 0 edits\n" in capfd.readouterr().err
    assert not config.store.exists()
