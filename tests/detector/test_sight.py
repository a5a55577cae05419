"""What the detector could see, in numbers and words."""

from __future__ import annotations

from detector.sight import FAMILIES, MOST_FAULTS, coverage
from detector.signals import deleveraging, depth, feed, liquidations
from detector.verdict import Verdict, calm, unknown
from tests.kit.markets import Scene, instrument, ladder


def said(*rules: str) -> list[Verdict]:
    """Verdicts of rules that see nothing wrong."""
    return [calm(rule, "S3", "north", "BTC") for rule in rules]


def test_a_family_is_live_when_one_of_its_rules_sees_somewhere() -> None:
    """An alert would claim evidence that nobody has."""
    world = Scene(instrument()).world
    blind = [unknown(rule, "S3", "north", "ETH") for rules in FAMILIES.values() for rule in rules]
    seen = coverage(world, [*blind, *said(depth.DEPTH, feed.DELAY)])
    assert (seen.live, seen.families) == (2, len(FAMILIES))
    assert "liquidations: no source can be evaluated" in seen.blind
    assert not any(line.startswith(("book depth", "feed delay")) for line in seen.blind)


def test_everything_seen_leaves_nothing_blind() -> None:
    """Coverage would never be full."""
    seen = coverage(Scene(instrument()).world, said(*(rule for rules in FAMILIES.values() for rule in rules)))
    assert (seen.live, seen.blind) == (len(FAMILIES), ())


def test_families_are_independent() -> None:
    """One rule in two families would count as two pieces of evidence."""
    rules = [rule for rules in FAMILIES.values() for rule in rules]
    assert len(rules) == len(set(rules))
    assert {deleveraging.OFFBOOK, deleveraging.PRINT, liquidations.RULE} <= set(rules)


def test_books_that_cannot_be_believed_are_named_with_the_reason() -> None:
    """Depth would look calm where it is unknown."""
    btc, eth = instrument(), instrument("ETH")
    scene = Scene(btc, eth)
    for definition in (eth, btc):
        scene.snapshot(definition, *ladder(100.0, usd=1_000.0))
    scene.gap(btc, "book")
    scene.close()
    assert [line for line in coverage(scene.world, []).blind if "book:" in line] == [
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
    faults = coverage(scene.world, []).blind[len(FAMILIES) :]
    assert len(faults) == MOST_FAULTS + 1
    assert faults[0] == "binance-usdm A00-USDT-PERP book: gap"
    assert faults[-1] == "and 5 more books"
