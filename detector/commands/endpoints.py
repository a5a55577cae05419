"""`--endpoint VENUE=URL`: other addresses for venues, such as a server that plays a recording."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from producers.errors import UsageError
from producers.fleet import EndpointOverride
from producers.venue import Venue

EVERY_VENUE = "all"
SCHEMES = {"http": ("ws", "http"), "https": ("wss", "https"), "ws": ("ws", "http"), "wss": ("wss", "https")}
"""One address serves both: the websocket and the REST scheme that belong to each."""


class EndpointError(UsageError):
    """An `--endpoint` that cannot be used; the message says how one looks."""


def parse_endpoints(texts: Sequence[str], venues: Sequence[Venue]) -> dict[str, EndpointOverride]:
    """Overrides by venue id. `all=URL` puts each venue under its own path: `URL/<venue id>`."""
    overrides: dict[str, EndpointOverride] = {}
    for text in texts:
        venue_id, separator, url = text.partition("=")
        known = [venue.id for venue in venues]
        # A venue server has each venue under its own path.
        example = f"{known[0]}=http://127.0.0.1:9000/{known[0]}"
        if not separator:
            raise EndpointError(f"--endpoint {text!r}: write VENUE=URL, for example {example}")
        if venue_id == EVERY_VENUE:
            overrides |= {one: _override(f"{url.rstrip('/')}/{one}", example) for one in known}
        elif venue_id in known:
            overrides[venue_id] = _override(url, example)
        else:
            raise EndpointError(f"--endpoint {text!r}: this run has the venues {', '.join(known)}")
    return overrides


def _override(url: str, example: str) -> EndpointOverride:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket without its other half, a port beyond 65535
        usable = False
    if not usable:
        raise EndpointError(f"--endpoint: {url!r} is not an http, https, ws or wss address; for example {example}")
    websocket, rest = (urlunsplit((scheme, *parts[1:])).rstrip("/") for scheme in SCHEMES[parts.scheme])
    return EndpointOverride(websocket_base=websocket, rest_base=rest)
