"""Topics as the table wants them: create what is missing, compare what is there. Nothing is ever deleted, and the
number of partitions never changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from producers.kafka.check import PARTITIONS_STAY, check_cluster, quiet
from producers.kafka.errors import BrokerError, TopicError
from producers.kafka.settings import KafkaSettings
from schemas.topics import TOPICS, Topic

WITHIN_S = 30.0
USUAL_REPLICAS = 3
SAFE_REPLICAS = 2
"""With three copies or more a record counts as written when two have it: one broker may die without loss."""

SET_ON_THE_TOPIC = 1
"""Kafka's number for the source of a setting: on the topic itself, by somebody."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is other than the table wants it; `setting` is `partitions` or a name of Kafka's."""

    setting: str
    wanted: str
    found: str


class TopicStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A topic of the table, in the cluster."""

    name: str
    state: Literal["missing", "created", "mended", "differs", "same"]
    partitions: int | None = None
    """Null while it is missing."""
    replicas: int | None = None
    """Copies of each partition."""
    differences: tuple[Difference, ...] = ()
    """What differs still."""
    mended: tuple[Difference, ...] = ()
    """What differed and does not any more."""


async def diff_topics(settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> list[TopicStatus]:
    """Each topic as it is."""
    async with _administrator(settings) as administrator:
        return await _compare(administrator, settings, topics)


async def create_topics(
    settings: KafkaSettings,
    topics: Sequence[Topic] = TOPICS,
    *,
    replicas: int | None = None,
    alter_config: bool = False,
) -> list[TopicStatus]:
    """Create what is missing. What exists stays as it is; with `alter_config` its settings are mended.

    `replicas` is for new topics: one copy on a single broker, otherwise three or as many as there are brokers.
    """
    async with _administrator(settings) as administrator:
        before = await _compare(administrator, settings, topics)
        missing = [topic for topic, status in zip(topics, before, strict=True) if status.state == "missing"]
        if missing:
            brokers = len((await administrator.describe_cluster())["brokers"])
            await _create(administrator, settings, missing, replicas or min(USUAL_REPLICAS, brokers))
        if alter_config:
            for topic, status in zip(topics, before, strict=True):
                await _mend(administrator, settings.topic(topic), status)
        created = {settings.topic(topic) for topic in missing}
        after = await _compare_when_created(administrator, settings, topics, created)
    return [_since(one, now, created) for one, now in zip(before, after, strict=True)]


@asynccontextmanager
async def _administrator(settings: KafkaSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    # It knows how to say what is wrong with the cluster, and the client does not.
    await check_cluster(settings, ())
    with quiet():
        client = AIOKafkaAdminClient(**settings.client())
        try:
            async with asyncio.timeout(WITHIN_S):
                await client.start()
                yield client
        except TimeoutError:
            raise BrokerError(f"Kafka at {settings.bootstrap_servers}: not done within {WITHIN_S:g} s") from None
        except KafkaError as error:
            raise BrokerError(f"Kafka at {settings.bootstrap_servers}: {error}") from None
        finally:
            await client.close()


async def _compare(
    administrator: AIOKafkaAdminClient, settings: KafkaSettings, topics: Sequence[Topic]
) -> list[TopicStatus]:
    names = [settings.topic(topic) for topic in topics]
    told = {entry["topic"]: entry for entry in await administrator.describe_topics() if entry["topic"] in names}
    configs = await _configs(administrator, list(told))
    return [
        _status(topic, name, told[name]["partitions"], configs[name])
        if name in told and name in configs
        else TopicStatus(name=name, state="missing")
        for topic, name in zip(topics, names, strict=True)
    ]


async def _compare_when_created(
    administrator: AIOKafkaAdminClient, settings: KafkaSettings, topics: Sequence[Topic], created: set[str]
) -> list[TopicStatus]:
    """A new topic is of no use before each of its partitions has a leader, and for a moment they do not."""
    while True:
        told = {entry["topic"]: entry for entry in await administrator.describe_topics()}
        leaders = [part["leader"] for name in created & told.keys() for part in told[name]["partitions"]]
        if created <= told.keys() and leaders.count(-1) == 0:
            statuses = await _compare(administrator, settings, topics)
            if all(status.state != "missing" for status in statuses if status.name in created):
                return statuses
        await asyncio.sleep(0.1)


def _status(
    topic: Topic, name: str, partitions: Sequence[Mapping[str, Any]], config: Mapping[str, tuple[str, bool]]
) -> TopicStatus:
    replicas = min(len(partition["replicas"]) for partition in partitions)
    differences = (
        []
        if len(partitions) == topic.partitions
        else [Difference(setting="partitions", wanted=str(topic.partitions), found=str(len(partitions)))]
    )
    for setting, wanted in wanted_config(topic, replicas).items():
        found, _ = config.get(setting, ("", False))
        if not _equal(wanted, found):
            differences.append(Difference(setting=setting, wanted=wanted, found=found))
    return TopicStatus(
        name=name,
        state="differs" if differences else "same",
        partitions=len(partitions),
        replicas=replicas,
        differences=tuple(differences),
    )


def wanted_config(topic: Topic, replicas: int) -> dict[str, str]:
    """The topic's settings by Kafka's names; how many copies make a record safe depends on how many there are."""
    return topic.config() | {"min.insync.replicas": str(SAFE_REPLICAS if replicas > SAFE_REPLICAS else 1)}


def _equal(wanted: str, found: str) -> bool:
    """
    >>> _equal("0.1", "0.10"), _equal("compact", "delete")
    (True, False)
    """
    try:
        return float(wanted) == float(found)
    except ValueError:
        return wanted == found


async def _configs(administrator: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, tuple[str, bool]]]:
    """Of each topic its settings, and whether each was set on the topic itself. Without topics deleted meanwhile."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs = {}
    for answer in await administrator.describe_configs(resources):
        for code, message, _kind, name, entries in answer.resources:
            if code == UnknownTopicOrPartitionError.errno:
                continue
            _raise(code, message, f"the settings of {name}")
            configs[name] = {entry[0]: (entry[1], entry[3] == SET_ON_THE_TOPIC) for entry in entries}
    return configs


async def _create(
    administrator: AIOKafkaAdminClient, settings: KafkaSettings, topics: Sequence[Topic], replicas: int
) -> None:
    answer = await administrator.create_topics(
        [
            NewTopic(settings.topic(topic), topic.partitions, replicas, topic_configs=wanted_config(topic, replicas))
            for topic in topics
        ]
    )
    for name, code, *message in answer.topic_errors:
        # Somebody else creates them at the same moment: what they made of it is compared afterwards.
        if code != TopicAlreadyExistsError.errno:
            _raise(code, message[0] if message else None, f"creating {name}")


async def _mend(administrator: AIOKafkaAdminClient, name: str, status: TopicStatus) -> None:
    wrong = {item.setting: item.wanted for item in status.differences if item.setting != "partitions"}
    if not wrong:
        return
    # The request replaces all settings of a topic: those that somebody made by hand have to be said again.
    theirs = (await _configs(administrator, [name])).get(name, {})
    kept = {setting: value for setting, (value, own) in theirs.items() if own}
    answers = await administrator.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, kept | wrong)])
    for answer in answers:
        for code, message, _kind, _name in answer.resources:
            _raise(code, message, f"mending {name}")


def _since(before: TopicStatus, now: TopicStatus, created: set[str]) -> TopicStatus:
    if now.name in created and not now.differences:
        return msgspec.structs.replace(now, state="created")
    mended = tuple(item for item in before.differences if item not in now.differences)
    if not mended:
        return now
    return msgspec.structs.replace(now, mended=mended, state="differs" if now.differences else "mended")


def _raise(code: int, message: str | None, doing: str) -> None:
    if code:
        raise TopicError(f"Kafka refuses {doing}: {message or for_code(code).__name__}")


def advice(statuses: Sequence[TopicStatus]) -> list[str]:
    """What to do about what differs, in sentences."""
    differing = {item.setting for status in statuses for item in status.differences}
    says = []
    if any(status.state == "missing" for status in statuses):
        says.append("missing topics: run cascade topics create")
    if differing - {"partitions"}:
        says.append("settings that differ: run cascade topics create --alter-config")
    if "partitions" in differing:
        says.append(PARTITIONS_STAY)
    return says
