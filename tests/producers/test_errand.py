"""Something to be said later."""

from __future__ import annotations

from producers.errand import Errand


def test_an_errand_asks_at_its_turn_whether_it_is_still_wanted() -> None:
    """What was wanted a minute ago may have come."""
    there = False
    errand = Errand(["unsubscribe", "subscribe"], wanted=lambda: not there)
    assert errand.wanted()
    there = True
    assert not errand.wanted()
    assert (errand.frames, errand.said, errand.over.is_set()) == (("unsubscribe", "subscribe"), False, False)
