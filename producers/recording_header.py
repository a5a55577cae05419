"""The first line of our own recordings: whose frames they are, of which markets, and which file they go on from."""

from __future__ import annotations

from pathlib import Path

import msgspec

from producers.errors import RecordingError
from schemas.instrument import Instrument

VERSION = 1
OPENING = b'0 {"recording":{"version":'
"""What every recording of ours begins with: the time 0, which no frame has, and the header."""


class RecordingHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a recording says about itself."""

    version: int
    venue: str
    instruments: tuple[Instrument, ...] = ()
    series: str = ""
    """The same in all files of one uninterrupted recording, and in no other file."""
    part: int = 0
    """Which of them this is, from 1."""


class _HeaderLine(msgspec.Struct):
    recording: RecordingHeader


_decode = msgspec.json.Decoder(_HeaderLine).decode


def header_json(header: RecordingHeader) -> bytes:
    """What stands after the time 0 in the first line."""
    return msgspec.json.encode(_HeaderLine(header))


def read_header(path: Path, raw: bytes) -> RecordingHeader:
    """What `header_json` wrote; raises `RecordingError` where this program cannot read the recording."""
    try:
        header = _decode(raw).recording
    except msgspec.MsgspecError as error:
        raise RecordingError(f"{path}: its header cannot be read: {error}") from error
    if header.version != VERSION:
        raise RecordingError(f"{path}: recording version {header.version}, this program reads {VERSION}")
    return header
