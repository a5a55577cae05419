from __future__ import annotations

import importlib.util
import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from producers.kafka import settings as module
from producers.kafka.errors import SettingsError
from producers.kafka.settings import VARIABLES, KafkaSettings, load_settings
from schemas.topics import FRAMES
from tests.kit.kafka.certificates import make_certificates

LOGIN = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "radar",
}


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_without_a_word_it_is_the_broker_on_this_machine() -> None:
    """The first try would need a configuration file."""
    settings = load_settings(environ={})
    assert settings == KafkaSettings()
    assert settings.client() == {
        "bootstrap_servers": ["localhost:9092"],
        "client_id": "cascade-detector",
        "request_timeout_ms": 30_000,
        "security_protocol": "PLAINTEXT",
    }


@pytest.mark.parametrize(
    ("option", "variable", "in_file", "wins"),
    [
        ("option:1", "environment:1", "file:1", "option:1"),
        (None, "environment:1", "file:1", "environment:1"),
        (None, "", "file:1", "file:1"),
        (None, None, "file:1", "file:1"),
        (None, None, None, "localhost:9092"),
    ],
)
def test_an_option_beats_the_environment_beats_the_file_beats_the_default(
    tmp_path: Path, option: str | None, variable: str | None, in_file: str | None, wins: str
) -> None:
    """A program would write to another cluster than the one that was named last."""
    file = tmp_path / "cascade.toml"
    file.write_text("[other]\nkey = 1\n" + ("" if in_file is None else f'[kafka]\nbootstrap_servers = "{in_file}"\n'))
    environ = {} if variable is None else {"KAFKA_BOOTSTRAP_SERVERS": variable}
    assert load_settings(servers=option, file=file, environ=environ).bootstrap_servers == wins


def test_every_setting_has_its_variable() -> None:
    """A container could not be configured without a file."""
    assert set(VARIABLES.values()) == set(KafkaSettings.__struct_fields__)
    environ = {"CASCADE_TOPIC_PREFIX": "staging.", "KAFKA_REQUEST_TIMEOUT_S": "2.5", "KAFKA_CLIENT_ID": "north"}
    settings = load_settings(environ=environ)
    assert (settings.topic_prefix, settings.client_id) == ("staging.", "north")
    assert settings.client()["request_timeout_ms"] == 2_500


def test_a_deployment_is_told_by_its_prefix() -> None:
    """Staging would write into the topics of production."""
    settings = KafkaSettings(topic_prefix="staging.")
    assert settings.topic(FRAMES) == "staging.market.frames.v1"
    assert settings.named("detector") == "staging.detector"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[kafka]\nbootstrap = "a:1"\nacks = 1', r"has no acks, bootstrap; it knows bootstrap_servers, client_id"),
        ('kafka = "a:1"', r"not a table: begin it with \[kafka\]"),
        ("[kafka", "is not TOML"),
        ("[kafka]\nbootstrap_servers = 9092", "Expected `str`"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_what_can(tmp_path: Path, text: str, says: str) -> None:
    """A misspelt setting would be ignored and its default used."""
    with pytest.raises(SettingsError, match=says):
        load_settings(file=Path(write(tmp_path / "cascade.toml", text)), environ={})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The defaults would be used instead."""
    with pytest.raises(SettingsError, match=r"no\.toml: No such file"):
        load_settings(file=tmp_path / "no.toml", environ={})


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": "broker"}, "write HOST:PORT"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "kafka://broker:9092"}, "write HOST:PORT"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "broker:9092,"}, "write HOST:PORT"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "broker:99999"}, "write HOST:PORT"),
        ({"KAFKA_BOOTSTRAP_SERVERS": "::1:9092"}, "write HOST:PORT"),
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "Invalid enum value 'TLS'"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "needs sasl_mechanism, sasl_username and sasl_password_file"),
        ({"KAFKA_SASL_USERNAME": "radar"}, "a login is set, but security_protocol is PLAINTEXT"),
        ({"KAFKA_SSL_CAFILE": "ca.pem"}, "certificates are set, but security_protocol is PLAINTEXT"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_KEYFILE": "key.pem"}, "a key without its certificate"),
        ({"KAFKA_REQUEST_TIMEOUT_S": "0"}, "above zero"),
        ({"KAFKA_REQUEST_TIMEOUT_S": "soon"}, "Expected `float`"),
        ({"CASCADE_TOPIC_PREFIX": "our topics/"}, "letters, digits"),
        ({"KAFKA_SASL_PASSWORD": "secret"}, "write the secret to a file and name it in KAFKA_SASL_PASSWORD_FILE"),
    ],
)
def test_a_setting_that_cannot_be_meant_says_what_can(environ: Mapping[str, str], says: str) -> None:
    """Data would travel in the clear although a certificate was set, or not at all, hours later."""
    with pytest.raises(SettingsError, match=says) as refusal:
        load_settings(environ=environ)
    assert "secret" not in str(refusal.value).replace("write the secret", "")


def test_addresses_of_both_kinds_are_understood() -> None:
    """A broker on IPv6 could not be named."""
    settings = KafkaSettings(bootstrap_servers="a:1, [::1]:2,10.0.0.1:3")
    assert settings.addresses() == [("a", 1), ("::1", 2), ("10.0.0.1", 3)]


def test_a_password_comes_from_its_file_without_the_newline_that_editors_add(tmp_path: Path) -> None:
    """The broker would refuse a password that looks right."""
    file = write(tmp_path / "password", "hunter two \n")
    settings = load_settings(environ=LOGIN | {"KAFKA_SASL_PASSWORD_FILE": file})
    arguments = settings.client()
    assert arguments["sasl_plain_password"] == "hunter two "  # noqa: S105 - nobody's
    assert (arguments["sasl_mechanism"], arguments["sasl_plain_username"]) == ("SCRAM-SHA-512", "radar")
    assert "hunter" not in repr(settings) + repr(arguments)


@pytest.mark.parametrize(("content", "says"), [(None, "No such file"), (b"\n", "is empty"), (b"\xff", "not UTF-8")])
def test_a_password_file_that_has_none_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    """The broker would say that the login is wrong, and nobody would look at the mount."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    settings = load_settings(environ=LOGIN | {"KAFKA_SASL_PASSWORD_FILE": str(file)})
    with pytest.raises(SettingsError, match=f"sasl_password_file .*password:? {says}"):
        settings.client()


def test_nothing_is_encrypted_where_nothing_is_to_be() -> None:
    """The system's certificates would be read, and found missing, for a plain connection."""
    assert KafkaSettings().ssl_context() is None
    assert "ssl_context" not in KafkaSettings().client()


def test_tls_checks_who_the_broker_is() -> None:
    """Anybody on the way could read along."""
    context = KafkaSettings(security_protocol="SSL").client()["ssl_context"]
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_certificate_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    """An error of OpenSSL would not say which of four files it means."""
    no_authority = KafkaSettings(security_protocol="SSL", ssl_cafile=str(tmp_path / "ca.pem"))
    with pytest.raises(SettingsError, match=r"ssl_cafile .*ca\.pem: No such file"):
        no_authority.client()
    no_certificate = KafkaSettings(security_protocol="SSL", ssl_certfile=str(tmp_path / "me.pem"))
    with pytest.raises(SettingsError, match=r"certificate and key, .*me\.pem: No such file"):
        no_certificate.client()


def test_a_locked_key_needs_its_password_and_does_not_ask_the_terminal(tmp_path: Path) -> None:
    """A service would wait for ever for somebody to type."""
    made = make_certificates(tmp_path / "made", os.environ)
    files = {"ssl_cafile": str(made.ca), "ssl_certfile": str(made.client), "ssl_keyfile": str(made.client_key)}
    locked = KafkaSettings(security_protocol="SSL", **files)  # type: ignore[arg-type]  # all of them are paths
    with pytest.raises(SettingsError, match="certificate and key"):
        locked.client()
    password = write(tmp_path / "word", f"{made.client_key_password}\n")
    opened = msgspec.structs.replace(locked, ssl_key_password_file=password)
    assert opened.ssl_context() is not None


def test_without_the_client_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip install cascade-detector` alone would end in an ImportError."""
    monkeypatch.setattr(module, "find_spec", lambda name: importlib.util.find_spec(f"no_such_{name}"))
    with pytest.raises(SettingsError, match=r"pip install 'cascade-detector\[kafka\]'"):
        load_settings(environ={})
