from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.kit.kafka.ports import LOOPBACK, free_ports
from tests.kit.kafka.probe import brokers_at


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that reads one request, says `answer` and hangs up."""
    with socket.create_server((LOOPBACK, 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1024)
                peer.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def metadata(*brokers: tuple[str, int]) -> bytes:
    body = struct.pack(">iii", 1, 0, len(brokers))
    for host, port in brokers:
        body += struct.pack(">ih", 1, len(host)) + host.encode() + struct.pack(">ih", port, 1) + b"r"
    return struct.pack(">i", len(body)) + body


def test_the_brokers_that_clients_are_told_of_are_read() -> None:
    """Otherwise a broker would count as ready before it lets clients in."""
    with answering(metadata(("localhost", 9092), ("b", 1))) as port:
        assert brokers_at(LOOPBACK, port, timeout_s=5) == [("localhost", 9092), ("b", 1)]
    with answering(metadata()) as port:
        assert brokers_at(LOOPBACK, port, timeout_s=5) == []


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n", metadata(("localhost", 9092))[:20]])
def test_what_is_no_broker_is_an_error_of_the_network(answer: bytes) -> None:
    """Otherwise another server at the port would pass for a broker, or stop the waiting for one."""
    with answering(answer) as port, pytest.raises(OSError, match=r"speak|cut off"):
        brokers_at(LOOPBACK, port, timeout_s=5)


def test_nobody_there_is_an_error_of_the_network() -> None:
    """Otherwise waiting for a broker would end at the first try."""
    with pytest.raises(OSError, match="refused"):
        brokers_at(LOOPBACK, free_ports(1)[0], timeout_s=5)
