"""`cascade topics create | list | diff`: what the table wants and what the cluster has, as a table or as JSON lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from itertools import chain

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from producers.kafka.admin import TopicStatus, advice, create_topics, diff_topics
from producers.kafka.settings import KafkaSettings
from schemas.topics import DAY_S, HOUR_S, TOPICS, Topic

COLUMNS = ("topic", "state", "partitions", "key", "keeps")
WIDEST = 300
"""A name that is cut off helps nobody; a narrow terminal may wrap the line."""
BAD = frozenset({"missing", "differs"})


def create(settings: KafkaSettings, *, as_json: bool, replicas: int | None, alter_config: bool) -> bool:
    """Create what is missing and say what was done. False where something differs still."""
    statuses = asyncio.run(create_topics(settings, replicas=replicas, alter_config=alter_config))
    return _report(settings, statuses, as_json=as_json)


def diff(settings: KafkaSettings, *, as_json: bool) -> bool:
    """Say what differs. False where something does."""
    statuses = asyncio.run(diff_topics(settings))
    return _report(settings, [status for status in statuses if status.state != "same"], as_json=as_json)


def show(settings: KafkaSettings, *, as_json: bool) -> None:
    """All topics, whether or not they are there."""
    statuses = asyncio.run(diff_topics(settings))
    if not as_json:
        _print_table(settings, statuses)
        return
    for topic, status in zip(TOPICS, statuses, strict=True):
        wanted = {"key": topic.key, "description": topic.description, "config": topic.config()}
        print(msgspec.json.encode(msgspec.to_builtins(status) | wanted).decode())


def _report(settings: KafkaSettings, statuses: Sequence[TopicStatus], *, as_json: bool) -> bool:
    if as_json:
        for status in statuses:
            print(msgspec.json.encode(status).decode())
    elif statuses:
        _print_table(settings, statuses)
        for line in chain.from_iterable(_changes(status) for status in statuses):
            print(line)
    else:
        print(f"{len(TOPICS)} topics are as they have to be")
    for sentence in advice(statuses):
        print(sentence, file=sys.stderr)
    return not any(status.state in BAD for status in statuses)


def _print_table(settings: KafkaSettings, statuses: Sequence[TopicStatus]) -> None:
    wanted = {settings.topic(topic): topic for topic in TOPICS}
    view = Table(box=None, pad_edge=False, header_style="bold")
    for name in COLUMNS:
        view.add_column(name, no_wrap=True, justify="right" if name == "partitions" else "left")
    for status in statuses:
        topic = wanted[status.name]
        view.add_row(
            status.name,
            Text(status.state, style="red" if status.state in BAD else ""),
            "-" if status.partitions is None else str(status.partitions),
            topic.key,
            _keeps(topic),
        )
    Console(highlight=False, width=WIDEST).print(view)


def _changes(status: TopicStatus) -> list[str]:
    return [
        *(f"{status.name}: {item.setting} was {item.found}, now {item.wanted}" for item in status.mended),
        *(
            f"{status.name}: {item.setting} is {item.found or 'not known'}, wanted {item.wanted}"
            for item in status.differences
        ),
    ]


def _keeps(topic: Topic) -> str:
    if topic.retention_s is None:
        return "the latest of each key"
    if topic.retention_s % DAY_S == 0:
        return f"{topic.retention_s // DAY_S} d"
    return f"{topic.retention_s // HOUR_S} h"
