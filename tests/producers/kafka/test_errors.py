from __future__ import annotations

import pytest

from producers.errors import ProducerError, UsageError
from producers.kafka.errors import BrokerError, SettingsError, TopicError


@pytest.mark.parametrize("error", [BrokerError, SettingsError, TopicError])
def test_every_error_is_told_in_one_line(error: type[Exception]) -> None:
    """A user would get a traceback for a wrong address."""
    assert issubclass(error, ProducerError)


def test_settings_that_cannot_be_meant_are_a_fault_of_the_command() -> None:
    """A script could not tell a typing error from a broker that is down."""
    assert issubclass(SettingsError, UsageError)
    assert not issubclass(BrokerError, UsageError)
