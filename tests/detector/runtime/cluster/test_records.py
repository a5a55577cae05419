"""One form of a record, whichever client read it; and what is written of one that nobody could read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from detector.runtime.cluster.records import LONGEST_REASON, Readable, Record, dead_letter_headers, record_of
from schemas.topics import HEADERS

RECORD = Record("market.frames.v1", 3, 17, b"BTC", b"lunch", (("producer", b"north-1"),))


@pytest.mark.parametrize("headers", [(("producer", b"north-1"),), [("producer", b"north-1")], {"producer": b"north-1"}])
def test_the_headers_of_either_client_are_read(headers: Any) -> None:
    """Copies of two producers would not be told apart."""
    message = SimpleNamespace(
        topic="market.frames.v1", partition=3, offset=17, key=b"BTC", value=b"lunch", headers=headers
    )
    assert record_of(cast(Readable, message)) == RECORD
    assert record_of(cast(Readable, message)).header("producer") == "north-1"


@pytest.mark.parametrize("headers", [None, (), {}])
def test_a_record_may_be_without_headers(headers: Any) -> None:
    """A record of another tool would end the worker."""
    message = SimpleNamespace(topic="t", partition=0, offset=0, key=None, value=None, headers=headers)
    assert record_of(cast(Readable, message)).header("producer") == ""


@pytest.mark.parametrize(("value", "text"), [(None, ""), (b"\xff", "�")])
def test_a_header_may_hold_nothing_or_nonsense(value: bytes | None, text: str) -> None:
    """Kafka allows both; the frame itself is good."""
    assert RECORD._replace(headers=(("producer", value),)).header("producer") == text


def test_a_dead_letter_has_the_headers_of_the_contract_beside_its_own() -> None:
    """Whoever looks at it could not say why it is there or where it came from."""
    headers = dict(dead_letter_headers(RECORD, "event 0: no", "here-1"))
    assert headers == {
        "producer": b"north-1",
        "dlq-reason": b"event 0: no",
        "dlq-topic": b"market.frames.v1",
        "dlq-partition": b"3",
        "dlq-offset": b"17",
        "dlq-worker": b"here-1",
    }
    assert headers.keys() == HEADERS["dead letter"].keys() | {"producer"}


def test_a_reason_is_one_line_that_a_header_can_hold() -> None:
    """A frame with a thousand bad events would make a record that the broker does not take."""
    headers = dict(dead_letter_headers(RECORD, "x" * 100_000 + "\udcff", "here-1"))
    assert headers["dlq-reason"] == b"x" * LONGEST_REASON
    assert dict(dead_letter_headers(RECORD, "\udcff", "here-1"))["dlq-reason"] == b"?"
