from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from producers.kafka.admin import create_topics
from producers.kafka.check import check_cluster
from producers.kafka.errors import BrokerError, TopicError
from producers.kafka.settings import KafkaSettings
from schemas.topics import ALERTS, FRAMES, TOPICS, Topic
from tests.kit.kafka.choice import SharedBroker
from tests.kit.kafka.secure import SecureBroker
from tests.kit.scripted_broker import (
    API_VERSIONS,
    KAFKA_2_0,
    KAFKA_2_1,
    METADATA,
    SASL_AUTHENTICATE,
    SASL_HANDSHAKE,
    ScriptedBroker,
    authenticate,
    handshake,
    metadata,
    versions,
)

VERSIONS = {API_VERSIONS: versions(KAFKA_2_1)}
GOOD = {"market.frames.v1": [1] * FRAMES.partitions, "cascade.alerts.v1": [1]}
REFUSED, UNKNOWN_MECHANISM, NOT_ALLOWED = 58, 33, 29


async def check(servers: str, topics: Sequence[Topic] = (FRAMES, ALERTS), within_s: float = 5.0) -> None:
    await check_cluster(KafkaSettings(bootstrap_servers=servers), topics, within_s=within_s)


async def started(broker: ScriptedBroker, topics: dict[str, list[int]], host: str = "127.0.0.1") -> None:
    """Its own address is known only now."""
    broker.script[METADATA] = metadata(broker.port, topics, host=host)


async def test_a_cluster_with_the_topics_passes() -> None:
    """Nothing would ever start."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, GOOD)
        await check(broker.address)


async def test_one_server_of_several_is_enough() -> None:
    """A broker that is down for a minute would keep programs from starting."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, GOOD)
        await check(f"127.0.0.1:1,{broker.address}")


async def test_where_none_answers_each_is_named() -> None:
    """A user would mend one address and meet the next."""
    async with ScriptedBroker({API_VERSIONS: versions(KAFKA_2_0)}) as old:
        with pytest.raises(BrokerError) as refusal:
            await check(f"127.0.0.1:1,{old.address}")
    assert "127.0.0.1:1: connection refused" in str(refusal.value)
    assert f"{old.address}: it is older than 2.1" in str(refusal.value)


async def test_missing_topics_are_named_with_the_command_that_creates_them() -> None:
    """A Faust agent that sends to a missing topic hangs, and SIGTERM does not end it."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, {"cascade.alerts.v1": [1], "market.frames.v1": []})
        with pytest.raises(TopicError, match=r"missing topic market\.frames\.v1: run cascade topics create$"):
            await check(broker.address)


async def test_a_wrong_number_of_partitions_is_told_with_both_numbers() -> None:
    """Assets would be looked for in partitions where they are not."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, GOOD | {"market.frames.v1": [1] * 3})
        with pytest.raises(TopicError, match=r"market\.frames\.v1 has 3 partitions and has to have 12; .*keys would"):
            await check(broker.address)


async def test_topics_that_we_may_not_use_are_not_called_missing() -> None:
    """A user would create topics that exist."""
    async with ScriptedBroker(VERSIONS) as broker:
        broker.script[METADATA] = metadata(broker.port, {name: [] for name in GOOD}, refused=NOT_ALLOWED)
        with pytest.raises(TopicError, match=r"not allowed to use topics cascade\.alerts\.v1, market\.frames\.v1$"):
            await check(broker.address)


async def test_the_names_of_a_deployment_are_looked_for() -> None:
    """Staging would start on the topics of production."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, GOOD)
        settings = KafkaSettings(bootstrap_servers=broker.address, topic_prefix="staging.")
        with pytest.raises(TopicError, match=r"missing topic staging\.cascade\.alerts\.v1"):
            await check_cluster(settings, [ALERTS])


async def test_partitions_get_their_leaders_in_a_moment() -> None:
    """A program that starts right after its topics were created would fail."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, GOOD | {"cascade.alerts.v1": [-1]})
        checking = asyncio.create_task(check(broker.address))
        for _ in range(2):
            while await broker.asked.get() != METADATA:
                pass
        assert not checking.done()
        await started(broker, GOOD)
        await checking


async def test_a_partition_that_never_gets_a_leader_is_not_waited_for_without_end() -> None:
    """The program would hang without a word."""
    async with ScriptedBroker(VERSIONS) as broker:
        await started(broker, GOOD | {"cascade.alerts.v1": [-1]})
        with pytest.raises(BrokerError, match=r"not ready within 0\.5 s"):
            await check(broker.address, within_s=0.5)


async def test_brokers_that_send_us_where_we_cannot_follow_are_told_of() -> None:
    """A container's name outside its network is the commonest fault of all, and looks like a hang."""
    async with ScriptedBroker(VERSIONS) as broker:
        broker.script[METADATA] = metadata(1, GOOD)
        with pytest.raises(
            BrokerError, match=r"answers, and sends us on to .* 127\.0\.0\.1:1: connection refused.*adve"
        ):
            await check(broker.address)


async def test_a_broker_that_wants_a_login_is_told_of() -> None:
    """It hangs up without a word, and clients try again for ever."""
    async with ScriptedBroker(VERSIONS) as broker:
        with pytest.raises(BrokerError, match="hung up when asked for its topics: it may want a login"):
            await check(broker.address)


async def test_a_broker_that_falls_silent_after_its_first_answer_is_told_of() -> None:
    """The program would hang without a word."""
    async with ScriptedBroker(VERSIONS) as broker:
        broker.silent_on = METADATA
        with pytest.raises(BrokerError, match="no answer when asked for its topics"):
            await check(broker.address, within_s=0.8)


async def test_a_broker_that_is_too_new_for_the_client_is_told() -> None:
    """Kafka drops old requests now and then; the program would end in a traceback about one of them."""
    newest = dict.fromkeys(KAFKA_2_1, 99)
    async with ScriptedBroker({API_VERSIONS: versions(newest, lowest=98)}) as broker:
        with pytest.raises(BrokerError, match="newer than what the installed aiokafka can speak"):
            await check(broker.address)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (
            {
                SASL_HANDSHAKE: handshake(0, ["SCRAM-SHA-512", "PLAIN"]),
                SASL_AUTHENTICATE: authenticate(REFUSED, "Authentication failed: Invalid username or password"),
            },
            "it refuses the login of radar by PLAIN$",
        ),
        ({SASL_HANDSHAKE: handshake(UNKNOWN_MECHANISM, ["GSSAPI"])}, "it does not know the login mechanism PLAIN$"),
        ({SASL_HANDSHAKE: handshake(0, ["GSSAPI"])}, "it does not know the login mechanism PLAIN$"),
        ({SASL_HANDSHAKE: handshake(0, ["PLAIN"])}, "the login of radar by PLAIN failed"),
        ({}, "the login of radar by PLAIN failed"),
    ],
    ids=["password", "error", "mechanism", "hangs up late", "hangs up"],
)
async def test_a_refused_login_is_told_without_the_password(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, script: dict[int, bytes], says: str
) -> None:
    """A wrong password would look like a broker that is down, or stand in a log."""
    (tmp_path / "word").write_text("hunter2")
    async with ScriptedBroker(VERSIONS | script) as broker:
        settings = KafkaSettings(
            bootstrap_servers=broker.address,
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="PLAIN",
            sasl_username="radar",
            sasl_password_file=str(tmp_path / "word"),
        )
        with pytest.raises(BrokerError, match=says) as refusal:
            await check_cluster(settings, [ALERTS])
    assert "hunter2" not in str(refusal.value) + caplog.text


@pytest.mark.parametrize("answer", [b"", b"\x00", bytes(3) + b"\x09"])
async def test_an_answer_that_makes_no_sense_ends_in_one_error(
    answer: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The one line that helps would be lost among a client's tracebacks."""
    level = logging.getLogger("aiokafka").level
    async with ScriptedBroker(VERSIONS | {METADATA: answer}) as broker:
        with pytest.raises(BrokerError, match="hung up when asked for its topics"):
            await check(broker.address)
    assert caplog.text + capfd.readouterr().err == ""
    assert logging.getLogger("aiokafka").level == level


async def own_topics(broker: SharedBroker, *, partitions: int = FRAMES.partitions) -> KafkaSettings:
    """Topics that are this test's alone."""
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix=f"{secrets.token_hex(4)}.")
    frames = msgspec.structs.replace(FRAMES, partitions=partitions)
    await create_topics(settings, [frames, *TOPICS[1:]])
    return settings


@pytest.mark.kafka
async def test_on_a_real_broker_topics_from_the_table_pass(broker: SharedBroker) -> None:
    """The scripted broker would pass for one that does not exist."""
    settings = await own_topics(broker)
    await check_cluster(settings, TOPICS)
    with pytest.raises(TopicError, match=rf"missing topics \S+, .*{ALERTS.name}.*: run cascade topics create$"):
        await check_cluster(msgspec.structs.replace(settings, topic_prefix="nobody."), TOPICS)


@pytest.mark.kafka
async def test_on_a_real_broker_a_missing_topic_is_not_created_by_asking(broker: SharedBroker) -> None:
    """A broker that creates on first use would make it with one partition, and assets would go astray."""
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap, topic_prefix=f"{secrets.token_hex(4)}.")
    for _ in range(2):
        with pytest.raises(TopicError, match="missing topic "):
            await check_cluster(settings, [ALERTS])


@pytest.mark.kafka
async def test_on_a_real_broker_wrong_partitions_are_found(broker: SharedBroker) -> None:
    """Assets would be looked for in partitions where they are not."""
    settings = await own_topics(broker, partitions=5)
    with pytest.raises(TopicError, match=r"market\.frames\.v1 has 5 partitions and has to have 12"):
        await check_cluster(settings, TOPICS)


def login(secure: SecureBroker, folder: Path, mechanism: Literal["PLAIN", "SCRAM-SHA-512"]) -> KafkaSettings:
    (folder / "word").write_text(f"{secure.password}\n")
    return KafkaSettings(
        bootstrap_servers=secure.sasl_ssl,
        security_protocol="SASL_SSL",
        sasl_mechanism=mechanism,
        sasl_username=secure.username,
        sasl_password_file=str(folder / "word"),
        ssl_cafile=str(secure.certificates.ca),
    )


@pytest.mark.kafka
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_a_real_login_behind_tls_passes_and_a_wrong_password_is_told(
    secure_broker: SecureBroker, tmp_path: Path, mechanism: Literal["PLAIN", "SCRAM-SHA-512"]
) -> None:
    """Nobody with a secured cluster could start, or find out why not."""
    settings = login(secure_broker, tmp_path, mechanism)
    await check_cluster(settings, [])
    (tmp_path / "word").write_text("not the password")
    with pytest.raises(BrokerError, match=f"refuses the login of {secure_broker.username} by {mechanism}"):
        await check_cluster(settings, [])


@pytest.mark.kafka
async def test_a_real_broker_that_wants_a_certificate_takes_ours_and_misses_none(
    secure_broker: SecureBroker, tmp_path: Path
) -> None:
    """Nobody with mutual TLS could start, or find out why not."""
    made = secure_broker.certificates
    (tmp_path / "word").write_text(made.client_key_password)
    without = KafkaSettings(bootstrap_servers=secure_broker.ssl, security_protocol="SSL", ssl_cafile=str(made.ca))
    with pytest.raises(BrokerError, match="certificate of ours"):
        await check_cluster(without, [])
    ours = {"ssl_certfile": str(made.client), "ssl_keyfile": str(made.client_key)}
    await check_cluster(msgspec.structs.replace(without, **ours, ssl_key_password_file=str(tmp_path / "word")), [])


@pytest.mark.kafka
async def test_a_real_broker_met_with_the_wrong_protocol_is_told(secure_broker: SecureBroker, tmp_path: Path) -> None:
    """The four ways in look alike from outside, and the wrong one looks like a hang."""
    plain = KafkaSettings(bootstrap_servers=secure_broker.sasl_plaintext)
    with pytest.raises(BrokerError, match="it may want a login"):
        await check_cluster(plain, [])
    with pytest.raises(BrokerError, match="TLS"):
        await check_cluster(msgspec.structs.replace(plain, bootstrap_servers=secure_broker.sasl_ssl), [])
    settings = login(secure_broker, tmp_path, "PLAIN")
    with pytest.raises(BrokerError, match="no TLS with what listens there"):
        await check_cluster(msgspec.structs.replace(settings, bootstrap_servers=secure_broker.bootstrap), [])
