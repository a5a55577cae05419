"""Asks an address for the brokers of its cluster, in Kafka's own words and without a client library."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

METADATA = 3
METADATA_VERSION = 4
"""Understood by every broker from 0.11 to 4.x."""

NO_TOPICS = struct.pack(">i?", 0, False)


def brokers_at(host: str, port: int, *, timeout_s: float) -> list[tuple[str, int]]:
    """The addresses that a client is told to use; raises OSError where nobody answers, or not in Kafka's words.

    A broker that still starts, or that its controller has not let in yet, is not among them.
    """
    header = struct.pack(">hhih", METADATA, METADATA_VERSION, 1, len(b"kit")) + b"kit"
    request = header + NO_TOPICS
    with socket.create_connection((host, port), timeout=timeout_s) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as answers:
            read = answers.read
            (length,) = _unpack(read, ">i")
            if not 0 < length < 1 << 20:
                raise ConnectionError(f"{host}:{port} does not speak Kafka's protocol")
            _correlation, _throttled_ms, count = _unpack(read, ">iii")
            return [_broker(read) for _ in range(count)]


def _broker(read: Callable[[int], bytes]) -> tuple[str, int]:
    _node, length = _unpack(read, ">ih")
    host = read(length).decode()
    port, rack_length = _unpack(read, ">ih")
    read(max(rack_length, 0))
    return host, port


def _unpack(read: Callable[[int], bytes], layout: str) -> tuple[int, ...]:
    size = struct.calcsize(layout)
    data = read(size)
    if len(data) < size:
        raise ConnectionError("the answer was cut off")
    return struct.unpack(layout, data)
