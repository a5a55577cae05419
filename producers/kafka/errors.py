"""What can go wrong between a program and Kafka; a user can mend all of it.

ProducerError
├── SettingsError   settings that cannot be meant, or a secret that cannot be read
├── BrokerError     nobody there, not Kafka, too old, or it does not let us in
└── TopicError      topics that are missing, or are not what they have to be
"""

from __future__ import annotations

from producers.errors import ProducerError, UsageError


class SettingsError(UsageError):
    """Settings that cannot be meant; the message says which and what can."""


class BrokerError(ProducerError):
    """No broker that we can work with; the message says what was found at which address."""


class TopicError(ProducerError):
    """Topics that are missing, or are not what they have to be; the message says how to mend it."""
