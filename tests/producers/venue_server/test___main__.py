"""The command: one line when it is ready, and an end."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from producers import reconstruction
from producers.bundled import CALM_SECONDS
from producers.venue_server.__main__ import main
from tests.kit.short_recording import listen, subscribe

ROOT = Path(__file__).resolve().parents[3]


async def test_it_says_where_it_listens_plays_and_exits() -> None:
    """A demo starts it, reads one line, connects, and need not stop it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "producers.venue_server", str(CALM_SECONDS[2]), "--speed", "0", "--recorded-clock"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        ready = (await process.stdout.readline()).decode()
        url = ready.removeprefix("listening on http").strip()
        heard = await listen(f"ws{url}/binance-spot/stream", subscribe("btcusdt@trade"))
        _, said = await process.communicate()
    assert ready.startswith("listening on http://127.0.0.1:")
    assert heard.data()
    assert heard.marks
    assert process.returncode == 0
    assert b"\xc2\xb5s a frame" in said


@pytest.mark.slow
async def test_made_up_markets_go_on_now_whoever_listens() -> None:
    """A user tries every venue on one machine, without a recording."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "producers.venue_server", "--source", "synthetic", "--venues", "bybit-spot,gmx", "--coins", "sol"),
        *("--seconds", "2"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        url = (await process.stdout.readline()).decode().removeprefix("listening on http").strip()
        heard = await listen(
            f"ws{url}/bybit-spot/v5/public/spot", '{"op":"subscribe","args":["orderbook.1000.SOLUSDT"]}'
        )
        await process.communicate()
    books = [json.loads(text) for text in heard.texts if b"SOLUSDT" in text and b'"data"' in text]
    assert len(books) > 5
    assert abs(books[-1]["ts"] / 1000 - time.time()) < 30
    assert process.returncode == 0


def test_what_cannot_be_played_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a wrong file."""
    path = tmp_path / "empty"
    path.touch()
    assert main([str(path)]) == 1
    assert "empty; expected lines of" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["file", "--source", "reconstruction"]])
def test_it_plays_files_or_a_source(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Both or neither is a mistake."""
    with pytest.raises(SystemExit):
        main(arguments)
    assert "one of them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--venue", "mtgox"], "invalid choice: 'mtgox'"),
        (["--speed", "-1"], "is not a speed"),
        (["--speed", "nan"], "is not a speed"),
        (["--speed", "inf"], "is not a speed"),
        (["--speed", "fast"], "invalid speed value: 'fast'"),
        (["--venues", "bybit,mtgox"], "no venue is called mtgox"),
        (["--coins", ","], "names nothing"),
        (["--seconds", "0"], "is not a number of seconds"),
        (["--port", "65536"], "is not a port"),
        (["--port", "-1"], "is not a port"),
        (["--expect-sockets", "-1"], "is less than 0"),
        (["--from", "25:61"], "is not a minute from 20:20 to 22:20"),
        (["--from", "20:19"], "is not a minute from 20:20 to 22:20"),
        (["--to", "22:21"], "is not a minute from 20:20 to 22:20"),
        (["--to", "noon"], "invalid minute value: 'noon'"),
        (["--from", "21:00", "--to", "21:00"], "--to is a later minute than --from"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_a_usage_error(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback from within, or a server that plays nothing, would be the answer."""
    with pytest.raises(SystemExit) as ended:
        main(["--source", "reconstruction", *arguments])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a second start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main([str(CALM_SECONDS[2]), "--port", str(taken.getsockname()[1])]) == 1
    err = capsys.readouterr().err
    assert "address already in use" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "twin", "macro"),
    [("reconstruction", False, False), ("reconstruction-twin", True, False), ("reconstruction-macro", False, True)],
)
def test_each_source_of_the_reconstruction_plays_its_own_story(
    source: str, twin: bool, macro: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash would be shown where a calm was asked for."""
    asked: list[dict[str, Any]] = []

    def frames(**arguments: Any) -> Iterator[Any]:
        asked.append(arguments)
        raise OSError("enough")

    monkeypatch.setattr(reconstruction, "frames", frames)
    assert main(["--source", source, "--from", "21:17", "--to", "21:18"]) == 1
    told = {"twin": twin, "macro": macro, "start": "21:17", "end": "21:18", "seed": reconstruction.SEED}
    assert asked == [told]
