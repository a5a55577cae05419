"""A broker with every way in: plaintext, TLS with a client certificate, and a password with and without TLS."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.kafka.broker import Broker
from tests.kit.kafka.certificates import Certificates, make_certificates
from tests.kit.kafka.installation import Installation

USERNAME = "cascade"
MECHANISMS = ("PLAIN", "SCRAM-SHA-512")


@dataclass(frozen=True, slots=True)
class SecureBroker:
    """The broker, and what a client needs. The password is good for both mechanisms."""

    broker: Broker
    certificates: Certificates
    username: str
    password: str = field(repr=False)

    @property
    def bootstrap(self) -> str:
        """Plaintext, for what a test prepares and looks up."""
        return self.broker.bootstrap

    @property
    def ssl(self) -> str:
        """TLS; only clients with a certificate get in."""
        return self.broker.address("SSL")

    @property
    def sasl_ssl(self) -> str:
        """TLS, then a username and password."""
        return self.broker.address("SASL_SSL")

    @property
    def sasl_plaintext(self) -> str:
        """A username and password in the clear."""
        return self.broker.address("SASL_PLAINTEXT")


def make_secure_broker(installation: Installation, folder: Path, environ: Mapping[str, str]) -> SecureBroker:
    """Made stopped, as any broker."""
    certificates = make_certificates(folder / "certificates", environ)
    password = secrets.token_hex(16)
    listeners = ("SSL", "SASL_SSL", "SASL_PLAINTEXT")
    modules = "org.apache.kafka.common.security"
    properties = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.server),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.ca),
        "listener.name.ssl.ssl.client.auth": "required",
    }
    for listener in ("sasl_ssl", "sasl_plaintext"):
        prefix = f"listener.name.{listener}"
        plain = f'{modules}.plain.PlainLoginModule required user_{USERNAME}="{password}";'
        properties[f"{prefix}.sasl.enabled.mechanisms"] = ",".join(MECHANISMS)
        properties[f"{prefix}.plain.sasl.jaas.config"] = plain
        properties[f"{prefix}.scram-sha-512.sasl.jaas.config"] = f"{modules}.scram.ScramLoginModule required;"
    # The users of SCRAM live in the cluster's own log, the first of them from its formatting on.
    scram = ("--add-scram", f"SCRAM-SHA-512=[name={USERNAME},password={password}]")
    broker = Broker(installation, folder, listeners=listeners, properties=properties, format_options=scram)
    return SecureBroker(broker, certificates, USERNAME, password)
