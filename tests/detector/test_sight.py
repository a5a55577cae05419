"""What the detector could see, in numbers and words."""

from __future__ import annotations

from collections.abc import Mapping

from detector.conditions import Condition
from detector.sight import MOST_FAULTS, OF_AN_ASSET, OF_THE_MARKET, coverage, dark
from detector.signals import book_faults, deleveraging, depth, feed, liquidations, offbook, ourselves
from tests.kit.markets import Scene, instrument, ladder


def rules(families: Mapping[str, tuple[str, ...]]) -> list[str]:
    """All rules of some families."""
    return [rule for rules in families.values() for rule in rules]


def test_a_family_is_live_when_one_of_its_rules_sees_somewhere() -> None:
    """An alert would claim evidence that nobody has."""
    seen = coverage(OF_THE_MARKET, {depth.DEPTH, feed.DELAY}, ())
    assert (seen.live, seen.families) == (2, len(OF_THE_MARKET))
    assert "liquidations: no source can be evaluated" in seen.blind
    assert not any(line.startswith(("book depth", "feed delay")) for line in seen.blind)


def test_everything_seen_leaves_nothing_blind() -> None:
    """Coverage would never be full."""
    for families in (OF_AN_ASSET, OF_THE_MARKET):
        seen = coverage(families, rules(families), ())
        assert (seen.live, seen.families, seen.blind) == (len(families), len(families), ())


def test_families_are_independent() -> None:
    """One rule in two families would count as two pieces of evidence."""
    found = rules(OF_THE_MARKET)
    assert len(found) == len(set(found))
    assert {offbook.RULE, deleveraging.RULE, liquidations.RULE} <= set(found)


def test_an_asset_is_not_blind_to_what_only_the_market_can_see() -> None:
    """Every alert of one asset would say that half of the evidence is missing."""
    assert set(OF_AN_ASSET) < set(OF_THE_MARKET)
    assert not {offbook.RULE, feed.DELAY} & set(rules(OF_AN_ASSET))


def test_books_that_cannot_be_believed_are_named_with_the_reason() -> None:
    """Depth would look calm where it is unknown."""
    btc, eth, sol = instrument(), instrument("ETH"), instrument("SOL")
    scene = Scene(btc, eth, sol)
    for definition in (eth, btc):
        scene.snapshot(definition, *ladder(100.0, usd=1_000.0))
    scene.gap(btc, "book")
    scene.close()
    assert [line for line in coverage({}, (), scene.overview().assets).blind if "book:" in line] == [
        "binance-usdm BTC-USDT-PERP book: gap"
    ]


def test_many_faulty_books_are_counted() -> None:
    """A gap of a whole venue would make an alert of a thousand lines."""
    definitions = [instrument(f"A{number:02}") for number in range(MOST_FAULTS + 5)]
    scene = Scene(*definitions)
    for definition in reversed(definitions):
        scene.snapshot(definition, *ladder(100.0, usd=1_000.0))
        scene.gap(definition, "book")
    scene.close()
    faults = coverage(OF_THE_MARKET, (), scene.overview().assets).blind[len(OF_THE_MARKET) :]
    assert len(faults) == MOST_FAULTS + 1
    assert faults[0] == "binance-usdm A00-USDT-PERP book: gap"
    assert faults[-1] == "and 5 more books"


def test_whole_venues_that_cannot_be_seen_are_named_first() -> None:
    """An alert would count its families of evidence and not say that a venue is missing from them."""
    silent = Condition(feed.SILENCE, "S3", "okx", "*", severity=3)
    deaf = Condition(ourselves.DEAF, "D", "market", "*", severity=2)
    ghost = Condition(book_faults.GHOST, "D", "okx", "BTC", severity=1)
    late = Condition(feed.DELAY, "S3", "okx", "*", severity=2)
    words = dark([ghost, silent, deaf, late, silent])
    assert words == ["everywhere: nothing heard from any venue", "okx: feed silent"]
    assert coverage(OF_AN_ASSET, rules(OF_AN_ASSET), (), words).blind == tuple(words)
