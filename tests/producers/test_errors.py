"""Errors say what is wrong in one line, and carry their reason as a field."""

from __future__ import annotations

import inspect

import pytest

from producers import errors
from producers.errors import DecodeError, ProducerError, reason_of


def test_a_decode_error_reads_as_reason_and_detail() -> None:
    """The summary counts reasons; a log line shows the detail."""
    assert str(DecodeError("bad_number", "price NaN")) == "bad_number: price NaN"
    assert str(DecodeError("bad_json")) == "bad_json"
    assert DecodeError("bad_json").reason == "bad_json"


@pytest.mark.parametrize(
    "kind", [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
)
def test_every_error_is_a_producer_error_and_drawn_in_the_tree(kind: type[Exception]) -> None:
    """A caller catches one base; a reader finds them all in one picture."""
    assert issubclass(kind, ProducerError)
    assert kind.__name__ in (errors.__doc__ or "")


def test_a_venues_own_mistake_has_a_reason_of_its_own() -> None:
    """Among bad frames nobody would look for a bug."""
    assert reason_of(DecodeError("bad_json", "cut off")) == "bad_json"
    assert reason_of(KeyError("x")) == "bug_KeyError"
