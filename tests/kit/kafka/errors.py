"""What can go wrong before a broker answers.

KafkaKitError
├── Unavailable   this machine has nothing to run a broker with: tests are skipped, except under CI
├── WrongJars     the jars are not the pinned ones: always an error
└── BrokerError   a broker that did not start, did not stop, or ended by itself
"""

from __future__ import annotations


class KafkaKitError(Exception):
    """Base; the message says what to do."""


class Unavailable(KafkaKitError):
    """Java, Maven or the network is missing here."""


class WrongJars(KafkaKitError):
    """A folder holds other jars than `jars.sha256` names."""


class BrokerError(KafkaKitError):
    """A broker did not do what it was told; the message ends with its log."""
