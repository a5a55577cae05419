"""What to replay to hear an alert again."""

from __future__ import annotations

from msgspec.structs import replace

from detector.calibration.calibrated import Calibrated, Calibration
from detector.config import Config, Shock
from detector.replay_id import NS, replay_id, ruleset


def test_it_names_the_moments_with_more_than_the_medians_hour_to_warm_up() -> None:
    """A replay from the onset on would have no baseline, one from half an hour before it another."""
    assert replay_id(Config(), 3_900 * NS, 7_200 * NS).endswith("/1970-01-01T00:00:00Z/1970-01-01T02:00:00Z")


def test_another_threshold_is_another_ruleset() -> None:
    """Alerts of two thresholds would be compared as if one rule had spoken."""
    other = Config(shock=replace(Shock(), branching_on=0.9))
    assert ruleset(other) != ruleset(Config()) == ruleset(Config())


def test_an_assets_part_of_a_calibration_has_the_rules_of_the_whole() -> None:
    """Alerts of two assets in one replay would seem to come from two detectors."""
    known = Calibration("abc", (Calibrated("north", "BTC-USDT-PERP"), Calibrated("north", "ETH-USDT-PERP")))
    whole, part = Config(calibration=known), Config(calibration=known.of_asset("BTC"))
    assert ruleset(whole) == ruleset(part) != ruleset(Config())
