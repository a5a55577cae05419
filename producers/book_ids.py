"""The arithmetic of book ids: does this delta follow, does it fit a snapshot. One rule a venue (`Venue.sequencing`)."""

from __future__ import annotations

from producers.venue import Sequencing
from schemas.market import BookDelta, BookSnapshot


def follows(rule: Sequencing, last_id: int, delta: BookDelta) -> bool:
    """Whether the delta continues a book whose last update was `last_id`.

    A contiguous delta that begins earlier repeats what is known; only one that begins later leaves something out.
    """
    if rule.chain == "prev_id":
        return delta.prev_id == last_id
    return delta.first_id is not None and delta.first_id <= last_id + 1


def precedes(rule: Sequencing, delta: BookDelta, snapshot: BookSnapshot) -> bool:
    """Whether the snapshot holds all of the delta already."""
    if delta.last_id is None or snapshot.last_id is None:
        return False
    return delta.last_id < snapshot.last_id + rule.snapshot_overlap


def fits(rule: Sequencing, delta: BookDelta, snapshot: BookSnapshot) -> bool:
    """Whether the delta, which does not precede the snapshot, can be the first one applied to it.

    Documented: it begins at or before the snapshot and ends at or after it. Futures count over all markets, so a
    snapshot's id may also lie between two deltas of its market. Quantities are absolute: whatever continues a book that
    is no newer than the snapshot (`prev_id`) leads on from the snapshot too.
    """
    if delta.first_id is None or snapshot.last_id is None:
        return False
    if delta.prev_id is not None and 0 <= delta.prev_id <= snapshot.last_id:
        return True
    return delta.first_id <= snapshot.last_id + rule.snapshot_overlap
