"""Which broker the tests get, and what becomes of them where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.kit.kafka.errors import BrokerError, KafkaKitError, Unavailable
from tests.kit.kafka.installation import Installation, find_installation
from tests.kit.kafka.probe import brokers_at

ANSWER_S = 10

FIXTURES = frozenset({"kafka_installation", "broker", "fresh_broker", "secure_broker"})
"""A test that asks for one of these is a Kafka test, whether or not it says so."""


@dataclass(frozen=True, slots=True)
class SharedBroker:
    """A broker that all tests of a run share: it is not stopped, and its topics are told apart by a prefix."""

    bootstrap: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a run of tests has at its hands."""

    existing: str | None
    """The addresses of a broker that somebody else runs."""
    installation: Installation | KafkaKitError
    """What to run one's own with, or why that is not possible."""


def choose(environ: Mapping[str, str]) -> Choice:
    """Look around; resolves the jars where they are not there yet."""
    try:
        installation: Installation | KafkaKitError = find_installation(environ)
    except KafkaKitError as error:
        installation = error
    return Choice(environ.get("KAFKA_BOOTSTRAP_SERVERS") or None, installation)


def verdict(error: KafkaKitError, *, ci: bool) -> Literal["skip", "fail"]:
    """A missing tool is a reason to skip, but under CI nobody reads reasons; anything else is an error everywhere.

    >>> verdict(Unavailable("no java"), ci=False), verdict(Unavailable("no java"), ci=True)
    ('skip', 'fail')
    """
    return "skip" if isinstance(error, Unavailable) and not ci else "fail"


def is_ci(environ: Mapping[str, str]) -> bool:
    """As CI services and `.ci/run` say it.

    >>> is_ci({"CI": "true"}), is_ci({"CI": "false"}), is_ci({})
    (True, False, False)
    """
    return environ.get("CI", "").lower() in {"1", "true"}


def shared_broker(bootstrap: str) -> SharedBroker:
    """The broker that somebody else runs, if it answers: a wrong address must not look like many failed tests."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            if brokers_at(host.strip("[]"), int(port), timeout_s=ANSWER_S):
                return SharedBroker(bootstrap)
        except (OSError, ValueError):
            continue
    raise BrokerError(f"KAFKA_BOOTSTRAP_SERVERS={bootstrap}: no plaintext broker answers at HOST:PORT")
