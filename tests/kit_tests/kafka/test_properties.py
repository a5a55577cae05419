from __future__ import annotations

from pathlib import Path

from tests.kit.kafka.properties import server_properties


def test_every_listener_is_on_loopback_and_the_callers_properties_win() -> None:
    """Otherwise a broker of a test could be reached from outside, or not be set up as the test needs it."""
    made = server_properties(
        data=Path("/d"), controller_port=3, ports={"PLAINTEXT": 1, "SASL_SSL": 2}, extra={"node.id": "7", "new": "x"}
    )
    assert made["listeners"] == "PLAINTEXT://127.0.0.1:1,SASL_SSL://127.0.0.1:2,CONTROLLER://127.0.0.1:3"
    assert made["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1,SASL_SSL://127.0.0.1:2"
    assert made["listener.security.protocol.map"] == "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT"
    assert (made["node.id"], made["new"], made["log.dirs"]) == ("7", "x", "/d")
