from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, Rejected, RetryAt, Unknown
from detector.sinks.answers import LONGEST_WAIT_S, judge, judge_failure, said, wait_s
from detector.sinks.http import Answer, MaybeSentError, NotSentError, RefusedError
from detector.sinks.secrets import keep_secret

NOW_NS = 1_760_129_400_000_000_000


def _json(status: int, value: Any, **headers: str) -> Answer:
    return Answer(status, headers, msgspec.json.encode(value))


@pytest.mark.parametrize(
    ("answer", "after_s"),
    [
        (Answer(429, {"Retry-After": "7"}), 7.0),
        (Answer(429, {"retry-after": " 7.5 "}), 7.5),
        (Answer(429, {"Retry-After": "Fri, 10 Oct 2025 20:50:45 GMT"}), 45.0),
        (Answer(429, {"Retry-After": "Fri, 10 Oct 2025 20:00:00 GMT"}), 0.0),
        (Answer(429, {"Retry-After": "Fri, 10 Oct 2098 20:00:00 GMT"}), LONGEST_WAIT_S),
        (Answer(429, {"Retry-After": "soon"}), None),
        (Answer(429, {"Retry-After": ""}), None),
        (Answer(429), None),
        (_json(429, {"retry_after": 0.25, "global": False}), 0.25),
        (_json(429, {"ok": False, "parameters": {"retry_after": 35}}), 35.0),
        (_json(429, {"retry_after": 3}, **{"Retry-After": "2"}), 3.0),
        (_json(429, {"parameters": None, "retry_after": None}, **{"Retry-After": "2"}), 2.0),
        (_json(429, {"retry_after": "4"}), 4.0),
        (_json(429, {"retry_after": True}), None),
        (_json(429, {"retry_after": [1]}), None),
        (_json(429, [1]), None),
        (Answer(429, {}, b"<html>"), None),
        (Answer(429, {}, b'{"retry_after": NaN}'), None),
        (Answer(429, {}, b"\xff"), None),
        (_json(429, {"retry_after": "nan"}), LONGEST_WAIT_S),
        (_json(429, {"retry_after": -5}), 0.0),
        (_json(429, {"retry_after": 1e300}), LONGEST_WAIT_S),
        (Answer(429, {"Retry-After": "-5"}), 0.0),
        (Answer(429, {"Retry-After": "nan"}), LONGEST_WAIT_S),
        (Answer(429, {"Retry-After": "inf"}), LONGEST_WAIT_S),
        (Answer(429, {"Retry-After": "9" * 400}), LONGEST_WAIT_S),
        (Answer(503, {"Retry-After": "7"}), 7.0),
    ],
)
def test_a_remote_is_left_alone_for_as_long_as_it_asks_and_an_hour_at_most(
    answer: Answer, after_s: float | None
) -> None:
    """It would lock us out, or a mistake of its would silence us for ever."""
    outcome = judge(answer, now_ns=NOW_NS)
    assert isinstance(outcome, RetryAt)
    assert outcome.after_s == after_s
    assert wait_s(answer, now_ns=NOW_NS) == after_s


def test_the_wait_of_a_date_is_counted_from_now() -> None:
    """Without a given moment it is the clock's."""
    asked_s = wait_s(Answer(429, {"Retry-After": "Fri, 10 Oct 2025 20:50:45 GMT"}))
    assert asked_s == 0.0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(400), "HTTP 400"),
        (
            _json(400, {"ok": False, "description": "Bad Request: chat not found"}),
            "HTTP 400: Bad Request: chat not found",
        ),
        (Answer(403, {}, b"invalid_token"), "HTTP 403: invalid_token"),
        (Answer(502, {}, b"<html><body>nginx</body></html>"), "HTTP 502"),
        (Answer(400, {}, "no\r\n\x1b[31mcolour\u202e".encode() + b"x" * 900), None),
        (_json(400, {"message": "canary-of-an-answer is wrong"}), "HTTP 400: *** is wrong"),
        (_json(400, {"message": "x" * 190 + "canary-of-an-answer"}), None),
        (_json(400, {"error": {"deep": 1}}), "HTTP 400"),
    ],
)
def test_a_reason_says_in_few_clean_words_what_the_remote_says_and_no_secret(answer: Answer, words: str | None) -> None:
    """It stands in logs, on a terminal and in the store."""
    keep_secret("canary-of-an-answer")
    told = said(answer)
    assert words in (None, told)
    assert "canary" not in told
    assert told.isprintable()
    assert len(told) <= 220


def test_what_certainly_did_not_arrive_is_sent_again_and_what_may_have_is_known_as_such() -> None:
    """Alerts would be lost, or read twice for no reason."""
    assert judge_failure(NotSentError("https://a.example: no such name")) == RetryAt(
        None, "https://a.example: no such name"
    )
    assert judge_failure(MaybeSentError("no answer")) == Unknown("no answer")
    assert judge_failure(RefusedError("not a public address")) == Rejected("not a public address", of="sink")


def test_what_was_taken_is_delivered() -> None:
    """Every message would come again and again."""
    assert judge(Answer(200)) == judge(Answer(204)) == Delivered()
