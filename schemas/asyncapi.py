"""AsyncAPI 3.0 from the table of topics: what a subscriber finds where, keyed how, kept how long.

https://www.asyncapi.com/docs/reference/specification/v3.0.0 with the Kafka bindings 0.5.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.base import Event
from schemas.codec import EVENTS
from schemas.topics import HEADERS, KEYS, Topic

BINDING = "0.5.0"

INFO = {
    "title": "cascade-detector",
    # The major version is in the name of each topic; within it fields are only added.
    "version": "1",
    "description": (
        "Market data of crypto venues, and what the detector of liquidation cascades says about it, on Kafka. "
        "Keys and headers are UTF-8. Keys are placed by murmur2, as Java clients do; a client of librdkafka needs "
        "`partitioner=murmur2_random`. A topic may carry the prefix of a deployment. "
        "Integers are exact up to 64 bits: a reader that keeps numbers as doubles loses nanoseconds."
    ),
    "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
}


def document(topics: Sequence[Topic], schemas: dict[str, Any]) -> dict[str, Any]:
    """The document; `schemas` has the JSON Schema of each message under its class name, with references to
    `#/components/schemas`.
    """
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, schemas) for topic in topics},
        "operations": {
            f"write {topic.name}": {"action": "send", "channel": {"$ref": f"#/channels/{topic.name}"}}
            for topic in topics
        },
        "components": {"schemas": schemas},
    }


def _channel(topic: Topic, schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {
            name: {"name": name, **message, **_record(topic)} for name, message in _messages(topic, schemas).items()
        },
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {name: _typed(name, value) for name, value in topic.config().items()},
                "bindingVersion": BINDING,
            }
        },
    }


def _messages(topic: Topic, schemas: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a value may be, by name."""
    if topic.value == "opaque":
        payload = {"type": "string", "format": "binary"}
        return {"bytes": {"summary": topic.description, "contentType": "application/octet-stream", "payload": payload}}
    kinds = [kind for message in topic.messages for kind in (EVENTS if message is Event else (message,))]
    if topic.value == "json array":
        items = {"anyOf": [_reference(kind) for kind in kinds]}
        return {"frame": {"summary": topic.description, "payload": {"type": "array", "items": items}}}
    return {
        str(kind.__struct_config__.tag): {
            "summary": schemas[kind.__name__]["description"].splitlines()[0],
            "payload": _reference(kind),
        }
        for kind in kinds
    }


def _record(topic: Topic) -> dict[str, Any]:
    """Headers and key: the same whatever the value is."""
    key = {"type": "string", "description": KEYS[topic.key]}
    record: dict[str, Any] = {"bindings": {"kafka": {"key": key, "bindingVersion": BINDING}}}
    if topic.headers is not None:
        headers = HEADERS[topic.headers]
        record["headers"] = {
            "type": "object",
            "required": list(headers),
            "properties": {name: {"type": "string", "description": text} for name, text in headers.items()},
        }
    return record


def _reference(message: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{message.__name__}"}


def _typed(name: str, value: str) -> Any:
    """The bindings write a list and numbers where Kafka takes words."""
    if name == "cleanup.policy":
        return value.split(",")
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value
