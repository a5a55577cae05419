"""The structure that AsyncAPI 3.0.0 and its Kafka bindings 0.5.0 require."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.codec import EVENTS
from schemas.contract import CONTRACTS
from schemas.topics import ALERTS, FRAMES, HEALTH, SNAPSHOTS, STATE, TOPICS, Topic

DOCUMENT = json.loads((CONTRACTS / "asyncapi.json").read_text(encoding="utf-8"))
CHANNEL = {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags", "bindings"}
MESSAGE = {"name", "title", "summary", "description", "contentType", "headers", "payload", "bindings", "examples"}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)


def _resolve(reference: str) -> Any:
    node = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def test_the_document_says_what_it_is() -> None:
    """No tool would open it."""
    assert re.fullmatch(r"3\.0\.\d+", DOCUMENT["asyncapi"])
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    known = {"asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components", "id"}
    assert DOCUMENT.keys() <= known


def test_every_reference_leads_somewhere() -> None:
    """A generator of clients would stop at the first."""
    references = set(_references(DOCUMENT))
    assert len(references) > len(TOPICS)
    assert all(isinstance(_resolve(reference), dict) for reference in references)


def test_no_schema_is_left_that_nothing_refers_to() -> None:
    """A message would be described that is in no topic."""
    used = {reference.rsplit("/", 1)[1] for reference in _references(DOCUMENT)}
    assert DOCUMENT["components"]["schemas"].keys() <= used


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_channel_says_what_the_table_says(topic: Topic) -> None:
    """A subscriber would look in the wrong partition, or too late."""
    channel = DOCUMENT["channels"][topic.name]
    assert channel.keys() <= CHANNEL
    assert (channel["address"], channel["description"]) == (topic.name, topic.description)
    binding = channel["bindings"]["kafka"]
    assert (binding["partitions"], binding["bindingVersion"]) == (topic.partitions, "0.5.0")
    assert binding["topicConfiguration"]["cleanup.policy"] == [topic.cleanup]
    assert binding["topicConfiguration"].keys() == topic.config().keys()
    assert isinstance(binding["topicConfiguration"]["retention.ms"], int)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_message_has_a_payload_and_a_key(topic: Topic) -> None:
    """A bot could not be written from the document alone."""
    messages = DOCUMENT["channels"][topic.name]["messages"]
    assert messages
    for name, message in messages.items():
        assert message.keys() <= MESSAGE
        assert (message["name"], bool(message["payload"]), bool(message["summary"])) == (name, True, True)
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        assert ("headers" in message) == (topic.headers is not None)


def test_each_kind_in_a_topic_is_a_message_of_its_own() -> None:
    """A subscriber would not know what to expect beside alerts and gaps."""
    channels = DOCUMENT["channels"]
    assert set(channels[HEALTH.name]["messages"]) == {"gap", "venue_status", "self_check"}
    assert set(channels[STATE.name]["messages"]) == {"transition", "market_state", "heartbeat"}
    assert channels[SNAPSHOTS.name]["messages"]["bytes"]["contentType"] == "application/octet-stream"
    items = channels[FRAMES.name]["messages"]["frame"]["payload"]["items"]["anyOf"]
    assert [item["$ref"].rsplit("/", 1)[1] for item in items] == [event.__name__ for event in EVENTS]


def test_alerts_have_the_headers_of_cloudevents() -> None:
    """A router would be configured without them."""
    headers = DOCUMENT["channels"][ALERTS.name]["messages"]["alert"]["headers"]
    assert {"ce_id", "ce_source", "ce_specversion", "ce_type"} <= set(headers["required"])


def test_every_topic_is_written_by_us() -> None:
    """Tools that list operations would show an empty page."""
    operations = DOCUMENT["operations"].values()
    assert {operation["action"] for operation in operations} == {"send"}
    assert [operation["channel"]["$ref"] for operation in operations] == [
        f"#/channels/{topic.name}" for topic in TOPICS
    ]


def test_schemas_have_only_what_the_default_format_knows() -> None:
    """AsyncAPI's own schemas name a discriminator by a string; the object of other formats would be refused."""
    assert '"discriminator"' not in json.dumps(DOCUMENT)
    assert '"$defs"' not in json.dumps(DOCUMENT)
