"""The default venue behaves."""

from __future__ import annotations

from producers.venue_server.faults import Faults


def test_without_faults_nothing_goes_wrong() -> None:
    """A run that asks for no fault is a fair run."""
    quiet = Faults()
    assert quiet.acks
    assert not any((quiet.drop_at_ns, quiet.failed_handshakes, quiet.failed_requests, quiet.rejected, quiet.skip))
    assert quiet.silent_from_ns is None
