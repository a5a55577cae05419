from __future__ import annotations

import asyncio
import secrets

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from producers.kafka.admin import Difference, TopicStatus, advice, create_topics, diff_topics, wanted_config
from producers.kafka.errors import BrokerError, TopicError
from producers.kafka.settings import KafkaSettings
from schemas.topics import ALERTS, FRAMES, SNAPSHOTS, TOPICS
from tests.kit.kafka.choice import SharedBroker

WRONG = Difference(setting="retention.ms", wanted="1", found="2")


@pytest.fixture
def settings(broker: SharedBroker) -> KafkaSettings:
    """A deployment that is this test's alone."""
    return KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix=f"{secrets.token_hex(4)}.")


async def config_of(settings: KafkaSettings, name: str) -> dict[str, str]:
    """The settings of a topic, as the broker has them."""
    client = AIOKafkaAdminClient(**settings.client())
    await client.start()
    try:
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    finally:
        await client.close()
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


async def make(settings: KafkaSettings, topic: NewTopic) -> None:
    """A topic as somebody else would have made it."""
    client = AIOKafkaAdminClient(**settings.client())
    await client.start()
    try:
        await client.create_topics([topic])
    finally:
        await client.close()


@pytest.mark.parametrize(("replicas", "safe"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_a_record_is_safe_in_two_copies_where_there_are_three(replicas: int, safe: str) -> None:
    """With acks=all and one copy in sync, an acknowledged liquidation could be lost with its broker."""
    assert wanted_config(FRAMES, replicas)["min.insync.replicas"] == safe


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (TopicStatus(name="a", state="same"), []),
        (TopicStatus(name="a", state="created"), []),
        (TopicStatus(name="a", state="missing"), ["cascade topics create"]),
        (TopicStatus(name="a", state="differs", differences=(WRONG,)), ["cascade topics create --alter-config"]),
        (
            TopicStatus(
                name="a", state="differs", differences=(Difference(setting="partitions", wanted="1", found="2"),)
            ),
            ["its keys would move"],
        ),
    ],
)
def test_what_differs_comes_with_what_to_do(status: TopicStatus, says: list[str]) -> None:
    """A user would know that something is wrong and not how to mend it."""
    sentences = advice([status])
    assert len(sentences) == len(says)
    assert all(words in sentence for words, sentence in zip(says, sentences, strict=True))


async def test_where_no_broker_is_the_error_says_so() -> None:
    """The client would log an error of its own and raise one that names no cause."""
    with pytest.raises(BrokerError, match="connection refused"):
        await create_topics(KafkaSettings(bootstrap_servers="127.0.0.1:1"))


@pytest.mark.kafka
async def test_topics_are_created_as_the_table_wants_them(settings: KafkaSettings) -> None:
    """A setting that Kafka does not know by this name would be left at its default."""
    assert [status.state for status in await diff_topics(settings)] == ["missing"] * len(TOPICS)
    created = await create_topics(settings)
    assert [(status.name, status.state, status.partitions, status.replicas) for status in created] == [
        (settings.topic(topic), "created", topic.partitions, 1) for topic in TOPICS
    ]
    found = await config_of(settings, settings.topic(SNAPSHOTS))
    assert found["cleanup.policy"] == "compact"
    assert found["segment.bytes"] == str(16 << 20)
    assert found.items() >= SNAPSHOTS.config().items()


@pytest.mark.kafka
async def test_creating_again_changes_nothing(settings: KafkaSettings) -> None:
    """A container that starts again would fail, or reset what somebody has tuned."""
    await create_topics(settings)
    assert {status.state for status in await create_topics(settings)} == {"same"}
    assert {status.state for status in await diff_topics(settings)} == {"same"}


@pytest.mark.kafka
async def test_two_that_create_at_once_both_succeed(settings: KafkaSettings) -> None:
    """Two containers that start together would fail by turns."""
    both = await asyncio.gather(create_topics(settings), create_topics(settings))
    assert all(status.state in {"created", "same"} for statuses in both for status in statuses)


@pytest.mark.kafka
async def test_wrong_partitions_are_told_and_never_changed(settings: KafkaSettings) -> None:
    """The keys of a topic with data would move, and every asset lose its past."""
    name = settings.topic(FRAMES)
    await make(settings, NewTopic(name, 5, 1, topic_configs=wanted_config(FRAMES, 1)))
    (status,) = await create_topics(settings, [FRAMES], alter_config=True)
    assert (status.state, status.partitions) == ("differs", 5)
    assert status.differences == (Difference(setting="partitions", wanted="12", found="5"),)


@pytest.mark.kafka
async def test_settings_are_mended_only_on_demand_and_those_of_others_stay(settings: KafkaSettings) -> None:
    """What somebody tuned by hand would be gone without a word: Kafka's request replaces everything."""
    name = settings.topic(ALERTS)
    await make(settings, NewTopic(name, 1, 1, topic_configs={"retention.ms": "1000", "max.message.bytes": "2000000"}))
    (told,) = await create_topics(settings, [ALERTS])
    assert told.state == "differs"
    assert Difference(setting="retention.ms", wanted="2592000000", found="1000") in told.differences
    assert (await config_of(settings, name))["retention.ms"] == "1000"
    (mended,) = await create_topics(settings, [ALERTS], alter_config=True)
    assert (mended.state, mended.differences) == ("mended", ())
    assert mended.mended == told.differences
    found = await config_of(settings, name)
    assert (found["retention.ms"], found["max.message.bytes"]) == ("2592000000", "2000000")


@pytest.mark.kafka
async def test_what_the_broker_refuses_is_told_in_its_words(settings: KafkaSettings) -> None:
    """Three copies on one broker would end in a traceback, or in nothing."""
    with pytest.raises(TopicError, match=r"Kafka refuses creating .*market\.frames\.v1: .*[Rr]eplication factor"):
        await create_topics(settings, [FRAMES], replicas=3)
    impossible = msgspec.structs.replace(FRAMES, segment_bytes=1)
    with pytest.raises(TopicError, match=r"segment\.bytes"):
        await create_topics(settings, [impossible])
