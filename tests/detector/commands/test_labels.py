"""Files of true onsets, and the table that holds a replay against them."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.commands.labels import COLUMNS, TIER, LabelError, match_lines, read_labels
from detector.scoring.labels import Label
from detector.scoring.matching import Match

ROOT = Path(__file__).resolve().parents[3]
GOOD = "S1,market,*,2025-10-10T20:50:05Z,2025-10-10T21:09:00Z,15,measured"
ONSET_NS = 1_760_129_405_000_000_000
LABEL = Label("S1", "market", "*", ONSET_NS, ONSET_NS, 15.0, "measured")


def write(path: Path, *rows: str, header: str = ",".join(COLUMNS)) -> Path:
    """A label file."""
    path.write_text("\n".join([header, *rows, ""]))
    return path


def test_labels_are_read_in_the_order_of_their_onsets(tmp_path: Path) -> None:
    """The table would jump through the day."""
    later = GOOD.replace("20:50:05Z", "22:50:05.5+01:00").replace("21:09", "22:09")
    found = read_labels(write(tmp_path / "l.csv", later, GOOD))
    assert [label.onset_ns for label in found] == [ONSET_NS, ONSET_NS + 3_600_500_000_000]
    assert (found[0].stage, found[0].scope, found[0].asset, found[0].tolerance_s) == ("S1", "market", "*", 15.0)


def test_the_published_labels_can_be_read() -> None:
    """The command in the documentation would fail."""
    paths = sorted((ROOT / "docs" / "labels").glob("*.csv"))
    assert paths
    assert all(read_labels(path) for path in paths)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD.replace("Z", ""), "line 2: 2025-10-10T20:50:05 has no time zone"),
        (GOOD.replace("2025-10-10T20", "yesterday"), "line 2"),
        (GOOD.replace(",15,", ",soon,"), "line 2: could not convert"),
        (GOOD.replace("21:09", "19:09"), "line 2: it is over at 2025-10-10T19:09:00Z, before it began"),
        ("S1,market", "line 2"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, row: str, says: str) -> None:
    """A label in local time would shift every error by hours."""
    with pytest.raises(LabelError, match=says):
        read_labels(write(tmp_path / "l.csv", row))


def test_an_event_says_how_grave_it_was(tmp_path: Path) -> None:
    """Recall by tier would mix a crash of everything with a dip of one coin."""
    header = ",".join((*COLUMNS, TIER))
    event, quiet = GOOD.replace("S1", "event").replace(",15,", ",,"), GOOD.replace("S1", "quiet").replace(",15,", ",,")
    found = read_labels(write(tmp_path / "l.csv", f"{event},B", f"{quiet},", header=header))
    assert [(label.stage, label.tier, label.tolerance_s) for label in found] == [
        ("event", "B", 0.0),
        ("quiet", "", 0.0),
    ]
    with pytest.raises(LabelError, match="line 2: an event has a tier, one of A, B, C"):
        read_labels(write(tmp_path / "l.csv", f"{event},D", header=header))


def test_what_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    """A table saved by a spreadsheet in its own alphabet would end in a traceback."""
    path = tmp_path / "l.csv"
    with pytest.raises(LabelError, match="no such file"):
        read_labels(path)
    path.write_bytes((",".join(COLUMNS) + "\n" + GOOD + "é\n").encode("latin-1"))
    with pytest.raises(LabelError, match="UTF-8"):
        read_labels(path)


def test_another_table_is_refused(tmp_path: Path) -> None:
    """Columns in another order would be read as something else."""
    with pytest.raises(LabelError, match="expected the columns stage,scope"):
        read_labels(write(tmp_path / "l.csv", GOOD, header="onset,stage"))


def test_the_table_tells_hits_misses_and_what_could_not_be_seen() -> None:
    """A venue that was not recorded would count as a miss of the detector."""
    matches = [
        Match(LABEL, ONSET_NS + 5 * 10**9, 5.0, True),
        Match(LABEL, ONSET_NS - 40 * 10**9, -40.0, False),
        Match(LABEL, None, None, False),
        Match(LABEL._replace(scope="north", asset="BTC"), None, None, False),
        Match(LABEL._replace(scope="gemini"), None, None, False),
    ]
    lines = list(match_lines(matches, ["north"]))
    assert len(lines) == 1 + len(matches)
    assert lines[1].split() == ["S1", "market", "20:50:05", "20:50:10", "+5", "s", "15", "s"]
    assert lines[2].endswith("OUTSIDE")
    assert lines[3].split()[3:] == ["missed", "15", "s", "MISSED"]
    assert lines[4].split()[1:3] == ["north", "BTC"]
    assert lines[5].endswith("venue not in the input")
