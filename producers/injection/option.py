"""The text of `--inject`: which fault, when, for how long, where, and what else.

    KIND[@TIME[+SECONDS]][:VENUE[/INSTRUMENT]][,KEY=VALUE…]

TIME is HH:MM[:SS] of the stream's first day, in UTC, or a moment such as 2025-10-10T21:14:30.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from producers.errors import UsageError
from producers.injection.fault import Options, Plan, nanoseconds
from producers.injection.registry import FAULTS
from producers.injection.stamps import NS

FORM = "KIND[@TIME[+SECONDS]][:VENUE[/INSTRUMENT]][,KEY=VALUE…]"
EXAMPLE = "freeze@21:14:30+60"

_OPTION = re.compile(
    r"(?P<kind>[^@:,]+)"
    r"(?:@(?P<time>\d[\d:.T-]*?Z?)(?:\+(?P<lasts>[^:,]*))?)?"
    r"(?::(?P<venue>[a-z][^/:,]*)(?:/(?P<instrument>[^:,]+))?)?"
    r"(?P<settings>(?:,[^,]*)*)"
)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,9})?))?")
LONGEST_S = 7 * 86_400


def parse_fault(text: str) -> Plan:
    """The fault that a text asks for.

    Raises `UsageError` which says what is wrong and what can be written.

    >>> plan = parse_fault("freeze@21:14:30+60:binance-usdm")
    >>> plan.kind, plan.start_ns // 10**9, plan.lasts_ns // 10**9, plan.venue
    ('freeze', 76470, 60, 'binance-usdm')
    """
    match = _OPTION.fullmatch(text.strip())
    if match is None:
        raise _wrong(text, f"it is not of the form {FORM}, for example {EXAMPLE}")
    kind = match["kind"]
    fault = FAULTS.get(kind)
    if fault is None:
        raise _wrong(text, f"there is no fault {kind!r}; there are {', '.join(FAULTS)}")
    if fault.at_a_moment and match["time"] is None:
        raise _wrong(text, f"{kind} needs a time: {kind}@HH:MM:SS[+SECONDS]")
    if fault.everywhere and match["venue"] is not None:
        raise _wrong(text, f"{kind} is our own machine's and strikes every venue: name none")
    start_ns, dated = (None, False) if match["time"] is None else _moment(text, match["time"])
    lasts_s = fault.lasts_s if match["lasts"] is None else _seconds(text, match["lasts"])
    return Plan(
        text=text.strip(),
        kind=kind,
        start_ns=start_ns,
        dated=dated,
        lasts_ns=None if lasts_s is None else nanoseconds(lasts_s),
        venue=match["venue"],
        instrument=match["instrument"],
        options=_options(text, match["settings"], fault.options_type),
    )


def _moment(text: str, time: str) -> tuple[int, bool]:
    """Nanoseconds since midnight, or since 1970 and True."""
    of_day = _TIME_OF_DAY.fullmatch(time)
    if of_day is not None:
        hours, minutes, seconds = of_day.groups()
        whole, _, fraction = (seconds or "0").partition(".")
        return (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * NS + int(fraction.ljust(9, "0")), False
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        raise _wrong(text, f"{time!r} is no time: write HH:MM:SS of the first day, or 2025-10-10T21:14:30") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    whole_s = int(moment.replace(microsecond=0).timestamp())
    return whole_s * NS + moment.microsecond * 1000, True


def _seconds(text: str, lasts: str) -> float:
    try:
        lasts_s = float(lasts)
    except ValueError:
        lasts_s = 0.0
    if not 0 < lasts_s <= LONGEST_S:
        raise _wrong(text, f"{lasts!r} is no duration: write seconds, as in {EXAMPLE}")
    return lasts_s


def _options(text: str, settings: str, options_type: type[Options]) -> Options:
    keys = ", ".join(field.name for field in reversed(msgspec.structs.fields(options_type)))
    given: dict[str, str] = {}
    for setting in settings.split(",")[1:]:
        key, equals, value = setting.partition("=")
        if not equals or not key:
            raise _wrong(text, f"{setting!r} is not KEY=VALUE; the keys are {keys}")
        if key in given:
            raise _wrong(text, f"{key} is given twice")
        given[key] = value
    try:
        return msgspec.convert(given, options_type, strict=False)
    except msgspec.ValidationError as error:
        raise _wrong(text, f"{error}; the keys are {keys}") from None


def _wrong(text: str, reason: str) -> UsageError:
    return UsageError(f"--inject {text}: {reason}")
