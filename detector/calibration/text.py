"""A calibration as a text that people read and compare: TOML, one line a number, the same for the same samples."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from math import isfinite

import msgspec

from detector.calibration.calibrated import QUANTILES, Calibrated, Calibration
from detector.calibration.figures import BASIS, FIGURES, FLOORS

FORMAT = 1
"""Raised whenever a number changes its meaning; another format's file is refused."""
HEAD = """\
# Usual values and floors of single markets, made by `cascade calibrate` from a quiet recording.
# `replay`, `run`, `detect` and `evaluate` take it as --calibration. A usual value is what a baseline begins with, 21
# quantiles from the least to the largest; the market's own hour takes its place. A floor holds until the next file.
# Units: fractions, orders a second, dollars, seconds; impact in basis points per 100 k$.
"""


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was read."""

    name: str
    sha256: str


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time that was left out, and why."""

    first_utc: str
    last_utc: str
    reason: str


class CalibrationFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in a file."""

    format: int
    rules: str
    """The digest of the rules and thresholds that said what is quiet."""
    first_utc: str
    last_utc: str
    read_hours: float
    quiet_hours: float
    recording: tuple[Recording, ...] = ()
    market: tuple[Calibrated, ...] = ()
    cut: tuple[Cut, ...] = ()


def write(file: CalibrationFile) -> str:
    """The text of a file."""
    return HEAD + "\n".join(_lines(file)) + "\n"


def read(text: str) -> CalibrationFile:
    """What `write` wrote, or a person changed; raises `ValueError` that says what is wrong."""
    file = msgspec.toml.decode(text, type=CalibrationFile)
    if file.format != FORMAT:
        raise ValueError(f"a calibration of format {file.format}; this program reads format {FORMAT}: calibrate anew")
    seen = set[tuple[str, str]]()
    for market in file.market:
        where = f"{market.venue} {market.instrument}"
        if (market.venue, market.instrument) in seen:
            raise ValueError(f"{where} comes twice")
        seen.add((market.venue, market.instrument))
        for name in FIGURES:
            usual = getattr(market, name)
            if usual is not None and not _is_usual(usual.quantiles, -1.0 if name == BASIS else 0.0):
                raise ValueError(f"{where}, {name}: not {QUANTILES} rising numbers of 0 or more")
        for name in FLOORS:
            floor = getattr(market, name)
            if floor is not None and not (isfinite(floor.value) and floor.value >= 0):
                raise ValueError(f"{where}, {name}: {floor.value} is no floor")
    return file


def calibration(text: str) -> Calibration:
    """What the detector is told of a file; raises `ValueError` as `read`."""
    file = read(text)
    digest = sha256(msgspec.json.encode(file.market)).hexdigest()[:12]
    return Calibration(digest=digest, markets=file.market)


def _is_usual(quantiles: tuple[float, ...], least: float) -> bool:
    return (
        len(quantiles) == QUANTILES
        and all(isfinite(value) and value >= least for value in quantiles)
        and list(quantiles) == sorted(quantiles)
    )


def _lines(file: CalibrationFile) -> Iterator[str]:
    yield f"format = {file.format}"
    yield f"rules = {_quoted(file.rules)}"
    yield f"first_utc = {_quoted(file.first_utc)}"
    yield f"last_utc = {_quoted(file.last_utc)}"
    yield f"read_hours = {file.read_hours!r}"
    yield f"quiet_hours = {file.quiet_hours!r}"
    for recording in file.recording:
        yield "\n[[recording]]"
        yield f"name = {_quoted(recording.name)}"
        yield f"sha256 = {_quoted(recording.sha256)}"
    for cut in file.cut:
        yield "\n[[cut]]"
        yield f"first_utc = {_quoted(cut.first_utc)}"
        yield f"last_utc = {_quoted(cut.last_utc)}"
        yield f"reason = {_quoted(cut.reason)}"
    for market in file.market:
        yield "\n[[market]]"
        yield f"venue = {_quoted(market.venue)}"
        yield f"instrument = {_quoted(market.instrument)}"
        yield f"quiet_hours = {market.quiet_hours!r}"
        for name in FIGURES:
            if (usual := getattr(market, name)) is not None:
                numbers = ", ".join(map(repr, usual.quantiles))
                yield f"{name} = {{ samples = {usual.samples}, quantiles = [{numbers}] }}"
        for name in FLOORS:
            if (floor := getattr(market, name)) is not None:
                yield f"{name} = {{ samples = {floor.samples}, value = {floor.value!r} }}"


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()  # a JSON string is a TOML string
