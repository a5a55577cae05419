"""Before anything is sent: is there a Kafka, does it let us in, are the topics there and what they have to be.

Clients of Kafka answer most of these with silence: they try again for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from producers.kafka.errors import BrokerError, TopicError
from producers.kafka.probe import probe
from producers.kafka.settings import KafkaSettings
from schemas.topics import Topic

NOT_ALLOWED = TopicAuthorizationFailedError.errno
NO_LEADER = -1
POLL_S = 0.2
CLOSE_S = 1.0

PARTITIONS_STAY = (
    "the number of partitions of a topic is never changed, because its keys would move: "
    "delete the topic and create it anew, or use another topic prefix"
)


class Found(NamedTuple):
    """What a cluster says of itself."""

    brokers: dict[int, tuple[str, int]]
    partitions: dict[str, dict[int, int]]
    """Of each topic that exists, the leader of each partition."""
    hidden: set[str]
    """Topics that we are not allowed to see."""


async def check_cluster(settings: KafkaSettings, topics: Sequence[Topic], *, within_s: float = 10.0) -> None:
    """Return if all is well; at the latest after `within_s`.

    Raises
    ------
    BrokerError
        Nobody there, not Kafka, too old, or it does not let us in.
    TopicError
        Topics are missing, or have another number of partitions.
    SettingsError
        A secret or a certificate cannot be read.
    """
    names = [settings.topic(topic) for topic in topics]
    try:
        async with asyncio.timeout(within_s):
            with quiet():
                found = await _look(
                    settings, names, within_s, lambda found: misfits(settings, topics, found) or _led(found)
                )
                await _reach_leaders(settings, found, within_s / 4)
    except TimeoutError:
        raise BrokerError(f"Kafka at {settings.bootstrap_servers}: not ready within {within_s:g} s") from None
    if faults := misfits(settings, topics, found):
        raise TopicError(f"Kafka at {settings.bootstrap_servers}: {'; '.join(faults)}")


def misfits(settings: KafkaSettings, topics: Sequence[Topic], found: Found) -> list[str]:
    """What keeps the topics from being used, in words."""
    names = {settings.topic(topic): topic for topic in topics}
    absent = [name for name in names if name not in found.partitions and name not in found.hidden]
    faults = [f"missing {_plural(absent)} {', '.join(absent)}: run cascade topics create"] if absent else []
    if found.hidden:
        faults.append(f"not allowed to use {_plural(sorted(found.hidden))} {', '.join(sorted(found.hidden))}")
    wrong = [
        f"{name} has {len(found.partitions[name])} partitions and has to have {topic.partitions}"
        for name, topic in names.items()
        if name in found.partitions and len(found.partitions[name]) != topic.partitions
    ]
    return [*faults, *wrong, *([PARTITIONS_STAY] if wrong else [])]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep aiokafka from telling of failures that we tell of ourselves."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


async def _look(settings: KafkaSettings, names: list[str], within_s: float, enough: Callable[[Found], object]) -> Found:
    """What the cluster says of itself, when it is worth reading: new topics have no leaders for a moment."""
    host, port = await _first_that_answers(settings, within_s / 2)
    where = f"Kafka at {host}:{port}"
    connection = await _log_in(settings, host, port, where, within_s / 4)
    try:
        while True:
            found = _found(await connection.send(MetadataRequest(names, False)))
            if enough(found):
                return found
            await asyncio.sleep(POLL_S)
    except KafkaError:
        hint = "" if settings.password() else ": it may want a login (security_protocol SASL_SSL or SASL_PLAINTEXT)"
        raise BrokerError(f"{where}: it hung up when asked for its topics{hint}") from None
    except TimeoutError:
        raise BrokerError(f"{where}: no answer when asked for its topics") from None
    except NotImplementedError:
        raise BrokerError(f"{where}: it is newer than what the installed aiokafka can speak: update that") from None
    finally:
        await _close(connection)


async def _first_that_answers(settings: KafkaSettings, within_s: float) -> tuple[str, int]:
    """Any bootstrap server will do; if none does, what is wrong with each."""
    tls = settings.ssl_context()

    async def ask(host: str, port: int) -> tuple[str, int]:
        await probe(host, port, tls=tls, client_id=settings.client_id, within_s=within_s)
        return host, port

    tasks = [asyncio.create_task(ask(*address)) for address in settings.addresses()]
    faults = []
    try:
        for done in asyncio.as_completed(tasks):
            try:
                return await done
            except BrokerError as fault:
                faults.append(str(fault))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise BrokerError("; ".join(faults))


async def _log_in(settings: KafkaSettings, host: str, port: int, where: str, within_s: float) -> AIOKafkaConnection:
    arguments = settings.client() | {"request_timeout_ms": int(within_s * 1000)}
    del arguments["bootstrap_servers"]
    who = f"{settings.sasl_username} by {settings.sasl_mechanism}"
    connection = AIOKafkaConnection(host, port, **arguments)
    try:
        await connection.connect()
    except BaseException as error:
        await _close(connection)
        if isinstance(error, UnsupportedSaslMechanismError):
            fault = f"it does not know the login mechanism {settings.sasl_mechanism}"
        elif isinstance(error, SaslAuthenticationFailed):
            fault = f"it refuses the login of {who}"
        elif isinstance(error, (KafkaError, OSError, TimeoutError)):
            what = f"the login of {who}" if settings.sasl_username else "connecting"
            fault = f"{what} failed ({_reason(error)})"
        else:
            raise
        raise BrokerError(f"{where}: {fault}") from None
    return connection


async def _close(connection: AIOKafkaConnection) -> None:
    closed = connection.close()
    if closed is not None:
        # What we have said and a dead broker has not taken would keep the socket open.
        await asyncio.wait([closed], timeout=CLOSE_S)


def _found(answer: Any) -> Found:
    told: Mapping[str, Any] = answer.to_object()
    return Found(
        brokers={broker["node_id"]: (broker["host"], broker["port"]) for broker in told["brokers"]},
        partitions={
            topic["topic"]: {partition["partition"]: partition["leader"] for partition in topic["partitions"]}
            for topic in told["topics"]
            if topic["partitions"]
        },
        hidden={topic["topic"] for topic in told["topics"] if topic["error_code"] == NOT_ALLOWED},
    )


def _led(found: Found) -> bool:
    return all(leader != NO_LEADER for leaders in found.partitions.values() for leader in leaders.values())


async def _reach_leaders(settings: KafkaSettings, found: Found, within_s: float) -> None:
    """Brokers tell clients where to find each of them, and that may be a name that only their own network knows."""
    leaders = {leader for of_topic in found.partitions.values() for leader in of_topic.values()}
    tls = settings.ssl_context()
    try:
        async with asyncio.TaskGroup() as group:
            for broker in leaders & found.brokers.keys() or found.brokers.keys():
                host, port = found.brokers[broker]
                group.create_task(probe(host, port, tls=tls, client_id=settings.client_id, within_s=within_s))
    except* BrokerError as faults:
        fault = faults.exceptions[0]
        raise BrokerError(
            f"Kafka at {settings.bootstrap_servers} answers, and sends us on to where we cannot follow: {fault}; "
            "see the brokers' advertised.listeners"
        ) from None


def _plural(names: Sequence[str]) -> str:
    return "topic" if len(names) == 1 else "topics"


def _reason(error: BaseException) -> str:
    return "no answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
