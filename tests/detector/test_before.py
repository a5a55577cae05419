import pytest

from detector.before import Before, Trail, usual_again
from detector.config import Config
from detector.verdict import CALM, WATCH, Verdict, calm, unknown

LIMITS = Config().recovery
AFTER_S = LIMITS.after_s
LOW = Verdict("R.depth/1", "R", "north", "BTC", WATCH, True, direction="down", confirm=10)
BETWEEN = Verdict("R.depth/1", "R", "north", "BTC", CALM, True)
WHOLE = calm("R.depth/1", "R", "north", "BTC")
UNSEEN = unknown("R.depth/1", "R", "north", "BTC")


def told(trail: Trail, verdict: Verdict, seconds: int = 1, *, over: bool = True) -> Verdict:
    """What remains of a verdict after so many seconds of it."""
    for _ in range(seconds):
        said = trail.after(verdict, over, AFTER_S)
    return said


def test_in_the_shock_nothing_is_an_aftermath_and_what_is_one_goes_on() -> None:
    """The depth of the fall itself would be told as what it left behind; a second wave would end the first's trail."""
    assert told(Trail(), LOW, over=False) == BETWEEN._replace(confirm=10)
    trail = Trail()
    assert told(trail, LOW, 10) == LOW
    assert told(trail, BETWEEN, over=False).holds
    assert told(trail, BETWEEN, AFTER_S + 5).holds


def test_what_comes_after_a_recovery_is_something_new() -> None:
    """The next withdrawal would be told as the aftermath of the last shock."""
    trail = Trail()
    told(trail, WHOLE, AFTER_S + 1)
    assert told(trail, LOW) == WHOLE


def test_a_market_that_never_was_below_the_line_has_no_aftermath() -> None:
    """Depth at 0.7 of its old baseline would be remembered for a week."""
    trail = Trail()
    told(trail, BETWEEN, AFTER_S + 1)
    assert told(trail, LOW) == WHOLE


def test_a_recovery_takes_a_minute_above_the_other_line() -> None:
    """A breath between two waves would be a recovery."""
    trail = Trail()
    told(trail, LOW, 10)
    told(trail, WHOLE, AFTER_S)
    assert told(trail, BETWEEN).holds
    assert told(trail, LOW) == LOW
    assert told(trail, BETWEEN, 10 * AFTER_S).holds


def test_what_cannot_be_seen_is_no_recovery() -> None:
    """A book that was cut off would have recovered."""
    trail = Trail()
    told(trail, LOW, 10)
    told(trail, UNSEEN, 10 * AFTER_S)
    assert told(trail, LOW) == LOW


def before(bid: float | None, ask: float | None, basis: float | None) -> Before:
    """What was usual."""
    return Before(0, (bid, ask), None, basis)


@pytest.mark.parametrize(
    ("usual", "again"),
    [
        (before(100.0, 100.0, 0.001), True),
        (before(81.0, 300.0, 0.0034), True),
        (before(79.0, 100.0, 0.001), False),
        (before(100.0, None, 0.001), False),
        (before(100.0, 100.0, 0.0036), False),
        (before(100.0, 100.0, None), False),
    ],
)
def test_usual_is_what_it_was_only_when_all_of_it_is(usual: Before, again: bool) -> None:
    """The next shock would take what the last one left for what is usual."""
    assert usual_again(before(100.0, 100.0, 0.001), usual, LIMITS) == again


def test_what_was_not_known_before_need_not_be_as_before() -> None:
    """A market that was just listed would be remembered for a week."""
    assert usual_again(before(None, 100.0, None), before(1.0, 100.0, 0.5), LIMITS)
