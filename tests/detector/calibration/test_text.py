"""The file of a calibration: read as it was written, and refused where it cannot be meant."""

from __future__ import annotations

import pytest

from detector.calibration.calibrated import Calibrated, Floor, Usual
from detector.calibration.text import FORMAT, CalibrationFile, Cut, Recording, calibration, read, write

RISING = tuple(step / 7 for step in range(21))
FILE = CalibrationFile(
    format=FORMAT,
    rules="e0b48d2a",
    first_utc="2025-10-10T02:00:00Z",
    last_utc="2025-10-10T08:00:00Z",
    read_hours=6.0,
    quiet_hours=5.75,
    recording=(Recording(name='with "quotes".csv', sha256="0" * 64),),
    cut=(Cut("2025-10-10T03:00:00Z", "2025-10-10T03:20:00Z", "labelled: S1 market"),),
    market=(
        Calibrated(
            "north",
            "BTC-USDT-PERP",
            quiet_hours=5.5,
            move_60s=Usual(660, RISING),
            bid_one_percent_usd=Usual(600, tuple(1e7 + step for step in range(21))),
            basis=Usual(600, tuple(step / 1e4 - 0.001 for step in range(21))),
            least_sigma=Floor(660, 1.5e-05),
        ),
        Calibrated("south", "1000PEPE-USD-SPOT", orders_per_s=Usual(61, RISING)),
    ),
)


def test_it_is_read_as_it_was_written() -> None:
    """A number would change on its way through the file."""
    assert read(write(FILE)) == FILE
    assert write(read(write(FILE))) == write(FILE)


def test_the_digest_is_that_of_the_numbers() -> None:
    """Alerts of two calibrations would pass for the same rules, or those of one for different ones."""
    text = write(FILE)
    assert calibration(text).digest == calibration("# a remark\n" + text).digest
    assert calibration(text).digest != calibration(text.replace("value = 1.5e-05", "value = 1.6e-05")).digest


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format = 1", "format = 2", "format 2; this program reads format 1"),
        ("south", "north", None),
        ('venue = "south"\ninstrument = "1000PEPE-USD-SPOT"', 'venue = "north"\ninstrument = "BTC-USDT-PERP"', "twice"),
        ("quantiles = [0.0, ", "quantiles = [9.0, ", "move_60s: not 21 rising numbers"),
        ("quantiles = [0.0, ", "quantiles = [", "move_60s: not 21 rising numbers"),
        ("quantiles = [0.0, ", "quantiles = [nan, ", "move_60s: not 21 rising numbers"),
        ("value = 1.5e-05", "value = -1.0", "least_sigma: -1.0 is no floor"),
        ("move_60s", "move_61s", "move_61s"),
        ("format = 1", "format = ", "Invalid value"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(old: str, new: str, says: str | None) -> None:
    """A slip of the pen would become the normal that alarms are measured by."""
    text = write(FILE)
    assert old in text
    if says is None:
        read(text.replace(old, new))
        return
    with pytest.raises(ValueError, match=says):
        read(text.replace(old, new))
