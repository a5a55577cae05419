from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from producers.kafka.errors import BrokerError
from producers.kafka.probe import probe
from tests.kit.kafka.certificates import Certificates, make_certificates
from tests.kit.scripted_broker import (
    API_VERSIONS,
    KAFKA_2_0,
    KAFKA_2_1,
    Listener,
    ScriptedBroker,
    Serve,
    versions,
)


async def ask(port: int, host: str = "127.0.0.1", *, tls: ssl.SSLContext | None = None, within_s: float = 5.0) -> None:
    await probe(host, port, tls=tls, client_id="test", within_s=within_s)


def saying(words: bytes) -> Serve:
    """A server that says so when it is asked, and then waits."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(words)
        await asyncio.Event().wait()

    return serve


async def hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def test_a_broker_that_is_new_enough_passes() -> None:
    """Nobody could connect at all."""
    async with ScriptedBroker({API_VERSIONS: versions(KAFKA_2_1)}) as broker:
        await ask(broker.port)
        await ask(broker.port, "localhost")


@pytest.mark.parametrize("highest", [KAFKA_2_0, {API_VERSIONS: 0}], ids=["2.0", "0.10"])
async def test_a_broker_that_is_too_old_is_told_which_one_is_needed(highest: dict[int, int]) -> None:
    """The first compressed record would be refused, hours after the start."""
    async with ScriptedBroker({API_VERSIONS: versions(highest)}) as broker:
        with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{broker.port}: it is older than 2\.1"):
            await ask(broker.port)


async def test_a_port_without_a_listener_is_told_at_once() -> None:
    """A user would wait for the whole time limit after a typing error."""
    port = free_port()
    with pytest.raises(BrokerError, match=f"127.0.0.1:{port}: connection refused, nobody listens there"):
        await ask(port)


async def test_a_name_that_does_not_resolve_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name would look like a broker that is down."""

    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(BrokerError, match="kafka:9092: the name does not resolve"):
        await ask(9092, "kafka")


async def test_what_is_no_name_at_all_is_told() -> None:
    """Two dots in a row would end in a traceback."""
    with pytest.raises(BrokerError, match=r"a\.\.b:9092: the name does not resolve"):
        await ask(9092, "a..b")


def test_a_silent_name_server_holds_up_neither_the_answer_nor_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program would say what is wrong and then hang for a minute."""
    answered = threading.Event()

    def silent(*_args: object, **_options: object) -> list[object]:
        answered.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    start = time.monotonic()
    try:
        with pytest.raises(BrokerError, match=r"no answer within 0\.1 s"):
            asyncio.run(ask(9092, "kafka", within_s=0.1))
        assert time.monotonic() - start < 5
    finally:
        answered.set()


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (hang_up, "hung up when asked as Kafka is: not Kafka, or older than 0.10, or it speaks TLS"),
        (saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "an HTTP server listens there"),
        (saying(b"\x15\x03\x03\x00\x02\x02\x50"), "it speaks TLS: security_protocol has to be SSL or SASL_SSL"),
        (saying(b"220 mail.example ESMTP\r\n"), "not as Kafka does"),
        (saying(b"\xff\xff\xff\xff"), "not as Kafka does"),
        (saying(b"\x00\x00\x00\x02ok"), "not as Kafka does"),
        (saying(b"\x00\x00\x00\x0aCASC\x00\x00\x00\x00\x00\x09"), "not as Kafka does"),
        (saying(b"\x00\x00\x00\x0a" + bytes(10)), "not as Kafka does"),
    ],
    ids=["closes", "http", "tls", "mail", "negative", "short", "cut off", "zeros"],
)
async def test_what_is_not_kafka_is_told_apart(serve: Serve, says: str) -> None:
    """A client would wait for a gigabyte that never comes, or die of a traceback."""
    async with Listener(serve) as listener:
        with pytest.raises(BrokerError, match=says):
            await ask(listener.port)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    """The program would hang without a word."""
    async with Listener(saying(b"")) as listener:
        with pytest.raises(BrokerError, match=r"no answer within 0\.1 s"):
            await ask(listener.port, within_s=0.1)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls") / "made", os.environ)


def serving(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    return context


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


async def test_a_certificate_of_a_stranger_is_refused_and_the_setting_named(certificates: Certificates) -> None:
    """The reason would be hidden in OpenSSL's words."""
    async with Listener(hang_up, tls=serving(certificates)) as listener:
        with pytest.raises(BrokerError, match=r"its certificate is refused \(.+\): see ssl_cafile"):
            await ask(listener.port, tls=trusting(certificates.stranger_ca))


async def test_behind_tls_the_same_questions_are_asked(certificates: Certificates) -> None:
    """A secured HTTP server would be taken for a broker."""
    async with Listener(saying(b"HTTP/1.1 400"), tls=serving(certificates)) as listener:
        with pytest.raises(BrokerError, match="an HTTP server"):
            await ask(listener.port, tls=trusting(certificates.ca))


async def test_tls_with_what_does_not_speak_it_is_told(certificates: Certificates) -> None:
    """A plain listener would look like a broken network."""
    async with Listener(saying(b"\x00\x00\x00\x02ok")) as listener:
        with pytest.raises(BrokerError, match="no TLS with what listens there"):
            await ask(listener.port, tls=trusting(certificates.ca))
