from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.kit.kafka.secure import MECHANISMS, SecureBroker

pytestmark = pytest.mark.kafka


async def nodes(bootstrap: str, options: Mapping[str, Any]) -> list[int]:
    """The brokers that a client sees once it is let in."""
    async with asyncio.timeout(60):
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000, **options)
        try:
            await admin.start()
            return [broker["node_id"] for broker in (await admin.describe_cluster())["brokers"]]
        finally:
            await admin.close()


def password(broker: SecureBroker, mechanism: str) -> dict[str, Any]:
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": broker.username,
        "sasl_plain_password": broker.password,
    }


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_password_lets_in_with_and_without_tls(secure_broker: SecureBroker, mechanism: str) -> None:
    """Otherwise the settings for SASL could not be tested on a real broker."""
    known = ssl.create_default_context(cafile=str(secure_broker.certificates.ca))
    said = password(secure_broker, mechanism)
    tls = {"security_protocol": "SASL_SSL", "ssl_context": known}
    assert await nodes(secure_broker.sasl_ssl, {**tls, **said}) == [1]
    assert await nodes(secure_broker.sasl_plaintext, {"security_protocol": "SASL_PLAINTEXT", **said}) == [1]


async def test_a_client_certificate_lets_in(secure_broker: SecureBroker) -> None:
    """Otherwise the settings for mutual TLS could not be tested on a real broker."""
    made = secure_broker.certificates
    known = ssl.create_default_context(cafile=str(made.ca))
    known.load_cert_chain(made.client, made.client_key, made.client_key_password)
    assert await nodes(secure_broker.ssl, {"security_protocol": "SSL", "ssl_context": known}) == [1]


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_wrong_password_does_not(secure_broker: SecureBroker, mechanism: str) -> None:
    """Otherwise a test of settings would pass whatever they are."""
    wrong = password(secure_broker, mechanism) | {"sasl_plain_password": "wrong"}
    with pytest.raises(KafkaError):
        await nodes(secure_broker.sasl_plaintext, {"security_protocol": "SASL_PLAINTEXT", **wrong})


@pytest.mark.parametrize("lacks", ["authority", "certificate"])
async def test_an_unknown_authority_and_a_missing_certificate_do_not(secure_broker: SecureBroker, lacks: str) -> None:
    """Otherwise a test of TLS settings would pass whatever they are."""
    made = secure_broker.certificates
    known = ssl.create_default_context(cafile=str(made.stranger_ca if lacks == "authority" else made.ca))
    if lacks == "authority":
        known.load_cert_chain(made.client, made.client_key, made.client_key_password)
    with pytest.raises(KafkaError):
        await nodes(secure_broker.ssl, {"security_protocol": "SSL", "ssl_context": known})
