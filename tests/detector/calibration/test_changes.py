from detector.calibration.calibrated import Calibrated, Floor, Usual
from detector.calibration.changes import Change, changes


def usual(value: float, samples: int = 60) -> Usual:
    """A figure that is always the same."""
    return Usual(samples=samples, quantiles=(value,) * 21)


def test_each_number_is_told_with_its_old_value_and_why() -> None:
    """Nobody could say why the detector has become more sensitive overnight."""
    old = (Calibrated("a", "BTC-USD-SPOT", move_60s=usual(0.001), spread=usual(0.1), least_sigma=Floor(60, 0.004)),)
    new = (Calibrated("a", "BTC-USD-SPOT", quiet_hours=5.5, move_60s=usual(0.002, 660), orders_per_s=usual(3.0)),)
    why = {("a", "BTC-USD-SPOT"): {"spread": "too few samples: 3 of 60", "delay_s": "never seen", "impact": "too few"}}
    rows = list(changes(old, new, why))
    assert [(row.name, row.old, row.new, row.why) for row in rows] == [
        ("move_60s", 0.001, 0.002, "median of 660 samples in 5.5 quiet hours"),
        ("orders_per_s", None, 3.0, "median of 60 samples in 5.5 quiet hours"),
        ("impact", None, None, "too few"),
        ("spread", 0.1, None, "too few samples: 3 of 60"),
        ("least_sigma", 0.004, None, ""),
    ]
    assert rows[0].ratio == 2.0
    assert rows[1].ratio is None


def test_a_market_that_is_gone_is_told_as_dropped() -> None:
    """Its floors would vanish without a word."""
    (row,) = changes((Calibrated("a", "BTC-USD-SPOT", spread=usual(0.1)),), (), {})
    assert row == Change("a", "BTC-USD-SPOT", "spread", 0.1, None, "not in this recording: dropped")
