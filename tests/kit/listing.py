"""A venue's markets by the way that they come in life: the server's dialect lists them, the venue reads the list."""

from __future__ import annotations

from collections.abc import Sequence

from producers.venue import Request, Venue
from producers.venue_server.dialect import Answer, Dialect
from schemas.instrument import Instrument


def ask(dialect: Dialect, request: Request) -> bytes:
    """What the dialect answers to a call."""
    path, _, query = request.path.lstrip("/").partition("?")
    pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
    answer = dialect.rest(request.method, path, pairs, request.body or b"")
    assert isinstance(answer, Answer), f"{request.method} {request.path} is not answered"
    assert answer.status == 200, answer
    return answer.body


def listed(venue: Venue, dialect: Dialect, coins: Sequence[str], recv_ns: int) -> list[Instrument]:
    """The markets of made-up coins."""
    dialect.list_markets(dialect.made_up(coins))
    return [
        instrument
        for request in venue.instruments_requests()
        for instrument in venue.parse_instruments(ask(dialect, request), recv_ns)
    ]
