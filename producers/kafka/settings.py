"""How to reach Kafka: from an option, the environment, a TOML file's `[kafka]`, or the defaults, in this order.

Secrets stand in files of their own, are read when a client is made, and are kept nowhere.
"""

from __future__ import annotations

import re
import ssl
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import msgspec

from producers.kafka.errors import SettingsError
from schemas.topics import Topic

TABLE = "kafka"
PREFIX_VARIABLE = "CASCADE_TOPIC_PREFIX"
NOT_IN_THE_ENVIRONMENT = {
    "KAFKA_SASL_PASSWORD": "KAFKA_SASL_PASSWORD_FILE",
    "KAFKA_SSL_KEY_PASSWORD": "KAFKA_SSL_KEY_PASSWORD_FILE",
}
"""What people try, and what to set instead."""


class Secret(str):
    """Words that do not show themselves in a dump of variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a client of Kafka needs to know. A change of a field is a change of the configuration file."""

    bootstrap_servers: str = "localhost:9092"
    """`HOST:PORT`, comma-separated: any of the brokers."""
    client_id: str = "cascade-detector"
    """Told to the brokers, for their logs and quotas."""
    request_timeout_s: float = 30.0
    """How long a broker may take for one answer."""
    topic_prefix: str = ""
    """Before each name of a topic, group or transaction: several deployments may share a cluster."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password_file: str | None = None
    ssl_cafile: str | None = None
    """Who may vouch for the brokers; the system's authorities where it is not set."""
    ssl_certfile: str | None = None
    """Our own certificate, where the brokers ask for one."""
    ssl_keyfile: str | None = None
    ssl_key_password_file: str | None = None

    def __post_init__(self) -> None:
        self.addresses()
        if not 0 < self.request_timeout_s < float("inf"):
            raise ValueError("request_timeout_s must be above zero")
        if not re.fullmatch(r"[A-Za-z0-9._-]{0,100}", self.topic_prefix):
            raise ValueError(f"topic_prefix {self.topic_prefix!r}: letters, digits, '.', '_' and '-', 100 at most")
        login = (self.sasl_mechanism, self.sasl_username, self.sasl_password_file)
        if self._logs_in and None in login:
            raise ValueError(f"{self.security_protocol} needs sasl_mechanism, sasl_username and sasl_password_file")
        if not self._logs_in and login != (None, None, None):
            raise ValueError(
                f"a login is set, but security_protocol is {self.security_protocol}: use SASL_SSL or SASL_PLAINTEXT"
            )
        certificates = (self.ssl_cafile, self.ssl_certfile, self.ssl_keyfile, self.ssl_key_password_file)
        if not self._encrypts and certificates != (None, None, None, None):
            raise ValueError(
                f"certificates are set, but security_protocol is {self.security_protocol}: use SSL or SASL_SSL"
            )
        if self.ssl_certfile is None and (self.ssl_keyfile, self.ssl_key_password_file) != (None, None):
            raise ValueError("a key without its certificate: set ssl_certfile")

    @property
    def _logs_in(self) -> bool:
        return self.security_protocol.startswith("SASL")

    @property
    def _encrypts(self) -> bool:
        return self.security_protocol.endswith("SSL")

    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each bootstrap server."""
        return [_address(text.strip()) for text in self.bootstrap_servers.split(",")]

    def topic(self, topic: Topic) -> str:
        """The topic's name in this deployment."""
        return self.topic_prefix + topic.name

    def named(self, name: str) -> str:
        """A group's or a transaction's name in this deployment."""
        return self.topic_prefix + name

    def password(self) -> str | None:
        """The password of the login, from its file; None where there is no login."""
        return None if self.sasl_password_file is None else _secret("sasl_password_file", self.sasl_password_file)

    def ssl_context(self) -> ssl.SSLContext | None:
        """What encrypts the connections; None where nothing is to be encrypted."""
        if not self._encrypts:
            return None
        key_password = self.ssl_key_password_file and _secret("ssl_key_password_file", self.ssl_key_password_file)
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"Kafka's ssl_cafile {self.ssl_cafile}: {_why(error)}") from None
        if self.ssl_certfile is not None:
            try:
                # An empty password where none is set: OpenSSL would ask for it on the terminal, and wait.
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, key_password or "")
            except (OSError, ssl.SSLError) as error:
                files = " and ".join(file for file in (self.ssl_certfile, self.ssl_keyfile) if file)
                raise SettingsError(f"Kafka's certificate and key, {files}: {_why(error)}") from None
        return context

    def client(self) -> dict[str, Any]:
        """The keyword arguments that every aiokafka client takes. Reads the secret files."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": [text.strip() for text in self.bootstrap_servers.split(",")],
            "client_id": self.client_id,
            "request_timeout_ms": int(self.request_timeout_s * 1000),
            "security_protocol": self.security_protocol,
        }
        if self._encrypts:
            arguments["ssl_context"] = self.ssl_context()
        if self._logs_in:
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.password(),
            }
        return arguments


VARIABLES = {
    PREFIX_VARIABLE if field == "topic_prefix" else f"KAFKA_{field.upper()}": field
    for field in KafkaSettings.__struct_fields__
}
"""Which environment variable sets which field."""


def load_settings(*, servers: str | None = None, file: Path | None = None, environ: Mapping[str, str]) -> KafkaSettings:
    """The settings of this run: `servers` is the option `--kafka`, `file` the option `--config`.

    Raises
    ------
    SettingsError
        Says which setting cannot be meant, where it stands and what can.
    """
    if find_spec("aiokafka") is None:
        raise SettingsError("Kafka's client is not installed: pip install 'cascade-detector[kafka]'")
    for variable, instead in NOT_IN_THE_ENVIRONMENT.items():
        if environ.get(variable):
            raise SettingsError(f"{variable} is not read: write the secret to a file and name it in {instead}")
    values: dict[str, Any] = _table(file) if file is not None else {}
    # An empty variable is what a compose file passes on when it is not set.
    values |= {field: environ[name] for name, field in VARIABLES.items() if environ.get(name)}
    if servers is not None:
        values["bootstrap_servers"] = servers
    try:
        return msgspec.convert(values, KafkaSettings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"Kafka's settings: {error}") from None


def _table(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get(TABLE, {})
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: {TABLE} is not a table: begin it with [{TABLE}]")
    known = KafkaSettings.__struct_fields__
    if unknown := sorted(table.keys() - set(known)):
        raise SettingsError(f"{file}: [{TABLE}] has no {', '.join(unknown)}; it knows {', '.join(known)}")
    return table


def _address(text: str) -> tuple[str, int]:
    """
    >>> _address("broker-1:9092"), _address("[::1]:9092")
    (('broker-1', 9092), ('::1', 9092))
    """
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not bare or "/" in bare or (":" in bare and bare == host) or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"bootstrap_servers {text!r}: write HOST:PORT, comma-separated, for example localhost:9092")
    return bare, int(port)


def _secret(field: str, file: str) -> Secret:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Kafka's {field} {file}: {_why(error)}") from None
    # Editors end a file with a newline, and no password does.
    secret = text.rstrip("\r\n")
    if not secret:
        raise SettingsError(f"Kafka's {field} {file} is empty")
    return Secret(secret)


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
