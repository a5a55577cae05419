"""The crash, produced once for all tests of a run that only need its log."""

from __future__ import annotations

import asyncio

import pytest

from tests.kit.crash_cluster import Crash, crash
from tests.kit.feeder import Feed
from tests.kit.kafka.choice import SharedBroker


@pytest.fixture(scope="session")
def clean(broker: SharedBroker, tmp_path_factory: pytest.TempPathFactory) -> Crash:
    """What an undisturbed run says of the crash, and the log of its frames."""
    return crash(broker.bootstrap, tmp_path_factory.getbasetemp() / "crash")


@pytest.fixture(scope="session")
def feed(clean: Crash) -> Feed:
    """The frames, to be written again."""
    return asyncio.run(Feed.of(clean.settings))
