"""What can go wrong on the way in.

ProducerError
├── UsageError         an argument that cannot be meant
├── DecodeError        a frame that cannot be read; counted by `reason`, the stream goes on
├── RecordingError     a file that is not a recording that we know
├── RestError          a REST call that failed for good, after its retries
└── FleetError         nothing to run, or a recording's server that went away before its end
"""

from __future__ import annotations


class ProducerError(Exception):
    """Base of every error raised by `producers`."""


class UsageError(ProducerError, ValueError):
    """An argument that cannot be meant; the message says what can."""


class DecodeError(ProducerError):
    """A frame that cannot be turned into events. `reason` is one of a small set, fit for a metric label.

    | reason | the frame |
    |---|---|
    | `bad_json` | is not JSON: cut off, not UTF-8, nested without end |
    | `bad_shape` | lacks a field or has one of another type |
    | `bad_number` | holds NaN, an infinity, a negative size, a price of zero, or words in place of a number |
    | `bad_time` | has its time in another unit, or more than a day ahead of its receipt |
    | `unknown_symbol` | is about a market that was not registered |

    An unknown channel is not an error: a venue returns nothing for it.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


def reason_of(error: Exception) -> str:
    """The reason for which a frame or answer was not read.

    A venue promises `DecodeError` alone. A mistake of its own is counted beside the bad frames: one odd message must
    not silence the thousand good ones after it, nor end a recording or a replay.
    """
    return error.reason if isinstance(error, DecodeError) else f"bug_{type(error).__name__}"


class RecordingError(ProducerError):
    """A file that cannot be replayed; the message says what it is and what was expected."""


class RestError(ProducerError):
    """A REST call without an answer. `reason` is one of a small set; `status` the HTTP status where there was one."""

    def __init__(self, reason: str, detail: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.status = status


class FleetError(ProducerError):
    """Sessions that cannot do what they were asked for; the message says what and why."""
