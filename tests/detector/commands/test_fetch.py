from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detector import cli
from detector.commands.fetch import fetch_binance_vision
from producers.errors import UsageError
from tests.kit.vision_archive import Fault, VisionArchive, zipped

PATH = "data/spot/daily/trades/BTCUSDT/BTCUSDT-trades-2025-10-{}.zip"


@contextmanager
def served(days: list[int], faults: dict[str, list[Fault]] | None = None) -> Iterator[VisionArchive]:
    """An archive in a thread of its own, because the command brings its own loop."""
    server = VisionArchive({PATH.format(day): zipped("x.csv", "row\n") for day in days}, faults)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(5)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def fetch(server: VisionArchive, into: Path, *, first: str = "2025-10-10", last: str | None = "2025-10-12") -> bool:
    return fetch_binance_vision(
        market="spot", symbols=["BTCUSDT"], kinds=["trades"], first=first, last=last, into=into, base_url=server.url
    )


def test_the_end_says_what_became_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody would know that a day is missing."""
    with served([10, 12]) as server:
        assert fetch(server, tmp_path)
        assert fetch(server, tmp_path, last=None)
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split("  ")[0] == "symbol"
    assert out.splitlines()[1].split() == ["BTCUSDT", "trades", "2", "0", "1", "0", "0.0", "MB"]
    assert "not published: spot/daily/trades/BTCUSDT/BTCUSDT-trades-2025-10-11.zip" in out
    assert f"in {tmp_path}/spot" in out
    assert "BTCUSDT-trades-2025-10-10.zip: fetched" in err
    assert "BTCUSDT-trades-2025-10-10.zip: there" in err


def test_a_file_that_failed_makes_the_command_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script would go on with a hole in its history."""
    with served([10], {PATH.format(10): ["corrupt", "corrupt"]}) as server:
        assert not fetch(server, tmp_path, last=None)
    assert "failed: spot/daily/trades/BTCUSDT/BTCUSDT-trades-2025-10-10.zip: what came twice" in capsys.readouterr().out


def test_what_is_no_day_is_told(tmp_path: Path) -> None:
    """A traceback instead of a line."""
    with served([]) as server, pytest.raises(UsageError, match="write it as 2025-10-10"):
        fetch(server, tmp_path, first="10.10.2025")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_leaves_no_half_file(tmp_path: Path, how: signal.Signals) -> None:
    """Half a day would be read as a quiet evening."""
    with served([10], {PATH.format(10): ["stall"]}) as server:

        def send() -> None:
            while not server.half_way.is_set():
                threading.Event().wait(0.01)
            os.kill(os.getpid(), how)

        killer = threading.Thread(target=send)
        killer.start()
        with pytest.raises(KeyboardInterrupt):
            fetch(server, tmp_path, last=None)
        killer.join(5)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("market", "given", "kinds"),
    [
        ("spot", [], ["aggTrades"]),
        ("um", [], ["aggTrades", "bookDepth", "metrics"]),
        ("spot", ["--kinds", "klines"], ["klines"]),
    ],
)
def test_a_market_is_fetched_without_naming_kinds(
    market: str, given: list[str], kinds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spot has no depth: the command would refuse what it chose itself."""
    asked: dict[str, object] = {}

    def ask(**wanted: object) -> bool:
        asked.update(wanted)
        return True

    monkeypatch.setattr("detector.commands.fetch.fetch_binance_vision", ask)
    line = ["--market", market, "--symbols", "BTCUSDT", "--from", "2025-10-10", "--into", str(tmp_path), *given]
    monkeypatch.setattr(sys, "argv", ["cascade", "fetch", *line])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert (asked["market"], asked["kinds"]) == (market, kinds)
