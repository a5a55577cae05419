"""Headers: what is written reads back, and what cannot be read is said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.errors import RecordingError
from producers.recording_header import OPENING, VERSION, RecordingHeader, header_json, read_header

PATH = Path("some.zst")


def test_a_header_reads_back() -> None:
    """Parts of a recording would not be found together again."""
    header = RecordingHeader(version=VERSION, venue="binance-spot", series="a1", part=7)
    assert read_header(PATH, header_json(header)) == header


def test_a_header_of_before_there_were_series_reads_as_a_recording_of_its_own() -> None:
    """Older recordings would be lost, or joined to each other."""
    header = read_header(PATH, b'{"recording":{"version":1,"venue":"binance-spot"}}')
    assert (header.series, header.part) == ("", 0)


def test_every_header_opens_as_one_of_ours() -> None:
    """The recorder would not know its own files, and its disk would fill."""
    assert (b"0 " + header_json(RecordingHeader(version=VERSION, venue="x"))).startswith(OPENING)


@pytest.mark.parametrize(
    ("raw", "says"),
    [(b"{", "its header cannot be read"), (b'{"recording":{"version":9,"venue":"x"}}', "recording version 9, this")],
)
def test_what_this_program_cannot_read_is_refused(raw: bytes, says: str) -> None:
    """A recording of a later version would be read wrong."""
    with pytest.raises(RecordingError, match=f"some.zst: {says}"):
        read_header(PATH, raw)
