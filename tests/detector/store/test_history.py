"""Every revision, for whoever asks later."""

from __future__ import annotations

from msgspec.structs import replace

from detector.alerts.kept import Changes, Kept
from detector.store.history import MOST_FOUND
from detector.store.store import Store
from schemas.alert import Alert
from tests.kit.alerts import an_alert, episode


def holding(*alerts: Alert) -> Store:
    store = Store(None)
    store.save(Changes(alerts=list(alerts)), Kept())
    return store


def test_an_alert_comes_back_with_every_field() -> None:
    """`/why` would explain an alert by less than it was decided by."""
    alert = an_alert(headline='"quoted" \x00 <b>漢字</b> 🐋')
    assert holding(alert).alert(alert.alert_id) == [alert]


def test_an_alert_is_found_by_the_beginning_of_its_id_or_its_episodes() -> None:
    """On a phone nobody types sixteen digits."""
    story, other = episode("WARN", "HIGH"), an_alert(scope="BTC")
    store = holding(*story, other)
    assert store.alert(story[1].alert_id[:6]) == [story[1]]
    assert store.alert(story[0].episode_id[:6]) == story[::-1], "the newest first"


def test_what_is_no_id_finds_nothing() -> None:
    """Signs that mean something to a database would list everything to a chat."""
    store = holding(an_alert())
    for text in ("", "%", "_", "*", "' OR 1=1 --", "zzzz"):
        assert store.alert(text) == []


def test_a_short_prefix_finds_no_more_than_can_be_read() -> None:
    """A chat would be flooded by one letter."""
    store = holding(*(an_alert(alert_id=f"a{n:03}", ts_ns=n) for n in range(MOST_FOUND + 5)))
    found = store.alert("a")
    assert len(found) == MOST_FOUND
    assert found[0].alert_id == f"a{MOST_FOUND + 4:03}"


def test_an_alert_that_is_taken_twice_stands_once_as_it_was_told() -> None:
    """A replayed partition would rewrite what people have read."""
    alert = an_alert()
    store = holding(alert)
    store.save(Changes(alerts=[replace(alert, headline="another"), an_alert(scope="BTC")]), Kept())
    assert store.recent(10) == [an_alert(scope="BTC"), alert]


def test_recent_are_the_newest_by_event_time() -> None:
    """`/status` would tell of an old story first."""
    early, late = an_alert(alert_id="a", ts_ns=1), an_alert(alert_id="b", ts_ns=2)
    store = holding(late, early)
    assert store.recent(2) == [late, early]
    assert store.recent(1) == [late]
    assert store.recent(-1) == []
