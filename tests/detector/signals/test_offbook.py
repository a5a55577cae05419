import pytest

from detector.signals import offbook
from detector.verdict import CALM, CRITICAL, HIGH, Verdict
from tests.kit.markets import Scene, find, instrument, said

VENUE = "binance-coinm"
COINS = [
    instrument(base, venue=VENUE, quote="USD", contract="inverse", contract_value=10.0)
    for base in ("AVAX", "DOT", "UNI", "WLD")
]


class Venue:
    """Four coins that trade twice a second each, with ids that count on."""

    def __init__(self, *, extra: tuple[str, ...] = ()) -> None:
        self.coins = [*COINS, *(instrument(base, venue=VENUE, quote="USDC") for base in extra)]
        self.scene = Scene(*self.coins)
        self.ids = dict.fromkeys(range(len(self.coins)), 1_000)

    def run(
        self,
        seconds: int,
        *,
        skips: dict[int, int] | None = None,
        move: float = 0.0,
        late: bool = False,
    ) -> None:
        """Seconds in which `skips` of a coin's ids do not print; `late` ones print half a second later."""
        for second in range(seconds):
            for turn in range(4):
                for n, definition in enumerate(self.coins):
                    missing = (skips or {}).get(n, 0) if turn == 1 and second == 0 else 0
                    held = range(self.ids[n], self.ids[n] + missing)
                    self.ids[n] += missing
                    after_ms = 20 + 240 * turn + 10 * n
                    self.scene.trade(definition, 10.0 + move, trade_id=self.ids[n], after_ms=after_ms)
                    if late:
                        for trade_id in held:
                            self.scene.trade(definition, 10.0 + move, trade_id=trade_id, after_ms=after_ms + 5)
                    self.ids[n] += 1
            self.scene.close()

    def verdict(self) -> Verdict:
        return find(offbook.evaluate(self.scene.overview()), offbook.RULE, venue=VENUE, asset="*")


def test_ids_that_nobody_has_counted_long_enough_say_nothing() -> None:
    """Whether ids skip in the calm is not known yet."""
    venue = Venue()
    venue.run(60 + 31)  # sixteen a second, from what has left the minute
    assert not venue.verdict().known
    venue.run(1)
    assert said(venue.verdict()) == (CALM, False, True, "none")


def test_quiet_markets_are_counted_together() -> None:
    """How a venue counts is its habit: coins that trade once a minute would be blind for a day."""
    scene = Scene(*COINS)
    for definition in COINS:
        ids = scene.market(definition).trading.ids
        ids.last, ids.calm_ids = 1_000, 125
    assert find(offbook.evaluate(scene.overview()), offbook.RULE).known
    scene.market(COINS[0]).trading.ids.calm_missing = 1
    assert not find(offbook.evaluate(scene.overview()), offbook.RULE).known


@pytest.mark.parametrize(
    ("skips", "severity"),
    [
        ({0: 3, 1: 1, 2: 1}, HIGH),
        ({0: 3, 1: 1}, CALM),
        ({0: 104, 1: 1, 3: 1}, HIGH),  # 106 of 1,066 ids
        ({0: 105, 1: 1, 3: 1}, CRITICAL),
        ({0: 90, 1: 90, 2: 90}, CRITICAL),
    ],
)
def test_holes_on_three_assets_raise(skips: dict[int, int], severity: int) -> None:
    """Two minutes before the first public print: the only sign of deleveraging where venues say nothing."""
    venue = Venue()
    venue.run(220)
    venue.run(5, skips=skips, move=-0.2)
    verdict = venue.verdict()
    assert (verdict.severity, verdict.holds, verdict.known) == (severity, True, True)
    signals = {e.signal: e.value for e in verdict.evidence}
    assert signals["offbook_assets"] == len(skips)
    assert signals["missing_ids_60s"] == sum(skips.values())
    venue.run(60)
    assert said(venue.verdict()) == (CALM, False, True, "none")


def test_it_raises_again_in_the_minutes_after_while_baselines_still_learn() -> None:
    """The first holes would make the venue look like one whose ids always skip."""
    venue = Venue()
    venue.run(220)
    for _ in range(5):
        venue.run(10, skips={0: 5, 1: 5, 2: 5}, move=-0.2)
        assert venue.verdict().severity == HIGH


@pytest.mark.parametrize(("move", "direction"), [(-0.5, "down"), (0.5, "up")])
def test_it_points_where_the_market_went(move: float, direction: str) -> None:
    """Deleveraged longs and shorts would be told the opposite."""
    venue = Venue()
    venue.run(220)
    venue.run(5, skips={0: 2, 1: 2, 2: 2}, move=move)
    assert venue.verdict().direction == direction


def test_a_pause_of_the_whole_venue_is_no_deleveraging() -> None:
    """A feed gap loses messages of every coin at once."""
    venue = Venue()
    venue.run(220)
    venue.scene.close(2)
    for n in venue.ids:
        venue.ids[n] += 30
    venue.run(10, move=-0.2)
    assert said(venue.verdict()) == (CALM, False, True, "none")


def test_a_gap_in_the_trades_of_the_whole_venue_is_no_deleveraging() -> None:
    """A reconnect loses messages of every coin at once."""
    venue = Venue()
    venue.run(220)
    for n, definition in enumerate(venue.coins):
        venue.scene.gap(definition, "trade")
        venue.ids[n] += 30
    venue.run(10, move=-0.2)
    assert said(venue.verdict()) == (CALM, False, True, "none")


def test_prints_that_overtake_each_other_are_no_deleveraging() -> None:
    """Two of a venue's servers would be enough for an alarm."""
    venue = Venue()
    venue.run(220)
    for _ in range(10):
        venue.run(1, skips={0: 3, 1: 3, 2: 3, 3: 3}, late=True, move=-0.2)
    venue.run(10, move=-0.2)
    assert said(venue.verdict()) == (CALM, False, True, "none")


def test_without_a_move_missing_ids_were_lost_on_the_way() -> None:
    """A line that loses one message in a hundred would turn the next shock into deleveraging."""
    venue = Venue()
    venue.run(220)
    venue.run(5, skips={0: 9, 1: 9, 2: 9, 3: 9})
    assert said(venue.verdict()) == (CALM, False, True, "none")


def test_ids_that_skip_in_the_calm_are_unknown() -> None:
    """Fills that a venue never shows would be deleveraging every minute."""
    venue = Venue()
    for _ in range(300):
        venue.run(1, skips={0: 1, 1: 1, 2: 1, 3: 1})
    assert not venue.verdict().known


def test_one_coin_whose_ids_skip_does_not_blind_the_others() -> None:
    """A single odd market would switch the rule off for its venue."""
    venue = Venue()
    for _ in range(300):
        venue.run(1, skips={3: 1})
    assert said(venue.verdict()) == (CALM, False, True, "none")
    venue.run(5, skips={0: 2, 1: 2, 2: 2, 3: 5}, move=-0.2)
    signals = {e.signal: e.value for e in venue.verdict().evidence}
    assert signals["offbook_assets"] == 3.0
    assert signals["missing_ids_60s"] == 6.0


def test_two_markets_of_one_asset_add_up() -> None:
    """The holes of one would be overwritten by the other's contiguous ids."""
    venue = Venue(extra=("AVAX",))
    venue.run(220)
    venue.run(5, skips={0: 7, 1: 1, 2: 1}, move=-0.2)
    signals = {e.signal: e.value for e in venue.verdict().evidence}
    assert signals["offbook_assets"] == 3.0
    assert signals["missing_ids_60s"] == 9.0


def test_as_few_as_a_line_loses_are_no_deleveraging() -> None:
    """Three missing ids in a million would be the second key of an emergency."""
    venue = Venue()
    venue.run(220)
    for definition, passed in zip(COINS, (3_000, 2_000, 500, 500), strict=True):
        venue.scene.market(definition).trading.ids.taken += passed
    venue.run(5, skips={0: 2, 1: 2, 2: 2}, move=-0.2)
    verdict = venue.verdict()
    assert (verdict.severity, verdict.holds, verdict.known) == (CALM, True, True)
    venue.run(1, skips={0: 2, 1: 1}, move=-0.2)
    venue.run(4, move=-0.2)
    assert venue.verdict().severity == HIGH


def test_an_asset_counts_only_with_more_than_its_calm_explains() -> None:
    """A market of a hundred thousand ids a minute always loses one."""
    venue = Venue()
    venue.run(220)
    venue.scene.market(COINS[2]).trading.ids.taken += 20_000
    venue.run(5, skips={0: 30, 1: 30, 2: 2}, move=-0.2)
    assert venue.verdict().severity == CALM
