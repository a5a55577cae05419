"""Every state is saved once in each round, and never all of them at once."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from detector.runtime.cluster.rounds import Rounds
from tests.kit.cluster import Clock


@pytest.mark.parametrize("seed", range(5))
def test_each_key_is_due_once_in_a_round_in_its_order(seed: int) -> None:
    """An asset would be saved never, and a restart would replay from the beginning."""
    random, clock = Random(seed), Clock()
    keys = [b"%d" % number for number in range(random.randrange(1, 40))]
    rounds, found = Rounds(10.0, lambda: keys, clock=clock), list[tuple[float, bytes]]()
    while len(found) < 5 * len(keys):
        found += [(clock.now_s, key) for key in rounds.due()]
        clock.now_s += random.random()
    assert [key for _, key in found][: 5 * len(keys)] == keys * 5
    begins = [at_s for at_s, key in found if key == keys[0]]
    assert all(10 <= later - sooner < 13 for sooner, later in itertools.pairwise(begins))


def test_a_round_is_spread_over_its_time() -> None:
    """The worker would stop taking frames for as long as it takes to save everything."""
    clock = Clock()
    rounds = Rounds(10.0, lambda: [b"%d" % number for number in range(100)], clock=clock)
    sizes = []
    for _ in range(10):
        sizes.append(len(list(rounds.due())))
        clock.now_s += 1.0
    assert max(sizes) <= 11


def test_after_a_long_silence_the_rest_of_the_round_is_due() -> None:
    """A stream that was held up would be saved later and later."""
    clock = Clock()
    rounds = Rounds(10.0, lambda: [b"a", b"b", b"c"], clock=clock)
    assert list(rounds.due()) == [b"a"]
    clock.now_s += 60
    assert list(rounds.due()) == [b"b", b"c"]
    assert list(rounds.due()) == [b"a"]


def test_the_keys_are_asked_for_when_a_round_begins() -> None:
    """An asset that is listed later would never be saved."""
    clock, keys = Clock(), [b"a"]
    rounds = Rounds(10.0, lambda: keys, clock=clock)
    assert list(rounds.due()) == [b"a"]
    keys.append(b"b")
    clock.now_s += 10
    assert list(rounds.due()) == [b"a"]
    clock.now_s += 5
    assert list(rounds.due()) == [b"b"]


def test_without_keys_nothing_is_due() -> None:
    """A partition without assets would break."""
    assert list(Rounds(10.0, list, clock=Clock()).due()) == []
