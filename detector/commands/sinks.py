"""`cascade sinks list` and `cascade sinks test`: what channels there are, and whether one truly arrives."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from detector.alerts.message import Message
from detector.alerts.outcomes import Delivered, Outcome, RetryAt, Unknown
from detector.alerts.steps import Act
from detector.composing import digest
from detector.runtime.notify.clocks import WallClock
from detector.runtime.notify.opened import open_notifier
from detector.runtime.notify.pace import NS, Pace
from detector.sinks.config import NotifyConfig, kafka_of, kinds, only
from detector.sinks.secrets import redact, redact_logs
from detector.sinks.sink import Delivery, Sink
from detector.sinks.table import closest
from producers.errors import UsageError
from schemas.alert import Alert, Coverage

TITLE = "TEST · nothing has happened"


def kinds_in_words() -> Iterator[str]:
    """Each type of sink with its keys: first those that it needs."""
    for kind, settings in kinds().items():
        fields = msgspec.structs.fields(settings)
        pairs = settings.pairs()
        halves = {f"{name}_{where}" for name in pairs for where in ("file", "env")}
        needed = [field.encode_name for field in fields if field.required]
        needed += [f"{name}_file or {name}_env" for name in pairs if name not in settings.optional_secrets]
        free = [
            f"{field.encode_name} = {_default(field)}"
            for field in fields
            if not field.required and field.encode_name not in halves
        ]
        free += [f"{name}_file or {name}_env" for name in pairs if name in settings.optional_secrets]
        yield f"{kind}: needs {', '.join(needed) or 'nothing'}" + (f"; may have {', '.join(free)}" if free else "")


def configured_in_words(config: NotifyConfig) -> Iterator[str]:
    """Each sink of a configuration with its type and the routes that lead to it."""
    for name, settings in config.sinks.items():
        routes = [str(number) for number, route in enumerate(config.routes, 1) if name in route.sinks]
        yield f"{name}: {settings.__struct_config__.tag}, [[routes]] {', '.join(routes) or 'none'}"


def try_sink(config: NotifyConfig, name: str, *, edit: bool) -> bool:
    """Send a message that says that it is a test, and an edit of it where the channel can; whether all arrived.

    Raises `UsageError` for a sink that is not there, `ProducerError` where it cannot be opened.
    """
    if name not in config.sinks:
        there = ", ".join(config.sinks)
        raise UsageError(f"{config.file} has no sink {name!r}{closest(name, config.sinks)}; there are: {there}")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    redact_logs()
    return asyncio.run(_try(only(config, name), name, edit=edit))


async def _try(config: NotifyConfig, name: str, *, edit: bool) -> bool:
    kafka = kafka_of(config, os.environ)
    async with open_notifier(config, WallClock(), remembers=False, kafka=kafka) as notifier:
        sink = notifier.sinks[name]
        now_ns = time.time_ns()
        pace = Pace(sink.traits.paces)
        pace.sent(now_ns)
        sent = await _send(sink, _delivery("new", now_ns))
        print(f"{name}: {in_words(sent)}")
        if not isinstance(sent, Delivered):
            return False
        if not (edit or sink.traits.acknowledges):
            return True
        if not sink.traits.edits:
            print(f"{name}: this channel cannot edit what was sent")
            return True
        # What calls people until it is told that all is over must not go on because of a test.
        await asyncio.sleep(pace.wait_ns(time.time_ns()) / NS)
        edited = await _send(sink, _delivery("edit", now_ns, remote=sent.remote))
        print(f"{name}: edited: {in_words(edited)}")
        return isinstance(edited, Delivered)


async def _send(sink: Sink, delivery: Delivery) -> Outcome:
    try:
        async with asyncio.timeout(sink.traits.send_s):
            return await sink.send(delivery)
    except TimeoutError:
        return Unknown(f"no answer within {sink.traits.send_s:g} s")


def in_words(outcome: Outcome) -> str:
    """What became of it, for a person.

    >>> in_words(RetryAt(7.0, "HTTP 429"))
    'NOT delivered, try again in 7 s: HTTP 429'
    """
    if isinstance(outcome, Delivered):
        return "Delivered"
    reason = redact(outcome.reason)
    if isinstance(outcome, RetryAt):
        when = f"in {outcome.after_s:g} s" if outcome.after_s is not None else "later"
        return f"NOT delivered, try again {when}: {reason}"
    if isinstance(outcome, Unknown):
        return f"it is not known whether it was delivered: {reason}"
    return f"REFUSED: {reason}"


def _delivery(act: Act, now_ns: int, *, remote: str = "") -> Delivery:
    edited = act == "edit"
    test_id = digest(f"test|{now_ns}")
    message = Message(
        level="CLEAR" if edited else "WARN",
        peak="WARN",
        title=f"{TITLE}{', and this was edited' if edited else ''}",
        what="Somebody tries whether messages of cascade-detector arrive here. Nothing is to be done.",
        reference=test_id[:8],
    )
    return Delivery(
        delivery_id=digest(f"{test_id}|{act}"),
        message_id=test_id,
        thread_id=test_id,
        act=act,
        revision=2 if edited else 1,
        message=message,
        alerts=(_alert(test_id, now_ns, edited=edited),),
        ended=edited,
        silent=edited,
        remote=remote,
    )


def _alert(test_id: str, now_ns: int, *, edited: bool) -> Alert:
    """For feeds: programs must not take it for news, so that it is over before it has begun."""
    return Alert(
        alert_id=digest(f"{test_id}|{edited}"),
        episode_id=test_id,
        revision=2 if edited else 1,
        ts_ns=now_ns,
        status="resolved",
        level="CLEAR",
        peak_level="CLEAR",
        stages=(),
        scope="test",
        direction="none",
        since_ns=now_ns,
        headline=TITLE,
        evidence=(),
        conditions=(),
        coverage=Coverage(live=0, families=0),
    )


def _default(field: Any) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return msgspec.json.encode(value).decode() if value is not None else "none"
