"""The configuration of a single node that is broker and controller: small, quick, loopback only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.kit.kafka.ports import LOOPBACK

SINGLE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # Topics come from the project's table; one made by a typing error must not hide it.
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # Nobody waits for a second member that a test does not have.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # After a kill the controller refuses the broker's next life until the session of the last one is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": "8388608",
    # Recordings are older than any retention, and would be deleted at once.
    "log.retention.ms": "-1",
}


def server_properties(
    *, data: Path, controller_port: int, ports: Mapping[str, int], extra: Mapping[str, str]
) -> Mapping[str, str]:
    """All properties; `ports` has one listener by the name of its protocol, `extra` wins over what is here."""
    clients = ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items())
    return {
        **SINGLE_NODE,
        "listeners": f"{clients},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": clients,
        "listener.security.protocol.map": ",".join(f"{name}:{name}" for name in ports) + ",CONTROLLER:PLAINTEXT",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "log.dirs": str(data),
        **extra,
    }


def as_file(properties: Mapping[str, str]) -> str:
    r"""The text of a Java properties file, which is Latin-1 with escapes.

    >>> as_file({"log.dirs": "/home/josé/a\\b"})
    'log.dirs=/home/jos\\u00e9/a\\\\b\n'
    """
    return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())


def _escaped(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if code < 0x80 else f"\\u{code:04x}" for code in codes)
