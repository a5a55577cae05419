from __future__ import annotations

from producers.health import Health


def test_counters_add_up_by_venue_reason_and_in_all() -> None:
    """A summary would show other numbers than what happened."""
    health = Health()
    health.add("a", "decode_errors", "json")
    health.add("a", "decode_errors", "json", 2)
    health.add("b", "decode_errors", "unknown_symbol")
    health.add("b", "frames", count=7)
    assert health.total("decode_errors") == 4
    assert health.total("decode_errors", label="json") == 3
    assert health.total("decode_errors", venue="b") == 1
    assert list(health.rows()) == [
        ("a", "decode_errors", "json", 3),
        ("b", "decode_errors", "unknown_symbol", 1),
        ("b", "frames", "", 7),
    ]
