"""What an HTTP status means, for all sinks alike. A sink that knows better about one says so itself."""

from __future__ import annotations

import math
import time
from typing import Any

from detector.alerts.clean import clean
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.sinks.http import Answer, NotSentError, RefusedError, SendError
from detector.sinks.secrets import redact
from producers.backoff import retry_after_s

LONGEST_WAIT_S = 3600.0
"""Whatever a remote asks for: a mistake of its must not silence us for a day."""
WORDS = 200

ASKS_TO_WAIT = frozenset({408, 425, 429})
MAY_HAVE_ARRIVED = frozenset({502, 504})
"""Of a gateway: what stands behind it may have taken the request."""
WRONG_SINK = frozenset({401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 421, 426, 431, 451, 511})
"""No other message would fare better: key, address or our own way of asking is wrong."""


def judge(answer: Answer, *, now_ns: int | None = None) -> Outcome:
    """What became of a send that was answered so.

    >>> judge(Answer(204)), judge(Answer(429, {"Retry-After": "7"}))
    (Delivered(remote=''), RetryAt(after_s=7.0, reason='HTTP 429'))
    """
    status, reason = answer.status, said(answer)
    if 200 <= status < 300:
        return Delivered()
    if status in ASKS_TO_WAIT:
        return RetryAt(wait_s(answer, now_ns=now_ns), reason)
    if status in MAY_HAVE_ARRIVED:
        return Unknown(reason)
    if 500 <= status < 600 and status not in WRONG_SINK:
        return RetryAt(wait_s(answer, now_ns=now_ns), reason)
    if 400 <= status < 500 and status not in WRONG_SINK:
        return Rejected(reason)
    return Rejected(reason, of="sink")


def judge_failure(error: SendError) -> Outcome:
    """What became of a send that was not answered."""
    if isinstance(error, RefusedError):
        return Rejected(str(error), of="sink")
    return RetryAt(None, str(error)) if isinstance(error, NotSentError) else Unknown(str(error))


def said(answer: Answer) -> str:
    """The status and what the body says of it, in few words and without secrets."""
    fields = answer.fields
    words = ""
    for name in ("description", "error", "message", "errors"):
        if found := fields.get(name):
            words = found if isinstance(found, str) else ""
            break
    if not fields and answer.body and not answer.body.lstrip().startswith((b"<", b"{", b"[")):
        words = answer.body[: 4 * WORDS].decode("utf-8", "replace")
    # Redacted before it is cut: half a secret is not recognised.
    words = clean(redact(words), WORDS)
    return f"HTTP {answer.status}: {words}" if words else f"HTTP {answer.status}"


def wait_s(answer: Answer, *, now_ns: int | None = None) -> float | None:
    """For how long it asks to be left alone; None where it does not say.

    By the body before the header, as fractions of a second stand there alone: Telegram and Discord say it so.
    """
    fields = answer.fields
    parameters = fields.get("parameters")
    for holder in (fields, parameters if isinstance(parameters, dict) else {}):
        if (asked_s := _number(holder.get("retry_after"))) is not None:
            return _bounded(asked_s)
    header = answer.headers.get("Retry-After")
    asked_s = _number(header)
    if asked_s is None:
        asked_s = retry_after_s(header, now_ns=time.time_ns() if now_ns is None else now_ns)
    return None if asked_s is None else _bounded(asked_s)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _bounded(asked_s: float) -> float:
    # A wait that is not a number asks for something that nobody can know: the longest is safe.
    return LONGEST_WAIT_S if math.isnan(asked_s) else min(max(asked_s, 0.0), LONGEST_WAIT_S)
