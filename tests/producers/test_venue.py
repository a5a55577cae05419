"""The contract of a venue is data: frozen, and complete in what it asks for."""

from __future__ import annotations

import typing

import msgspec
import pytest

from producers.completeness import ChannelName
from producers.venue import Ack, Limits, Pong, Refusal, Request, Sequencing, Socket
from producers.venues.registry import VENUES


@pytest.mark.parametrize("kind", [Request, Socket, Limits, Ack, Pong, Refusal, Sequencing])
def test_what_a_venue_says_cannot_be_changed_by_who_hears_it(kind: type[msgspec.Struct]) -> None:
    """Two sessions share a plan; one must not edit the other's."""
    assert kind.__struct_config__.frozen


def test_every_venue_declares_every_channel() -> None:
    """A channel that nobody speaks of would be read as calm."""
    channels = set(typing.get_args(ChannelName))
    for make in VENUES.values():
        assert set(make().completeness) == channels
