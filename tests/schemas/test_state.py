"""Heartbeats and the market's state: silence is not death."""

from __future__ import annotations

import json
import typing

import msgspec
import pytest

from schemas.codec import decode_output, encode
from schemas.state import Heartbeat, MarketState

BEAT = Heartbeat(worker="w-1", role="detector", at_ns=9, watermark_ns=0, lag_s=None, state="starting")


def test_a_heartbeat_before_the_first_event_says_what_it_does_not_know() -> None:
    """A worker that waits for its first input would look like one that is up to date."""
    again = decode_output(encode(BEAT))
    assert again == BEAT
    assert json.loads(encode(BEAT))["lag_s"] is None


def test_a_calm_market_is_said_to_be_calm() -> None:
    """Nobody could tell a quiet night from a dead detector."""
    calm = MarketState(ts_ns=5, level="CLEAR", stages=(), direction="none", since_ns=None)
    wire = json.loads(encode(calm))
    assert (wire["kind"], wire["level"], wire["since_ns"], wire["coverage"]) == ("market_state", "CLEAR", None, None)
    assert decode_output(encode(calm)) == calm


def test_partitions_that_are_missing_in_a_judgement_are_named() -> None:
    """Half a market would be taken for the whole."""
    half = MarketState(ts_ns=5, level="WARN", stages=("S1",), direction="down", since_ns=4, missing_partitions=(3, 7))
    again = decode_output(encode(half))
    assert isinstance(again, MarketState)
    assert again.missing_partitions == (3, 7)


@pytest.mark.parametrize("field", ["role", "state"])
def test_a_word_that_nobody_defined_is_refused(field: str) -> None:
    """A reader would have to guess whether the process works."""
    strange = json.loads(encode(BEAT)) | {field: "asleep"}
    with pytest.raises(msgspec.ValidationError):
        decode_output(json.dumps(strange).encode())


def test_every_program_has_heartbeats() -> None:
    """A dead producer would look like a calm venue."""
    assert set(typing.get_args(typing.get_type_hints(Heartbeat)["role"])) == {"producer", "detector", "notifier"}
