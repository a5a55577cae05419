"""Books that cannot be believed."""

from __future__ import annotations

import pytest

from detector.quotes import FROZEN_S, GHOST_S
from detector.signals import book_faults
from detector.signals.book_faults import CROSSED, FROZEN, GAP, GHOST
from detector.verdict import CALM, WATCH, Verdict
from tests.kit.markets import Scene, find, instrument, ladder

BTC, ETH = instrument(), instrument("ETH")
MID = 60_000.0
ALL = (GAP, CROSSED, FROZEN, GHOST)


def scene() -> Scene:
    """A market whose book is whole, with no history at all."""
    made = Scene(BTC)
    made.snapshot(BTC, *ladder(MID, usd=50_000.0, step=0.0005))
    live(made, 1)
    return made


def live(made: Scene, seconds: int, *, price: float = MID, changes: bool = True) -> list[dict[str, Verdict]]:
    """Seconds with two trades each, and the verdicts after each of them by rule."""
    found = []
    for _ in range(seconds):
        if changes:
            made.delta(BTC, bids=[(MID / 2, 1.0 + made.now_s % 2)])
        made.trade(BTC, price)
        made.trade(BTC, price)
        made.close()
        found.append({verdict.rule: verdict for verdict in book_faults.evaluate(made.world)})
    return found


def onset(found: list[dict[str, Verdict]], rule: str) -> int:
    """The number of the second at which a rule begins to speak."""
    return next(n for n, verdicts in enumerate(found, 1) if verdicts[rule].severity)


def test_a_whole_book_is_calm_by_every_rule_from_its_first_second() -> None:
    """A guard that needs ten minutes would believe the ghost that is there at the start."""
    (found,) = live(scene(), 1)
    said = {rule: (verdict.severity, verdict.known) for rule, verdict in found.items()}
    assert said == dict.fromkeys(ALL, (CALM, True))


def test_a_crossed_book_is_told_after_two_seconds() -> None:
    """Depth around a mid that does not exist would be believed."""
    made = scene()
    made.delta(BTC, bids=[(MID * 1.01, 1.0)])
    found = live(made, 4)
    assert onset(found, CROSSED) == 2
    verdict = found[-1][CROSSED]
    assert (verdict.severity, verdict.confirm, verdict.holds) == (WATCH, 1, True)
    assert "60600 over best ask" in verdict.evidence[0].note


def test_a_frozen_book_is_told_after_ten_seconds_of_trades() -> None:
    """A dead stream would show a healthy depth throughout a crash."""
    found = live(scene(), 14, changes=False)
    assert onset(found, FROZEN) == FROZEN_S
    assert found[-1][FROZEN].evidence[0].value == 14.0


@pytest.mark.parametrize("price", [MID * 0.99, MID * 1.01])
def test_a_ghost_is_told_in_its_third_second(price: float) -> None:
    """An order that nobody removes would be told as a market that fell 114-fold."""
    found = live(scene(), 5, price=price)
    assert onset(found, GHOST) == GHOST_S + 1


def test_a_gap_is_told_when_it_outlasts_a_resync() -> None:
    """Each of a day's resyncs would be a message; or a book that never comes back none."""
    made = scene()
    made.gap(BTC, "book")
    found = live(made, 8)
    assert onset(found, GAP) == made.world.config.data.gap_s
    assert not any(found[-1][rule].known for rule in (CROSSED, FROZEN, GHOST))
    made.snapshot(BTC, *ladder(MID, usd=50_000.0, step=0.0005))
    (found_after,) = live(made, 1)
    assert (found_after[GAP].severity, found_after[GAP].holds) == (CALM, False)


def test_what_a_fault_hides_is_unknown() -> None:
    """A ghost would be cleared because the book crossed on top of it."""
    made = scene()
    made.delta(BTC, bids=[(MID * 1.01, 1.0)])
    found = live(made, 3)[-1]
    assert {rule: found[rule].known for rule in ALL} == {GAP: True, CROSSED: True, FROZEN: False, GHOST: False}


def test_a_book_with_one_side_says_nothing_of_itself_but_that_it_is_there() -> None:
    """An empty side in a void would be told as a fault of our data."""
    made = scene()
    made.snapshot(BTC, [(MID, 1.0)], [])
    found = live(made, 3, changes=False)[-1]
    assert {rule: (found[rule].severity, found[rule].known) for rule in ALL} == {
        GAP: (CALM, True),
        CROSSED: (CALM, False),
        FROZEN: (CALM, False),
        GHOST: (CALM, False),
    }


def test_a_market_without_a_book_has_no_verdict() -> None:
    """A feed of trades alone would be counted as blind."""
    made = Scene(ETH)
    made.trade(ETH, 3_000.0)
    made.close()
    assert list(book_faults.evaluate(made.world)) == []


def test_every_verdict_names_its_place() -> None:
    """Nobody would know which book."""
    made = scene()
    made.gap(BTC, "book")
    live(made, 6)
    verdict = find(book_faults.evaluate(made.world), GAP, venue="binance-usdm", asset="BTC")
    assert verdict.severity == WATCH
    assert (verdict.evidence[0].threshold, verdict.evidence[0].unit) == (5.0, "s")
