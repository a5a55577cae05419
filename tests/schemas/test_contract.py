from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import contract
from schemas.codec import EVENTS, OUTPUTS


def _schema(name: str) -> Any:
    return json.loads((contract.CONTRACTS / name).read_text(encoding="utf-8"))


def _parts(schema: Any) -> list[Any]:
    """A field, what it may be, and what a list or a map of it holds."""
    held = [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    return [schema, *schema.get("anyOf", ()), *held]


def test_the_published_contracts_say_what_the_code_does() -> None:
    """People would write readers against messages that are no longer sent."""
    assert contract.drift() == []


def test_every_message_is_in_a_contract() -> None:
    """A kind would appear on the wire that no schema describes."""
    kinds = {*_schema("event.json")["discriminator"]["mapping"], *_schema("output.json")["discriminator"]["mapping"]}
    assert kinds == {message.__struct_config__.tag for message in (*EVENTS, *OUTPUTS)}


@pytest.mark.parametrize("name", ["event.json", "output.json", "webhook.json"])
def test_every_property_has_its_unit_in_the_contract(name: str) -> None:
    """The unit would be known to Python readers alone."""
    without = [
        f"{definition}.{field}"
        for definition, body in _schema(name)["$defs"].items()
        for field, schema in body["properties"].items()
        if not any({"unit", "enum", "$ref"} & part.keys() for part in _parts(schema))
    ]
    assert without == []


@pytest.mark.parametrize("name", ["event.json", "output.json", "webhook.json"])
def test_no_contract_forbids_fields_that_a_later_version_adds(name: str) -> None:
    """Every addition would break validating readers."""
    assert '"additionalProperties": false' not in json.dumps(_schema(name))


def test_a_field_is_described_by_its_own_docstring_where_it_has_one() -> None:
    """A reader of the schema would see the unit but not the meaning."""
    definitions = _schema("event.json")["$defs"]
    assert "closed" in definitions["Liquidation"]["properties"]["liquidated"]["description"]
    assert "venue's clock" in definitions["Trade"]["properties"]["ts_event_ns"]["description"]


def test_the_topics_are_described_by_the_same_schemas() -> None:
    """A bot built from the one document could not read what the other describes."""
    inside = _schema("asyncapi.json")["components"]["schemas"]
    alone = {**_schema("event.json")["$defs"], **_schema("output.json")["$defs"]}
    assert inside == json.loads(json.dumps(alone).replace("#/$defs/", "#/components/schemas/"))


def test_check_names_the_outdated_file_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A forgotten regeneration would pass the build."""
    monkeypatch.setattr(contract, "CONTRACTS", tmp_path)
    (tmp_path / "event.json").write_text("{}", encoding="utf-8")
    assert contract.main(["--check"]) == 1
    assert "event.json is out of date" in capsys.readouterr().err
    assert (tmp_path / "event.json").read_text(encoding="utf-8") == "{}"


def test_writing_makes_the_directory_match_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed contract would leave its old file to mislead people."""
    monkeypatch.setattr(contract, "CONTRACTS", tmp_path / "contracts")
    assert contract.main([]) == 0
    (tmp_path / "contracts" / "left_over.json").write_text("{}", encoding="utf-8")
    assert contract.drift() == ["left_over.json"]
    assert contract.main([]) == 0
    assert contract.drift() == []
    assert contract.main(["--check"]) == 0
