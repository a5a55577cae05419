"""Trade ids: what is a fill that did not print, and what only looks like one."""

from __future__ import annotations

import pytest

from detector.trade_ids import HALF_LIFE_S, HOLE_SETTLES_S, LONGEST_HOLE, SCATTERED_IDS, TradeIds
from tests.kit.markets import START_S, Scene, instrument

BTC, ETH = instrument("BTC"), instrument("ETH")


class Counter:
    """A venue of two markets that trade ten times a second, so that no pause hides a hole; the ids are those of BTC."""

    def __init__(self) -> None:
        self.scene = Scene(BTC, ETH)
        self.trading = self.scene.market(BTC).trading
        self.ids = self.trading.ids
        self.next_id = 1_000

    def second(self, *, skip: int = 0, late: tuple[int, ...] = (), learn: bool = True) -> int:
        """One second of five BTC and five ETH trades; `skip` ids do not print, `late` ones do at its end."""
        for n in range(5):
            if n == 2:
                self.next_id += skip
            self.scene.trade(BTC, 100.0, trade_id=self.next_id, after_ms=100 + n * 200)
            self.scene.trade(ETH, 10.0, after_ms=200 + n * 200 - 1)
            self.next_id += 1
        for trade_id in late:
            self.scene.trade(BTC, 100.0, trade_id=trade_id, after_ms=990)
        self.scene.close(learn=learn)
        return self.ids.missing_60s.total

    def seconds(self, count: int, *, learn: bool = True) -> int:
        for _ in range(count):
            self.second(learn=learn)
        return self.ids.missing_60s.total


def test_ids_without_holes_are_counted_one_by_one() -> None:
    """The share of fills that did not print would be wrong."""
    counter = Counter()
    counter.seconds(30)
    assert (counter.ids.ids_60s.total, counter.ids.missing_60s.total) == (149, 0)  # the first only starts the count
    assert counter.ids.holes == {}


def test_a_hole_counts_once_it_has_stayed_open_for_seconds() -> None:
    """The only trace of fills that a venue does not show."""
    counter = Counter()
    counter.seconds(3)
    assert counter.second(skip=4) == 0
    assert counter.seconds(HOLE_SETTLES_S - 1) == 0
    assert counter.seconds(1) == 4
    assert counter.ids.holes == {}
    assert counter.ids.ids_60s.total == 5 * 7 + 4 - 1
    assert counter.seconds(59) == 4
    assert counter.seconds(1) == 0


def test_prints_that_overtake_each_other_leave_no_hole() -> None:
    """Two sockets of a venue would be a deleveraging."""
    counter = Counter()
    counter.seconds(3)
    counter.second(skip=2)
    hole = sorted(counter.ids.holes)
    assert len(hole) == 2
    counter.second(late=(hole[1],))
    counter.second(late=(hole[0],))
    assert counter.seconds(20) == 0


def test_a_fill_off_the_book_that_is_shown_is_no_hole() -> None:
    """A print would be inferred a second time."""
    counter = Counter()
    counter.seconds(3)
    for _ in range(20):
        counter.scene.trade(BTC, 50.0, trade_id=counter.next_id, after_ms=10, print_="adl")
        counter.next_id += 1
        counter.second()
    assert counter.ids.missing_60s.total == 0
    assert counter.trading.price == 100.0


def test_a_pause_of_the_whole_venue_hides_its_holes() -> None:
    """A feed gap would be a deleveraging."""
    counter = Counter()
    counter.seconds(3)
    counter.scene.close(2)
    counter.next_id += 50
    counter.second()
    assert counter.seconds(10) == 0
    assert counter.ids.ids_60s.total == 5 * 14 - 1


@pytest.mark.parametrize(("end_ns", "missing"), [(199, 2), (200, 2), (201, 0), (300, 0), (301, 2)])
def test_only_holes_over_the_end_of_a_pause_are_forgiven(end_ns: int, missing: int) -> None:
    """What did not print before the venue fell silent, or after it came back, would be lost with the rest."""
    ids = TradeIds()
    for number, since_ns, now_ns in ((1, 0, 100), (2, 100, 200), (5, 200, 300), (6, 300, 400)):
        ids.on_id(number, since_ns, now_ns)
    ids.forgive((end_ns,))
    for second in range(HOLE_SETTLES_S + 2):
        ids.close_second(second, learn=False)
    assert (ids.missing_60s.total, ids.ids_60s.total) == (missing, 3 + missing)


def test_a_market_that_pauses_while_its_venue_trades_hides_nothing() -> None:
    """Holes of a market that stopped for a second would never be seen."""
    counter = Counter()
    counter.seconds(3)
    for _ in range(2):
        for after_ms in range(50, 1000, 200):
            counter.scene.trade(ETH, 10.0, after_ms=after_ms)
        counter.scene.close()
    counter.next_id += 50
    counter.second()
    assert counter.seconds(10) == 50


def test_after_a_gap_of_its_feed_a_hole_proves_nothing() -> None:
    """Every reconnect of the trade socket would be a deleveraging."""
    counter = Counter()
    counter.seconds(3)
    counter.second(skip=3)
    counter.scene.gap(BTC, "trade")
    counter.next_id += 100
    counter.second()
    assert counter.seconds(10) == 0


@pytest.mark.parametrize("jump", [LONGEST_HOLE + 1, 10**9, -(10**6)])
def test_a_counter_that_jumps_is_a_new_counter(jump: int) -> None:
    """A restarted counter would be a million fills that did not print."""
    counter = Counter()
    counter.next_id = 10**7
    counter.seconds(3)
    counter.next_id += jump
    counter.second()
    assert counter.seconds(10) == 0
    longest = LONGEST_HOLE - 1  # the fills of a fund takeover come by the hundred
    assert counter.second(skip=longest) == 0
    assert counter.seconds(3) == longest


def test_ids_that_are_not_numbers_say_nothing() -> None:
    """Venues with hashes for ids have no holes."""
    scene = Scene(BTC)
    for name in ("a1", "f9", None):
        scene.trade(BTC, 100.0, trade_id=name)
    scene.close(5)
    ids = scene.market(BTC).trading.ids
    assert (ids.last, ids.ids_60s.total, ids.missing_60s.total) == (-1, 0, 0)


def test_the_calm_does_not_hold_the_minute_that_is_judged_by_it() -> None:
    """The first hole would make the ids look like ids that always skip, and the rule blind to the rest."""
    counter = Counter()
    counter.seconds(120)
    before = counter.ids.calm_ids
    assert before == 5 * 60 - 1
    counter.second(skip=40)
    counter.seconds(30)
    assert counter.ids.missing_60s.total == 40
    assert counter.ids.calm_missing == 0


def test_what_is_missing_in_the_calm_is_remembered() -> None:
    """Venues whose ids always skip would raise an alarm every minute."""
    counter = Counter()
    for _ in range(180):
        counter.second(skip=1)
    assert counter.ids.calm_missing == 120 - HOLE_SETTLES_S
    counter.seconds(600, learn=False)
    assert counter.ids.calm_missing == 120 - HOLE_SETTLES_S


@pytest.mark.parametrize(
    ("missing", "ids", "scattered"),
    [(0, 0, False), (SCATTERED_IDS, 0, False), (SCATTERED_IDS + 1, 2_009, True), (SCATTERED_IDS + 1, 2_010, False)],
)
def test_the_holes_of_ids_that_skip_all_the_time_are_not_kept(missing: int, ids: int, scattered: bool) -> None:
    """A counter that a venue's markets share would cost a book of holes a second, and say nothing."""
    counter = Counter()
    counter.seconds(1)
    counter.ids.calm_missing, counter.ids.calm_ids = missing, ids
    assert counter.ids.scattered is scattered
    counter.second(skip=40)
    assert len(counter.ids.holes) == (0 if scattered else 40)
    assert counter.ids.last == counter.next_id - 1
    assert counter.ids.ids_60s.total == (9 if scattered else 49)


@pytest.mark.parametrize("begin_s", [START_S, START_S + 1_234])
def test_what_ids_did_in_the_calm_is_halved_with_every_hour_of_its_life(begin_s: int) -> None:
    """One bad minute would blind a market for ever, or until the wall clock's next hour."""
    ids = TradeIds(calm_ids=10_000, calm_missing=301)
    for second in range(1, HALF_LIFE_S + 1):
        assert (ids.calm_ids, ids.calm_missing) == (10_000, 301)
        ids.close_second(begin_s + second, learn=True)
    assert (ids.calm_ids, ids.calm_missing) == (5_000, 150)
