import msgspec
import pytest

from detector.calibration.calibrated import Calibrated, Calibration, Floor, Usual
from detector.config import Config

CONFIG = Config()


def test_severer_thresholds_lie_beyond_milder_ones() -> None:
    """A mild alarm would never be seen, or a severe one would come first."""
    flow, withdrawal, void, pegs = CONFIG.flow, CONFIG.withdrawal, CONFIG.void, CONFIG.collateral
    for ladder in (
        (flow.liquidation_warn, flow.liquidation_high, flow.liquidation_critical),
        (flow.oi_warn, flow.oi_high, flow.oi_critical),
        (flow.vd_watch, flow.vd_warn, flow.vd_critical),
        (withdrawal.depth_void, withdrawal.depth_critical, withdrawal.depth_high, withdrawal.depth_warn, 1.0),
        (1.0, withdrawal.spread_warn, withdrawal.spread_high),
        (withdrawal.delay_warn_s, withdrawal.delay_high_s),
        (void.dislocation_watch, void.dislocation_warn, void.dislocation_critical, void.dislocation_void),
        (pegs.watch, pegs.warn, pegs.critical, pegs.emergency),
        (pegs.critical_s, pegs.warn_s, pegs.watch_s),
        (flow.other_floor_usd_min, flow.large_floor_usd_min, flow.major_floor_usd_min),
        (CONFIG.shock.branching_off, CONFIG.shock.branching_on, 1.0),
    ):
        assert list(ladder) == sorted(set(ladder)), ladder


def test_one_assets_own_rule_asks_for_more_than_the_markets() -> None:
    """Single alts move three quarters of a percent a minute for reasons of their own."""
    assert CONFIG.flow.asset_sigma > CONFIG.shock.breadth_sigma
    assert CONFIG.flow.asset_move >= 2 * CONFIG.shock.breadth_move


def test_an_asset_has_one_size() -> None:
    """Its floor would depend on which list is read first."""
    assert not set(CONFIG.majors) & set(CONFIG.large)
    assert not set(CONFIG.collateral.pegs) & {*CONFIG.majors, *CONFIG.large}


def test_it_survives_being_written_and_read() -> None:
    """A restored engine would continue with other thresholds."""
    changed = msgspec.structs.replace(CONFIG, majors=("BTC",), flow=msgspec.structs.replace(CONFIG.flow, oi_warn=0.03))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(changed), type=Config) == changed


def test_a_misspelt_threshold_is_refused() -> None:
    """A limit that nobody reads would silently keep its default."""
    with pytest.raises(msgspec.ValidationError, match="breadth_shares"):
        msgspec.convert({"shock": {"breadth_shares": 0.5}}, Config)


def test_a_calibration_survives_being_written_and_read() -> None:
    """A restored engine would be blind again, or its alerts have other rules."""
    usual = Usual(samples=60, quantiles=(0.5,) * 21)
    known = Calibration("abc", (Calibrated("north", "BTC-USDT-PERP", move_60s=usual, least_spread=Floor(60, 0.1)),))
    changed = msgspec.structs.replace(CONFIG, calibration=known)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(changed), type=Config) == changed
    assert hash(changed) != hash(CONFIG)
