"""What of a desk's memory is to be written down."""

from __future__ import annotations

from detector.alerts.kept import Changes
from tests.kit.alerts import an_alert


def test_what_could_not_be_written_is_written_with_what_came_after_it() -> None:
    """A full disk would lose what was decided while it was full, or bring back what is gone."""
    first, second = an_alert(), an_alert(revision=2)
    before = Changes(alerts=[first], stories={"a"}, threads={"t", "u"}, gone={"v"})
    after = Changes(alerts=[second], stories={"b"}, threads={"w"}, gone={"u"})
    assert before.and_then(after) == Changes(
        alerts=[first, second], stories={"a", "b"}, threads={"t", "w"}, gone={"u", "v"}
    )
