"""One partition of the frames: its assets, and up to which offset each of them holds the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from detector.asset import AssetEngine
from detector.config import Config
from detector.runtime.cluster.records import Record
from detector.shard import Closed, Shard, Standing
from detector.state import decode_tree, encode_tree
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


class Partition:
    """State and position together: `feed` is called with every offset once, in order."""

    def __init__(self, number: int, config: Config, next_offset: int = 0) -> None:
        self.next_offset = next_offset
        self.shard = Shard(config, number)
        self.events = 0

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
        partition.shard.standing = oldest.standing
        for snapshot in snapshots.values():
            if snapshot.asset is not None:
                partition.shard.adopt(AssetEngine.restored(snapshot.asset), holds=snapshot.offset)
        return partition

    def feed(self, record: Record) -> Fed:
        """Take the record at `next_offset`."""
        faults: list[str] = []
        try:
            events = decode_frame(record.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            events, faults = salvage_frame(record.value or b"")
        closed = self.shard.feed(events, producer=record.header("producer"), offset=record.offset)
        self.next_offset = record.offset + 1
        self.events += len(events)
        return Fed(closed, faults)

    def keys(self) -> list[bytes]:
        """Keys of all snapshots, the partition's own first: it must be the oldest."""
        return [WHOLE, *(asset.encode() for asset in sorted(self.shard.assets))]

    def snapshot(self, key: bytes) -> bytes:
        """The bytes to save under `key`, as of now."""
        engine = None if key == WHOLE else self.shard.assets[key.decode()]
        asset = engine.snapshot() if engine is not None else None
        return encode_tree(Snapshot(self.next_offset - 1, self.shard.standing, asset))
