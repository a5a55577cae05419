"""One second of all partitions: nobody is judged before everybody was heard, and nobody is waited for without end."""

from __future__ import annotations

from random import Random

import pytest

from detector.runtime.cluster.alignment import NS, Alignment
from detector.state import decode_tree, encode_tree
from schemas.reading import Reading


def reading(partition: int, second: int) -> Reading:
    return Reading(ts_ns=second * NS, partition=partition, assets=())


def judged(alignment: Alignment) -> list[tuple[int, list[int]]]:
    """Seconds that are complete, and whose readings each has."""
    return [(group[0].ts_ns // NS, [each.partition for each in group]) for group in alignment.ready()]


@pytest.mark.parametrize("seed", range(5))
def test_seconds_are_judged_in_order_when_all_partitions_have_told_them(seed: int) -> None:
    """A second with half of the assets in it would look like a calm one."""
    random = Random(seed)
    queues = {partition: list(range(1, 31)) for partition in range(4)}
    alignment, found = Alignment(4), list[tuple[int, list[int]]]()
    while any(queues.values()):
        partition = random.choice([number for number, queue in queues.items() if queue])
        assert alignment.take(reading(partition, queues[partition].pop(0))) is None
        found += judged(alignment)
    assert found == [(second, [0, 1, 2, 3]) for second in range(1, 31)]
    assert alignment.waiting == {}


def test_what_a_restarted_worker_tells_again_is_counted_and_left_out() -> None:
    """A second would be judged twice."""
    alignment = Alignment(1)
    for second in (1, 2, 3, 2, 3, 4):
        alignment.take(reading(0, second))
    assert judged(alignment) == [(1, [0]), (2, [0]), (3, [0]), (4, [0])]
    assert alignment.repeated == 2


def test_a_partition_that_leaps_ahead_holds_nobody_up() -> None:
    """After a jump in time the seconds between would be waited for, for ever."""
    alignment = Alignment(2)
    alignment.take(reading(0, 1))
    alignment.take(reading(1, 5))
    assert judged(alignment) == [(1, [0])]
    assert alignment.awaited() == [0]
    alignment.take(reading(0, 6))
    assert judged(alignment) == [(5, [1])]


def test_those_who_are_waited_for_are_named() -> None:
    """Nobody would know which worker is dead."""
    alignment = Alignment(4)
    assert alignment.awaited() == []
    alignment.take(reading(1, 1))
    assert alignment.awaited() == [0, 2, 3]


def test_without_the_excused_the_others_are_judged_and_who_returns_is_caught_up() -> None:
    """One dead process would blind everybody; what began in its assets meanwhile would be forgotten."""
    alignment = Alignment(2)
    for second in (1, 2, 3):
        alignment.take(reading(0, second))
    alignment.excused.add(1)
    assert judged(alignment) == [(1, [0]), (2, [0]), (3, [0])]
    late = reading(1, 2)
    assert alignment.take(late) is late
    # It is still behind: nobody waits for it yet.
    alignment.take(reading(0, 4))
    assert judged(alignment) == [(4, [0])]
    assert alignment.excused == {1}
    assert alignment.take(reading(1, 5)) is None
    assert alignment.excused == set()
    assert judged(alignment) == []
    alignment.take(reading(0, 5))
    assert judged(alignment) == [(5, [0, 1])]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_saved_without_what_waits_and_reads_that_again(seed: int) -> None:
    """In an hour of backlog a state would become too large to be saved, or seconds that were half there be lost."""
    random = Random(seed)
    queues = {partition: list(range(1, 31)) for partition in range(4)}
    log: list[Reading] = []
    while any(queues.values()):
        partition = random.choice([number for number, queue in queues.items() if queue])
        log.append(reading(partition, queues[partition].pop(0)))
    cut = random.randrange(len(log))
    alignment, found = Alignment(4), list[tuple[int, list[int]]]()
    for offset, record in enumerate(log[:cut]):
        alignment.take(record, offset)
        found += judged(alignment)
    first = min(alignment.first_offsets.values(), default=cut)
    restored = decode_tree(encode_tree(alignment.before_waiting()), Alignment)
    assert restored.waiting == {}
    for offset in range(first, len(log)):
        restored.take(log[offset], offset)
        found += judged(restored)
    assert found == [(second, [0, 1, 2, 3]) for second in range(1, 31)]
    assert restored.first_offsets == {}
