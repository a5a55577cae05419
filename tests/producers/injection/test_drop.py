"""Messages that are lost on the way."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade
from tests.producers.injection.scenes import NORTH, S, between, injected, quiet, struck

QUIET = quiet(60)


def trades(events: object) -> int:
    """How many trades there are."""
    return sum(isinstance(event, Trade) for event in events)  # type: ignore[attr-defined]


@pytest.mark.parametrize("share", [0.01, 0.2, 1.0])
def test_so_many_messages_are_lost_as_were_asked_for(share: float) -> None:
    """A line that loses one in a hundred would look like a dead one."""
    before, after = trades(QUIET), trades(struck(f"drop,share={share}", QUIET))
    assert before - after == pytest.approx(share * before, rel=0.5)


def test_a_lost_trade_leaves_a_hole_in_its_ids_and_nothing_else() -> None:
    """Nobody would see whether the detector takes it for a fill that did not print."""
    out = struck("drop@21:00:10+5:south,share=0.5", QUIET)
    sent, heard = (
        [event.trade_id for event in events if isinstance(event, Trade) and event.venue == "south"]
        for events in (QUIET, out)
    )
    assert len(heard) < len(sent)
    assert [number for number in sent if number in heard] == heard
    assert [event for event in out if event.venue == NORTH] == [event for event in QUIET if event.venue == NORTH]


def test_a_lost_change_of_a_book_is_told_and_mended() -> None:
    """The book would be wrong and nobody know it."""
    out = struck("drop@21:00:10+1,share=0.5,answer_s=2", QUIET)
    seen = Counter(type(event) for event in between(out, 10 * S, 16 * S))
    assert seen[Gap] == 3
    assert seen[BookSnapshot] == 3
    calm = between(out, 17 * S, 60 * S)
    assert Counter(type(event) for event in calm) == Counter(type(event) for event in between(QUIET, 17 * S, 60 * S))


def test_another_seed_loses_others() -> None:
    """What was found once would be all that can be found."""
    first, again, other = (struck(f"drop,share=0.1,seed={seed}", QUIET) for seed in (1, 1, 2))
    ids = [[event.trade_id for event in out if isinstance(event, Trade)] for out in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]


def test_the_report_counts_what_is_missing() -> None:
    """Nobody could say how lossy the line was."""
    out, (report,) = injected("drop,share=0.2", QUIET)
    heard = Counter(type(event) for event in QUIET) - Counter(type(event) for event in out)
    assert heard[BookTop] > 0
    assert heard[BookDelta] > 0
    assert "lost" in report
    assert "added" in report
