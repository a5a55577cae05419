from __future__ import annotations

import re

import pytest

from schemas.base import Event
from schemas.codec import EVENTS, OUTPUTS
from schemas.topics import ALERTS, FRAMES, HEADERS, KEYS, READINGS, SNAPSHOTS, STATE, TOPICS, Topic


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


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_record_outlives_its_time_by_a_sixth_at_most(topic: Topic) -> None:
    """Only closed segments are deleted, and Kafka closes one after a week: a day of readings would stay for eight."""
    if topic.retention_s is not None:
        assert topic.segment_s * 6 <= topic.retention_s


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_age_of_a_record_is_counted_from_its_arrival(topic: Topic) -> None:
    """A replay of an old day would be deleted as soon as it was written."""
    assert topic.config()["message.timestamp.type"] == "LogAppendTime"


@pytest.mark.parametrize("topic", [STATE, SNAPSHOTS], ids=lambda topic: topic.name)
def test_what_is_read_from_the_beginning_is_compacted_early(topic: Topic) -> None:
    """A worker that restores would read every version of a week instead of the latest."""
    config = topic.config()
    assert (config["cleanup.policy"], config["retention.ms"]) == ("compact", "-1")
    assert float(config["min.cleanable.dirty.ratio"]) <= 0.1
    assert topic.segment_s <= 600


def test_a_snapshot_may_be_larger_than_other_records() -> None:
    """The state of an asset with many books could not be written, and its worker not restart."""
    assert int(SNAPSHOTS.config()["max.message.bytes"]) == 8 << 20
    assert "max.message.bytes" not in FRAMES.config()


@pytest.mark.parametrize("topic", [FRAMES, READINGS], ids=lambda topic: topic.name)
def test_each_input_has_a_topic_for_what_cannot_be_read(topic: Topic) -> None:
    """One poisoned record would stop its partition, or be lost."""
    (letters,) = [one for one in TOPICS if one.name == topic.name.replace(".v1", ".dlq.v1")]
    assert (letters.key, letters.value, letters.headers) == (topic.key, "opaque", "dead letter")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_says_what_is_in_it(topic: Topic) -> None:
    """The published contract would have holes."""
    assert topic.description.endswith(".")
    assert topic.key in KEYS
    assert topic.headers is None or topic.headers in HEADERS


def test_snapshots_are_partitioned_like_the_frames_that_they_belong_to() -> None:
    """A worker would restore the state of assets that it does not own."""
    assert (SNAPSHOTS.partitions, SNAPSHOTS.key) == (FRAMES.partitions, FRAMES.key)


def test_alerts_of_all_episodes_come_in_one_order() -> None:
    """A person would read a resolution before the alert."""
    assert ALERTS.partitions == 1
