"""Silences: made with care, kept in the file, so that they hold after a restart and whoever adds them."""

from __future__ import annotations

import secrets

import msgspec

from detector.alerts.match import Match
from detector.alerts.silences import Silence
from detector.store.database import Database
from detector.store.errors import damaged
from producers.errors import UsageError

LONGEST_S = 30 * 86_400
"""Whatever is muted for longer is a matter for the configuration, where others can see it."""
LONGEST_TEXT = 200
_NS = 1_000_000_000
_silence = msgspec.json.Decoder(Silence)


def new_silence(
    match: Match,
    *,
    now_ns: int,
    for_s: float,
    by: str = "",
    comment: str = "",
    sink: str = "",
    everything: bool = False,
) -> Silence:
    """A silence from now on; raises `UsageError` where it cannot be meant.

    Parameters
    ----------
    for_s
        How long it holds.
    sink
        Of this sink alone; empty for all.
    everything
        A match that leaves nothing out is meant.
    """
    if match.is_everything and not everything:
        raise UsageError("it would mute everything: name a level, stage, asset, venue, label, or say that it should")
    if everything and not match.is_everything:
        raise UsageError("either everything is muted, or what is named")
    if not all(name.isprintable() for name in (*match.asset, *match.venue, sink)):
        raise UsageError("names of assets, venues and sinks are letters, digits and signs on one line")
    if not 0 < for_s <= LONGEST_S:
        raise UsageError("a silence lasts at most 30 days; what is never wanted is left out by a route")
    return Silence(
        id=secrets.token_hex(4),
        match=match,
        from_ns=now_ns,
        until_ns=now_ns + int(for_s * _NS),
        by=_plain(by),
        comment=_plain(comment),
        sink=sink,
    )


def _plain(text: str) -> str:
    """One line without what a terminal would obey: others will list it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:LONGEST_TEXT].strip()


class Silences:
    """Those in the file. Other processes add and end some at any time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None

    def of(self, now_ns: int) -> tuple[Silence, ...]:
        """Those in force or to come, in the order in which they were made."""
        newest = self._database.changed_elsewhere()
        rows = self._database.read("SELECT silence FROM silences WHERE until_ns > ? ORDER BY seq", now_ns)
        try:
            found = tuple(_silence.decode(text) for (text,) in rows)
        except msgspec.MsgspecError as error:
            raise damaged(self._database.where, f"a silence cannot be read: {error}") from error
        self._seen = newest
        return found

    def add(self, silence: Silence) -> None:
        """Keep one."""
        self._seen = None
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO silences (id, from_ns, until_ns, silence) VALUES (?,?,?,?)",
                (silence.id, silence.from_ns, silence.until_ns, msgspec.json.encode(silence).decode()),
            )

    def expire(self, silence_id: str, now_ns: int) -> bool:
        """End it now; False where none of this id is in force or to come."""
        self._seen = None
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT silence FROM silences WHERE id = ? AND until_ns > ?", (silence_id, now_ns)
            ).fetchone()
            if row is None:
                return False
            ended = msgspec.structs.replace(_silence.decode(row[0]), until_ns=now_ns)
            connection.execute(
                "UPDATE silences SET until_ns = ?, silence = ? WHERE id = ?",
                (now_ns, msgspec.json.encode(ended).decode(), silence_id),
            )
        return True

    def changed(self) -> bool:
        """Whether there may be others than when they were read last."""
        return self._database.changed_elsewhere() != self._seen
