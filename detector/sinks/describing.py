"""What a configuration will do, in words: what each sink gets, and what stands in the way of a route."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.alerts.routes import Route
from detector.alerts.traits import Traits
from detector.sinks.config import NotifyConfig


def traits_in_words(traits: Traits) -> str:
    """What a channel can do.

    >>> traits_in_words(Traits(edits=True, pictures=True, paces=((1, 1.0), (20, 60.0))))
    'messages that are edited as things go on, with pictures; at most 1 in 1 s and 20 in 60 s'
    """
    if traits.every_revision:
        kind = "every revision of every alert, also of those that people are spared"
    elif traits.edits:
        kind = "messages that are edited as things go on"
    else:
        kind = "messages that stay as they are, and one more when it is over"
    said = f"{kind}, with pictures" if traits.pictures else kind
    paces = " and ".join(f"{count} in {seconds:g} s" for count, seconds in traits.paces)
    return f"{said}; at most {paces}" if paces else said


def route_in_words(route: Route, *, feed: bool = False) -> str:
    """Which alerts, when, and how they are put together. A feed is neither grouped nor quiet.

    >>> route_in_words(Route(sinks=("desk",), min_level="CRITICAL", watchlist=("BTC",)))
    'everything, from CRITICAL on; of single assets only BTC; grouped by kind; pictures from HIGH on'
    """
    fields = ((name, getattr(route.match, name)) for name in route.match.__struct_fields__)
    named = "; ".join(f"{name} {' or '.join(values)}" for name, values in fields if values)
    said = [f"{named or 'everything'}, from {route.min_level} on"]
    if route.watchlist:
        said.append(f"of single assets only {', '.join(route.watchlist)}")
    if not feed:
        if (quiet := route.quiet_hours) is not None:
            said.append(f"quiet {quiet.start} to {quiet.end} {quiet.timezone}, but for {quiet.unless} and above")
        said += [f"grouped by {route.group_by}", f"pictures from {route.pictures_from} on"]
    return "; ".join(said)


def routes_to(sink: str, routes: Sequence[Route]) -> Iterator[tuple[int, Route]]:
    """The routes that lead there, with their numbers from 1."""
    return ((number, route) for number, route in enumerate(routes, 1) if sink in route.sinks)


def doubts(config: NotifyConfig) -> Iterator[str]:
    """What is allowed and can hardly be meant."""
    if not config.sinks:
        yield "there is no sink: nobody will hear anything; add a table [sinks.NAME]"
    for sink in config.sinks:
        ways = list(routes_to(sink, config.routes))
        if not ways:
            yield f"no route leads to {sink}: nothing will be sent there"
        before = next((number for number, route in ways if route.match.is_everything and not route.watchlist), None)
        for number, _ in ways:
            if before is not None and number > before:
                yield (
                    f"[[routes]] {number} is never used for {sink}: [[routes]] {before} takes all that goes there, "
                    "and the first route that takes an alert decides; put the narrower one first"
                )
    for number, route in enumerate(config.routes, 1):
        for name in set(route.watchlist) | set(route.match.asset):
            if name != name.upper():
                yield f"[[routes]] {number}: assets are written in capitals, {name.upper()} and not {name}"
