"""What somebody does not want to hear for a while."""

from __future__ import annotations

from detector.alerts.match import Match
from detector.alerts.silences import Silence, silencing
from tests.kit.alerts import NS, T0_NS, an_alert

BTC = Silence(id="a", match=Match(asset=("BTC",)), from_ns=T0_NS, until_ns=T0_NS + 60 * NS)


def test_a_silence_begins_and_ends_by_itself() -> None:
    """Who mutes something for two hours would never hear of it again."""
    alert = an_alert(scope="BTC")
    moments = (T0_NS - 1, T0_NS, T0_NS + 60 * NS - 1, T0_NS + 60 * NS)
    assert [silencing(alert, "phone", [BTC], now_ns) for now_ns in moments] == [None, BTC, BTC, None]


def test_it_holds_for_what_it_names_and_not_for_the_market() -> None:
    """Who is tired of one coin would sleep through a crash."""
    assert silencing(an_alert(), "phone", [BTC], T0_NS) is None
    assert silencing(an_alert(scope="ETH"), "phone", [BTC], T0_NS) is None


def test_a_chat_that_mutes_itself_mutes_nobody_else() -> None:
    """One person would decide what all others hear."""
    own = Silence(id="b", match=Match(), from_ns=T0_NS, until_ns=T0_NS + 1, sink="phone")
    assert silencing(an_alert(), "phone", [own], T0_NS) is own
    assert silencing(an_alert(), "desk", [own], T0_NS) is None
