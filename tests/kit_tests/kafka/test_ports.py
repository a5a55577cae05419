from __future__ import annotations

import socket

from tests.kit.kafka.ports import LOOPBACK, RANGE, free_ports, is_free


def test_ports_are_different_free_and_below_those_of_outgoing_connections() -> None:
    """Otherwise a client that retries a stopped broker could take the broker's port and keep it from coming back."""
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert all(port in RANGE and is_free(port) for port in ports)


def test_a_port_where_somebody_listens_is_not_free() -> None:
    """Otherwise `make kafka` would start beside another broker, and die with a page of Java."""
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not is_free(server.getsockname()[1])
