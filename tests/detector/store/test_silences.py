"""What is muted: made with care, seen by every process."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from detector.alerts.match import Match
from detector.store.silences import LONGEST_S, LONGEST_TEXT, new_silence
from detector.store.store import Store
from producers.errors import UsageError
from tests.kit.alerts import NS, T0_NS

BTC = Match(asset=("BTC",))

ADD = """
import sys
from pathlib import Path
from detector.alerts.match import Match
from detector.store.silences import new_silence
from detector.store.store import Store
with Store(Path(sys.argv[1]), must_exist=True, check=False) as store:
    for n in range(20):
        silence = new_silence(Match(asset=("BTC",)), now_ns=1, for_s=60, comment=str(n), by=sys.argv[2])
        store.add_silence(silence)
"""


def a_silence(**changes: Any) -> Any:
    return new_silence(**{"match": BTC, "now_ns": T0_NS, "for_s": 7_200, **changes})


def test_a_silence_holds_from_now_for_as_long_as_was_asked() -> None:
    """A mute of two hours would hold for another time."""
    silence = a_silence(by="ann", comment="unlock", sink="chat")
    assert silence.holds(T0_NS)
    assert not silence.holds(T0_NS + 7_200 * NS)
    assert (silence.by, silence.comment, silence.sink) == ("ann", "unlock", "chat")
    assert len(silence.id) == 8
    assert silence.id != a_silence().id


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"match": Match()}, "it would mute everything"),
        ({"everything": True}, "either everything is muted, or what is named"),
        ({"for_s": 0}, "at most 30 days"),
        ({"for_s": LONGEST_S + 1}, "at most 30 days"),
        ({"match": Match(asset=("BTC\x1b[2J",))}, "on one line"),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused(changes: dict[str, Any], told: str) -> None:
    """A slip of the hand would mute everything, or for ever."""
    with pytest.raises(UsageError, match=told):
        a_silence(**changes)


def test_everything_can_be_muted_by_who_says_so() -> None:
    """Maintenance would wake people."""
    assert a_silence(match=Match(), everything=True).match.is_everything


def test_words_of_others_are_one_short_line() -> None:
    """A comment would clear the terminal of whoever lists it."""
    assert a_silence(comment="a\x1b[2J\nb\u202e").comment == "a [2J b"
    assert len(a_silence(by="x" * 1_000).by) == LONGEST_TEXT


def test_those_in_force_or_to_come_are_listed_and_others_are_not() -> None:
    """What is over would stay muted, or what was asked for would not be."""
    now, later, over = a_silence(), a_silence(now_ns=T0_NS + NS), a_silence(now_ns=T0_NS - 9_000 * NS)
    with Store(None) as store:
        for silence in (now, later, over):
            store.add_silence(silence)
        assert store.silences(T0_NS) == (now, later)


def test_one_that_is_expired_is_over_once() -> None:
    """People could not be told again before its time."""
    with Store(None) as store:
        silence = a_silence()
        store.add_silence(silence)
        assert store.expire_silence(silence.id, T0_NS + NS)
        assert store.silences(T0_NS + NS) == ()
        assert not store.expire_silence(silence.id, T0_NS + 2 * NS)
        assert not store.expire_silence("nothing", T0_NS)


def test_whoever_asks_hears_of_changes_of_its_own_and_of_other_processes(tmp_path: Path) -> None:
    """`cascade silence add` would mute nothing until the notifier is started again."""
    path = tmp_path / "notify.db"
    with Store(path) as store, Store(path) as other:
        assert store.silences_changed(), "nothing is known at first"
        assert store.silences_changed(), "until they were read"
        store.silences(T0_NS)
        assert not store.silences_changed()
        store.add_silence(a_silence())
        assert store.silences_changed()
        store.silences(T0_NS)
        assert not store.silences_changed()
        other.add_silence(a_silence())
        assert store.silences_changed()
        assert len(store.silences(T0_NS)) == 2
        assert not store.silences_changed()


@pytest.mark.slow
async def test_two_processes_that_add_at_once_lose_none(tmp_path: Path) -> None:
    """Two people who mute at the same moment would undo each other, or see an error."""
    path = tmp_path / "notify.db"
    with Store(path) as store:
        async with asyncio.timeout(30):
            adding = [await asyncio.create_subprocess_exec(sys.executable, "-c", ADD, str(path), name) for name in "ab"]
            assert [await process.wait() for process in adding] == [0, 0]
        silences = store.silences(2)
        for name in "ab":
            assert [s.comment for s in silences if s.by == name] == [str(n) for n in range(20)]
