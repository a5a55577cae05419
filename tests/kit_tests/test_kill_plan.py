"""The seeded kills: what ten of them cover does not depend on luck."""

from __future__ import annotations

import orjson

from tests.kit.kill_plan import FROM_NS, NS, TO_NS, WORKERS, plan

CLEAN = [orjson.dumps({"kind": "alert", "ts_ns": ns}) for ns in range(FROM_NS - 600 * NS, TO_NS + 600 * NS, 40 * NS)]
PLANS = [plan(seed, CLEAN) for seed in range(10)]


def test_half_of_ten_kills_come_between_publishing_and_committing_and_some_of_these_at_an_alert() -> None:
    """The moment at which something can be lost or told twice would be met by luck alone."""
    between = [each for each in PLANS if each.between]
    assert len(between) == 5
    assert 0 < sum(not each.victim for each in between) < 5


def test_ten_kills_are_of_either_worker_with_and_without_a_restart() -> None:
    """A worker that has the market-wide stage may be lost in another way than one that has not."""
    assert {each.victim for each in PLANS if each.victim} == set(WORKERS)
    assert {each.restart for each in PLANS} == {True, False}


def test_all_kills_are_in_the_worst_half_hour_and_a_seed_is_one_kill() -> None:
    """A kill in a calm market proves little, and one that cannot be repeated cannot be mended."""
    assert all(FROM_NS <= each.moment_ns < TO_NS for each in PLANS)
    assert len({each.moment_ns for each in PLANS}) == 10
    assert [plan(seed, CLEAN) for seed in range(10)] == PLANS
