"""What every test may use: reproducible property tests, the recordings that are too large to bundle, real brokers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from tests.kit.kafka.broker import Broker
from tests.kit.kafka.choice import FIXTURES, Choice, SharedBroker, choose, is_ci, shared_broker, verdict
from tests.kit.kafka.errors import KafkaKitError
from tests.kit.kafka.installation import Installation
from tests.kit.kafka.secure import SecureBroker, make_secure_broker

# The same examples on every machine and in every run; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recordings that stand beside the checkout, not in it; a test that asks for them is skipped without them."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no recordings at ../shared/data beside the checkout")
    return SHARED_DATA


CHOICE = pytest.StashKey[Choice]()
KAFKA_TEST_S = 180
"""A broker starts in seconds, but several times slower beside a loaded client; what takes longer says so itself."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before `-m` chooses: whatever asks for a broker is a Kafka test, so that the default suite never needs Java."""
    for item in items:
        if FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)
        if item.get_closest_marker("kafka") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(KAFKA_TEST_S))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Here and not in a fixture: the first test must not pay for the resolving of jars with its own time."""
    if not session.config.option.collectonly and any(item.get_closest_marker("kafka") for item in session.items):
        session.config.stash[CHOICE] = choose(os.environ)


def _without(error: KafkaKitError, remedy: str = "") -> NoReturn:
    if verdict(error, ci=is_ci(os.environ)) == "skip":
        pytest.skip(f"{error}{remedy}")
    pytest.fail(f"{error}{remedy}", pytrace=False)


@pytest.fixture(scope="session")
def kafka_installation(request: pytest.FixtureRequest) -> Installation:
    """Java and the jars, to run a broker with."""
    installation = request.config.stash[CHOICE].installation
    if isinstance(installation, KafkaKitError):
        _without(installation)
    return installation


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedBroker]:
    """One for all tests, each with its own topic prefix: `KAFKA_BOOTSTRAP_SERVERS`, or a real Kafka of this run."""
    choice = request.config.stash[CHOICE]
    if choice.existing:
        yield shared_broker(choice.existing)
        return
    if isinstance(choice.installation, KafkaKitError):
        _without(choice.installation, "; or set KAFKA_BOOTSTRAP_SERVERS to a broker that runs")
    with Broker(choice.installation, tmp_path_factory.mktemp("kafka")) as running:
        yield SharedBroker(running.bootstrap)


@pytest.fixture
def fresh_broker(kafka_installation: Installation, tmp_path: Path) -> Iterator[Broker]:
    """A running broker that is this test's to `stop()`, `kill()` and `start()` again."""
    folder = tmp_path / "fresh_broker"
    folder.mkdir()
    with Broker(kafka_installation, folder) as running:
        yield running


@pytest.fixture(scope="session")
def secure_broker(kafka_installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """A running broker with TLS and passwords, shared by the tests of both."""
    try:
        made = make_secure_broker(kafka_installation, tmp_path_factory.mktemp("secure_kafka"), os.environ)
    except KafkaKitError as error:
        _without(error)
    with made.broker:
        yield made
