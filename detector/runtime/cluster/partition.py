"""One partition of the frames: its assets, and up to which offset each of them holds the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from detector.asset import AssetEngine
from detector.config import Config
from detector.runtime.cluster.records import UNREADABLE, Record
from detector.shard import Closed, Shard, Standing
from detector.state import decode_tree, encode_tree
from schemas.codec import AnyEvent
from schemas.frames import decode_frame, salvage_frame

WHOLE = b"*"
"""Key of the snapshot of what the partition knows beside its assets."""


class Snapshot(msgspec.Struct):
    """An asset's state, or the partition's own where `asset` is None, with the last offset that it holds."""

    offset: int
    standing: Standing
    asset: bytes | None


class Fed(NamedTuple):
    """What a record gave."""

    closed: list[Closed]
    faults: list[str]
    events: int


class Partition:
    """State and position together: `feed` is called with every offset once, in order."""

    def __init__(self, number: int, config: Config, next_offset: int = 0) -> None:
        self.next_offset = next_offset
        self.held = -1
        """The last offset that a part of the restored state holds: what follows from it was said then."""
        self.shard = Shard(config, number)
        self._whole = b""

    @classmethod
    def restored(cls, number: int, config: Config, saved: Mapping[bytes, bytes]) -> Partition | None:
        """The partition as its snapshots left it; None where there is none. Raises `StateError` for another version.

        Assets are saved one after the other, each at its own offset: reading goes on at the oldest, and what an asset
        already holds is kept from it.
        """
        snapshots = {key: decode_tree(value, Snapshot) for key, value in saved.items()}
        if WHOLE not in snapshots:
            return None
        oldest = min(snapshots.values(), key=lambda snapshot: snapshot.offset)
        partition = cls(number, config, oldest.offset + 1)
        partition.held = max(snapshot.offset for snapshot in snapshots.values())
        partition.shard.standing = oldest.standing
        for snapshot in snapshots.values():
            if snapshot.asset is not None:
                partition.shard.adopt(AssetEngine.restored(snapshot.asset), holds=snapshot.offset)
        return partition

    def feed(self, record: Record) -> Fed:
        """Take the record at `next_offset`. It counts as taken even where the detector fails on it."""
        self.next_offset = record.offset + 1
        events, faults = _read(record.value or b"")
        closed = self.shard.feed(events, producer=record.header("producer"), offset=record.offset)
        return Fed(closed, faults, len(events))

    def begin_round(self) -> list[bytes]:
        """Keys of all snapshots of a round that begins now, the partition's own last and as of now.

        So whoever restores reads on from before the round, or from before the last one where this one was not
        finished, and meets the definition of every asset that has no snapshot yet.
        """
        self._whole = self._saved(None)
        return [*(asset.encode() for asset in sorted(self.shard.assets)), WHOLE]

    def snapshot(self, key: bytes) -> bytes:
        """The bytes to save under `key`: an asset as it is now, the partition as it was when the round began."""
        return self._whole if key == WHOLE else self._saved(self.shard.assets[key.decode()].snapshot())

    def _saved(self, asset: bytes | None) -> bytes:
        return encode_tree(Snapshot(self.next_offset - 1, self.shard.standing, asset))


def _read(frame: bytes) -> tuple[list[AnyEvent], list[str]]:
    try:
        return decode_frame(frame), []
    except UNREADABLE:
        pass
    try:
        return salvage_frame(frame)
    except RecursionError as error:
        return [], [f"not an array of events: {error}"]
