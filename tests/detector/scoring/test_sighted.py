"""What has to be seen before silence is worth anything."""

from __future__ import annotations

import pytest

from detector.scoring.sighted import OF_AN_ASSET, SECOND_KEYS, SHOCK_AND_FLOW, assets_seen, market_seen
from tests.kit.told import run, stretch

HOUR = stretch(0, 3_600)
WIDE = dict.fromkeys(SHOCK_AND_FLOW, 0.8)


def test_the_market_is_seen_with_all_rules_of_its_shocks_and_flow() -> None:
    """Half a detector would be called calm."""
    assert market_seen(run(sight=WIDE), "HIGH", HOUR)
    for rule in SHOCK_AND_FLOW:
        assert not market_seen(run(sight=WIDE | {rule: 0.79}), "WATCH", HOUR)


@pytest.mark.parametrize("key", SECOND_KEYS)
def test_critical_needs_one_second_key_in_sight(key: str) -> None:
    """Prices alone can never say CRITICAL."""
    assert not market_seen(run(sight=WIDE), "CRITICAL", HOUR)
    assert market_seen(run(sight=WIDE | {key: 0.8}), "EMERGENCY", HOUR)


@pytest.mark.parametrize("rule", OF_AN_ASSET)
def test_an_asset_is_seen_by_any_rule_that_begins_its_story(rule: str) -> None:
    """Weeks of pegs alone would count for nothing, or of nothing for something."""
    assert assets_seen(run(sight={rule: 0.8}), HOUR)
    assert not assets_seen(run(sight={rule: 0.7}), HOUR)
