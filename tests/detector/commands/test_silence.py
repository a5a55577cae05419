"""`cascade silence` beside a notifier that runs."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from detector.alerts.kept import Changes, Kept
from detector.alerts.silences import Silence
from detector.commands import silence
from detector.store.errors import StoreError
from detector.store.store import Store
from producers.errors import UsageError
from tests.kit.alerts import an_alert


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "notify.db"
    with Store(path) as store:
        store.save(Changes(alerts=[an_alert(scope="BTC"), an_alert(scope="ETH"), an_alert()]), Kept())
    return path


def held(path: Path) -> tuple[Silence, ...]:
    with Store(path) as store:
        return store.silences(time.time_ns())


def test_what_is_added_is_in_force_and_says_what_it_would_have_held_back(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that is spelled wrongly would mute nothing, and nobody would know."""
    silence.add(path, asset=["BTC", "1000*"], level=["high"], stage=["s2"], for_="2h", comment="unlock", by="ann")
    (made,) = held(path)
    assert made.match.asset == ("BTC", "1000*")
    assert made.until_ns - made.from_ns == 7_200 * 1_000_000_000
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{made.id}: level HIGH; stage S2; asset BTC, 1000* until 2")
    assert second == "of the newest 3 alerts it matches 1"


def test_an_asset_is_found_in_any_case_and_one_that_nothing_matches_is_told(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`btc` would mute nothing, though the chat takes it."""
    silence.add(path, asset=["btc"], for_="2h")
    assert held(path)[0].match.asset == ("BTC",)
    assert capsys.readouterr().out.endswith("of the newest 3 alerts it matches 1\n")
    silence.add(path, asset=["BTT"], for_="2h")
    said = "of the newest 3 alerts it matches 0: a name that is spelled wrongly mutes nothing\n"
    assert capsys.readouterr().out.endswith(said)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"for_": "2h"}, "it would mute everything"),
        ({"for_": "soon", "asset": ["BTC"]}, "--for: 'soon' is no length of time"),
        ({"for_": "2h", "level": ["loud"]}, "LOUD"),
        ({"for_": "2h", "asset": [""]}, "names have 1 to 64 letters"),
    ],
)
def test_what_cannot_be_meant_is_refused(path: Path, arguments: dict[str, object], told: str) -> None:
    """Something else would be muted than was meant."""
    with pytest.raises(UsageError, match=told):
        silence.add(path, **arguments)  # type: ignore[arg-type] # as a command line gives them
    assert held(path) == ()


def test_the_list_shows_words_as_they_were_written(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody's brackets would be read as colours, and be missing."""
    silence.show(path, as_json=False)
    assert capsys.readouterr().out == "nothing is silenced\n"
    silence.add(path, everything=True, for_="1d", comment="[bold]we [/] move", sink="chat")
    capsys.readouterr()
    silence.show(path, as_json=False)
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["id", "until", "what", "sink", "by", "comment"]
    assert "everything" in line
    assert "chat" in line
    assert "[bold]we [/] move" in line


def test_the_list_as_json_is_read_by_machines(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script would have to read a table."""
    silence.add(path, about=["data"], for_="1h")
    capsys.readouterr()
    silence.show(path, as_json=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert (msgspec.json.decode(line, type=Silence),) == held(path)


def test_one_is_ended_by_its_id_and_an_unknown_one_is_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People would believe that they are called again."""
    silence.add(path, venue=["okx"], for_="1h")
    (made,) = held(path)
    capsys.readouterr()
    silence.expire(path, made.id)
    assert capsys.readouterr().out == f"{made.id}: over\n"
    assert held(path) == ()
    with pytest.raises(UsageError, match="`cascade silence list` names them"):
        silence.expire(path, made.id)


def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    """A mute would be written into a file that no notifier reads."""
    path = tmp_path / "typo.db"
    with pytest.raises(StoreError, match="no such file"):
        silence.add(path, asset=["BTC"], for_="1h")
    with pytest.raises(StoreError, match="no such file"):
        silence.show(path, as_json=True)
    with pytest.raises(StoreError, match="no such file"):
        silence.expire(path, "0a1b2c3d")
    assert list(tmp_path.iterdir()) == []
