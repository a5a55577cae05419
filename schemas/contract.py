"""JSON Schemas of everything that is written, generated from the messages: `python -m schemas.contract [--check]`.

`contracts/event.json` is a market event, `contracts/output.json` a line that the detector writes,
`contracts/webhook.json` the body of a webhook, `contracts/asyncapi.json` says which of them are in which topic. With
`--check` nothing is written and a difference is an error, so that the published contract cannot fall behind the code.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from schemas import alert, asyncapi, base, clock, health, instrument, market, reading, state, webhook
from schemas.codec import AnyEvent, Output
from schemas.topics import TOPICS
from schemas.webhook import WebhookBody

CONTRACTS = Path(__file__).with_name("contracts")

CONTENTS: dict[str, tuple[Any, str]] = {
    "event.json": (AnyEvent, "A market event"),
    "output.json": (Output, "What the detector says: a condition's transition, an alert, a reading, or that it lives"),
    "webhook.json": (WebhookBody, "The body of a webhook: a message, or that somebody watches"),
}

INTEGERS = "Integers are exact up to 64 bits: a reader that keeps numbers as doubles loses nanoseconds."


def generate() -> dict[str, str]:
    """Each contract's file name and text."""
    texts = {name: _text(_schema(union, title)) for name, (union, title) in CONTENTS.items()}
    _, definitions = _components([AnyEvent, Output], "#/components/schemas/{name}")
    return texts | {"asyncapi.json": _text(asyncapi.document(TOPICS, definitions))}


def drift() -> list[str]:
    """The contracts in `contracts/` that differ from the messages, are missing, or belong to none."""
    expected = generate()
    found = {path.name: path.read_text(encoding="utf-8") for path in CONTRACTS.glob("*.json")}
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


def main(arguments: list[str] | None = None) -> int:
    """Write the contracts, or with `--check` say which of them are out of date."""
    parser = argparse.ArgumentParser(prog="python -m schemas.contract", description="JSON Schemas of the messages.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is out of date")
    check = parser.parse_args(arguments).check
    texts, outdated = generate(), drift()
    for name in outdated:
        path = CONTRACTS / name
        if check:
            sys.stderr.write(f"schemas/contracts/{name} is out of date: run python -m schemas.contract\n")
        elif name in texts:
            CONTRACTS.mkdir(exist_ok=True)
            path.write_text(texts[name], encoding="utf-8")
        else:
            path.unlink()
    return 1 if check and outdated else 0


def _text(contract: dict[str, Any]) -> str:
    return json.dumps(contract, indent=2, ensure_ascii=False) + "\n"


def _schema(union: Any, title: str) -> dict[str, Any]:
    (root,), definitions = _components([union], "#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": INTEGERS,
        **root,
        "$defs": definitions,
    }


def _components(types: list[Any], reference: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Schemas of the types, and the definitions that they refer to."""
    roots, definitions = msgspec.json.schema_components(types, ref_template=reference)
    notes = _notes()
    for name, definition in definitions.items():
        definition["description"] = inspect.cleandoc(definition["description"])
        for field, schema in definition["properties"].items():
            _describe(schema, notes.get((name, field)))
    return roots, definitions


def _describe(schema: dict[str, Any], note: str | None) -> None:
    """Unit and meaning belong to the field, whether or not it may be null."""
    carriers = [schema, *schema.get("anyOf", ())]
    units = [carrier.pop("unit") for carrier in carriers if "unit" in carrier]
    meanings = [carrier.pop("description") for carrier in carriers if "description" in carrier]
    rest = dict(schema)
    schema.clear()
    if note or meanings:
        schema["description"] = note or " ".join(meanings)
    if units:
        schema["unit"] = " or ".join(units)
    schema.update(rest)


def _notes() -> dict[tuple[str, str], str]:
    """The docstring under each field, by class and field."""
    notes: dict[tuple[str, str], str] = {}
    for module in (base, clock, instrument, market, health, alert, reading, state, webhook):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                notes.update(_class_notes(node, notes))
    return notes


def _class_notes(node: ast.ClassDef, known: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    parents = {parent.id for parent in node.bases if isinstance(parent, ast.Name)}
    inherited = {(node.name, field): note for (name, field), note in known.items() if name in parents}
    own = {
        (node.name, field.target.id): " ".join(note.value.value.split())
        for field, note in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
        and isinstance(note.value.value, str)
    }
    return inherited | own


if __name__ == "__main__":
    sys.exit(main())
