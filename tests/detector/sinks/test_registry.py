from __future__ import annotations

from pathlib import Path

import pytest

from detector.sinks.http import Http
from detector.sinks.registry import SINKS
from tests.kit.sending import CANARIES, HTTP_SINKS, a_sink


def test_every_sink_has_a_type_of_its_own() -> None:
    """A configuration would open another sink than it names."""
    tags = [str(settings.__struct_config__.tag) for settings in SINKS]
    assert len(tags) == len(set(tags))
    assert set(HTTP_SINKS) <= set(tags)
    assert all(
        settings.__struct_config__.frozen and settings.__struct_config__.forbid_unknown_fields for settings in SINKS
    )


def test_every_type_is_in_the_document() -> None:
    """People would not know what a channel does with what goes on."""
    table = (Path(__file__).parents[3] / "docs" / "channels.md").read_text(encoding="utf-8").partition("## ")[0]
    assert [
        settings.__struct_config__.tag for settings in SINKS if f"`{settings.__struct_config__.tag}`" not in table
    ] == []


@pytest.mark.parametrize("kind", HTTP_SINKS)
async def test_a_sink_is_opened_by_its_settings_and_says_what_it_can_do(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be found out at the first alert."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    sink = a_sink(kind, Http())
    assert all(count > 0 and in_s > 0 for count, in_s in sink.traits.paces)
    # The client gives up first, and knows whether anything was sent.
    assert sink.traits.send_s >= 15
    await sink.close()
