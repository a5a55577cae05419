"""New messages and edits of each episode."""

from __future__ import annotations

from detector.scoring.messages import episode_cards
from tests.kit.told import alert, at


def test_only_what_opens_or_escalates_is_a_new_message() -> None:
    """Every edit would ring somebody's phone in the figures, or none would."""
    (card,) = episode_cards(
        [
            alert(0, "WATCH"),
            alert(10, "HIGH", "escalated"),
            alert(20, "HIGH", "updated"),
            alert(30, "CRITICAL", "escalated"),
            alert(40, "HIGH", "downgraded", peak="CRITICAL"),
            alert(50, "CLEAR", "resolved", peak="CRITICAL"),
        ]
    )
    assert (card.sent, card.edited, card.sent_beside, card.messages) == (3, 3, 0, 3)
    assert (card.peak, card.opened_ns, card.resolved_ns) == ("CRITICAL", at(0), at(50))


def test_assets_count_as_far_as_people_are_told_of_them() -> None:
    """A story that the market's alert tells already would be counted, and one that it does not tell would not."""
    (card,) = episode_cards(
        [
            alert(0, "WATCH"),
            alert(5, "HIGH", scope="SOL", episode="sol"),  # the market is calmer: told
            alert(10, "HIGH", "escalated"),
            alert(15, "HIGH", scope="DOT", episode="dot"),  # part of the market's story
            alert(16, "HIGH", "updated", scope="SOL", episode="sol"),
            alert(17, "CRITICAL", "escalated", scope="SOL", episode="sol"),
        ]
    )
    assert (card.sent, card.sent_beside) == (2, 2)


def test_an_asset_alone_is_no_episode_of_the_market() -> None:
    """The market's count would grow while it is calm."""
    assert episode_cards([alert(5, "HIGH", scope="SOL", episode="sol")]) == []


def test_an_episode_that_opens_anew_is_not_over() -> None:
    """Its end would be the lull before it went on."""
    first, second = episode_cards(
        [
            alert(0, "WARN"),
            alert(900, "CLEAR", "resolved", peak="WARN"),
            alert(1_000, "WARN", "escalated"),
            alert(9_000, "WATCH", episode="two"),
            alert(9_900, "CLEAR", "resolved", episode="two", peak="WATCH"),
        ]
    )
    assert (first.resolved_ns, first.sent) == (None, 2)
    assert second.resolved_ns == at(9_900)
