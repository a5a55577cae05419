"""Ports that stay free while a broker is down.

Not those of the kernel's choice: it hands the same ones to outgoing connections. A client that retries the address of a
stopped broker could get the broker's own port as its source, connect to itself, and keep the broker from coming back.
"""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
RANGE = range(20_000, 32_000)
"""Below the ephemeral ports of Linux (32768 and up) and macOS (49152 and up)."""


def is_free(port: int) -> bool:
    """Nobody listens there."""
    with socket.socket() as probe:
        # As Java does: the remains of closed connections do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Different free ports, drawn by the system's randomness: two processes with equal seeds must not agree."""
    drawn = random.SystemRandom().sample(RANGE, k=min(len(RANGE), 100 * count))
    return [port for port in drawn if is_free(port)][:count]
