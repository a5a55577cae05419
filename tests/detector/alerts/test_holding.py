"""What holds, in words."""

from __future__ import annotations

from detector.alerts.holding import counted, phrase, stages, what, where
from schemas.alert import ActiveCondition, Level, Stage
from tests.kit.alerts import T0_NS, an_alert

FORCED, ALONE = "S2.liquidations/1", "S2.asset_move/1"


def held(rule: str, venue: str = "okx", asset: str = "BTC", severity: Level = "HIGH") -> ActiveCondition:
    """A condition of this rule."""
    stage: Stage = rule[: rule.index(".")]  # type: ignore[assignment]
    return ActiveCondition(stage=stage, rule=rule, venue=venue, asset=asset, severity=severity, since_ns=T0_NS)


def test_flow_is_called_forced_only_where_somebody_was_seen_to_be() -> None:
    """A message would claim liquidations that nobody saw."""
    assert [phrase(held(rule)) for rule in (FORCED, ALONE)] == ["forced flow", "one-sided flow"]


def test_a_rule_of_a_newer_version_is_told_by_its_own_name() -> None:
    """A plugin's condition would be left out."""
    assert phrase(held("S4.new_rule/3")) == "new rule"


def test_the_gravest_three_are_named_with_their_places_and_the_rest_counted() -> None:
    """Nine conditions are no sentence."""
    rules = ("S4.empty_book/1", FORCED, "S3.depth/1", "S3.withdrawn/1", "S1.branching/1")
    alert = an_alert(conditions=(*(held(rule) for rule in rules), held(FORCED, venue="bybit"), held(ALONE)))
    assert what(alert) == "liquidity void (OKX), forced flow (Bybit, OKX), liquidity withdrawn (OKX) and 2 more"
    assert what(alert, placed=False) == "liquidity void, forced flow, liquidity withdrawn and 2 more"


def test_the_one_place_of_all_is_not_said_with_each() -> None:
    """The line below says it."""
    assert (
        what(an_alert(scope="BTC", conditions=(held(FORCED), held("S3.depth/1")))) == "forced flow, liquidity withdrawn"
    )


def test_without_conditions_the_headline_is_told_without_what_is_said_elsewhere() -> None:
    """An alert of another program would be empty."""
    plain = an_alert(level="HIGH", headline="HIGH market falling: prices (okx)", conditions=())
    over = an_alert(status="resolved", level="CLEAR", peak_level="HIGH", headline="RESOLVED market: calm, peak HIGH; x")
    assert [what(plain), what(over)] == ["prices (OKX)", "calm; x"]
    assert what(an_alert(headline="a: b", conditions=())) == "a: b"


def test_of_each_stage_the_gravest_is_named_and_a_void_before_all() -> None:
    """Stages are not known by their numbers."""
    conditions = (held("S4.dislocation/1"), held("S4.empty_book/1"), held(ALONE), held(FORCED), held("R.depth/1"))
    assert stages([an_alert(stages=("S2", "S4"), conditions=conditions)]) == "S2 forced flow · S4 liquidity void"


def test_what_is_wrong_with_data_is_told_with_its_books() -> None:
    """A person would not know which book is not to be believed."""
    ghosts = tuple(held("D.ghost/1", asset=asset) for asset in ("CRV", "DOGE"))
    alert = an_alert(scope="okx", stages=("D",), conditions=ghosts)
    assert (what(alert), where([alert]), stages([alert])) == (
        "ghost order in the book: CRV, DOGE",
        "",
        "D data in doubt",
    )


def test_venues_and_assets_are_named_the_first_few() -> None:
    """Five hundred assets would be one line."""
    conditions = tuple(held(FORCED, asset=f"A{n}") for n in range(7))
    assert where([an_alert(conditions=conditions)]) == "OKX · 7 assets: A0, A1, A2, A3 and 3 more"
    assert where([an_alert(scope="A1", conditions=conditions[1:2])]) == "OKX"


def test_of_a_group_what_most_have_is_told() -> None:
    """The gravest coin would stand for all of them."""
    both = an_alert(scope="BTC", conditions=(held(FORCED), held("S3.depth/1")))
    one = an_alert(scope="ETH", conditions=(held("S3.depth/1"),))
    assert counted([both, one]) == "liquidity withdrawn on 2, forced flow on 1"
