"""What of a reading the tests of a cluster need: which second of which partition it is, and of which assets."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tests.kit.tail import Seen


class SpokenAsset(msgspec.Struct, frozen=True):
    """One of its assets."""

    asset: str


class Spoken(msgspec.Struct, frozen=True):
    """A reading without its numbers."""

    ts_ns: int
    partition: int
    assets: tuple[SpokenAsset, ...]


_decoder = msgspec.json.Decoder(Spoken)


def spoken(record: Seen) -> Spoken:
    """Read it off a record."""
    return _decoder.decode(record.value)


def longest_pauses_s(records: Iterable[Seen]) -> dict[str, float]:
    """Of each asset, the longest time between two of its seconds as the broker received them; repeated ones apart."""
    newest: dict[int, tuple[int, int]] = {}
    pauses: dict[str, float] = {}
    for record in records:
        told = spoken(record)
        second_ns, at_ms = newest.get(told.partition, (0, record.at_ms))
        if told.ts_ns <= second_ns:
            continue
        newest[told.partition] = (told.ts_ns, record.at_ms)
        for asset in told.assets:
            pauses[asset.asset] = max(pauses.get(asset.asset, 0.0), (record.at_ms - at_ms) / 1000)
    return pauses
