from __future__ import annotations

import re

import pytest

from schemas.base import Event
from schemas.codec import EVENTS, OUTPUTS
from schemas.topics import ALERTS, FRAMES, SNAPSHOTS, TOPICS, Topic


def test_each_name_stands_once_in_the_table() -> None:
    """Two descriptions of one topic would create it differently by turns."""
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_named_by_domain_content_and_major_version(topic: Topic) -> None:
    """A breaking change would have no new name to go to."""
    assert re.fullmatch(r"(market|cascade)\.[a-z]+(\.dlq)?\.v[1-9]\d*", topic.name)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_holds_messages_that_the_codec_knows(topic: Topic) -> None:
    """Readers would meet records that they cannot decode."""
    assert set(topic.messages) <= {Event, *EVENTS, *OUTPUTS}
    assert bool(topic.messages) == (topic.value != "opaque")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_only_a_compacted_topic_keeps_records_for_ever(topic: Topic) -> None:
    """The broker's disk would fill."""
    assert (topic.retention_s is None) == (topic.cleanup == "compact")


def test_snapshots_are_partitioned_like_the_frames_that_they_belong_to() -> None:
    """A worker would restore the state of assets that it does not own."""
    assert (SNAPSHOTS.partitions, SNAPSHOTS.key) == (FRAMES.partitions, FRAMES.key)


def test_alerts_of_all_episodes_come_in_one_order() -> None:
    """A person would read a resolution before the alert."""
    assert ALERTS.partitions == 1
