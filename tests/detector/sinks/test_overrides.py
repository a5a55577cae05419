"""Variables of the environment in place of what the file says."""

from __future__ import annotations

from typing import Any

import pytest

from detector.sinks.overrides import Given, override


def overridden(tables: dict[str, Any], **environ: str) -> tuple[dict[str, Any], list[str]]:
    """The tables afterwards, and what was said."""
    faults: list[str] = []
    override(tables, environ, faults)
    return tables, faults


def test_a_key_is_found_whatever_its_case_and_with_its_dashes() -> None:
    """Shells know no dashes in names, and a second sink of almost the same name would appear."""
    tables, faults = overridden({"sinks": {"My-Phone": {"chat_id": "1"}}}, CASCADE_SINKS__MY_PHONE__CHAT_ID="2")
    assert tables == {"sinks": {"My-Phone": {"chat_id": "2"}}}
    assert faults == []


def test_what_the_file_does_not_name_can_be_added() -> None:
    """A container without any file could not be configured."""
    tables, faults = overridden({}, CASCADE_SINKS__PHONE__TYPE="telegram", CASCADE_NOTIFY__EXPIRES_S="60")
    assert tables == {"sinks": {"phone": {"type": "telegram"}}, "notify": {"expires_s": "60"}}
    assert faults == []


def test_a_route_is_named_by_its_number_from_one() -> None:
    """The first route would be another than the one that errors and `config check` call the first."""
    tables, faults = overridden({"routes": [{}, {}]}, CASCADE_ROUTES__2__MATCH__ASSET="BTC")
    assert tables == {"routes": [{}, {"match": {"asset": "BTC"}}]}
    assert faults == []


def test_the_variable_that_said_it_is_known() -> None:
    """`config show` could not say where a value came from."""
    tables, _ = overridden({}, CASCADE_NOTIFY__STORE="x")
    assert isinstance(tables["notify"]["store"], Given)
    assert tables["notify"]["store"].variable == "CASCADE_NOTIFY__STORE"


@pytest.mark.parametrize("variable", ["CASCADE_CONFIG", "CASCADE_ALIVE_FILE", "CASCADE_TOPIC_PREFIX", "OTHER__KEY"])
def test_variables_of_other_meaning_are_left_alone(variable: str) -> None:
    """The variables of other options would be mistakes."""
    assert overridden({}, **{variable: "x"}) == ({}, [])


def test_an_empty_variable_says_nothing() -> None:
    """A compose file passes on what is not set as empty."""
    assert overridden({}, CASCADE_NOTIFY__STORE="") == ({}, [])


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("CASCADE_NOTIFI__STORE", "there is no section NOTIFI; known: NOTIFY, SINKS, ROUTES"),
        ("CASCADE_KAFKA__CLIENT_ID", "the settings of Kafka are set by KAFKA_CLIENT_ID"),
        ("CASCADE_NOTIFY__", "write CASCADE_SECTION__KEY"),
        ("CASCADE_SINKS__PHONE", "it has to name a key of PHONE"),
        ("CASCADE_SINKS__PHONE__CHAT_ID__X", "CHAT_ID is no table"),
        ("CASCADE_ROUTES__MIN_LEVEL", "it has to name a route and its key: CASCADE_ROUTES__1__MIN_LEVEL"),
        ("CASCADE_ROUTES__3__MIN_LEVEL", "the file has 1 [[routes]], numbered from 1"),
        ("CASCADE_ROUTES__0__MIN_LEVEL", "the file has 1 [[routes]], numbered from 1"),
    ],
)
def test_a_variable_that_sets_nothing_is_said(variable: str, says: str) -> None:
    """A misspelt override would silently not be one."""
    before = {"sinks": {"phone": {"chat_id": "1"}}, "routes": [{"sinks": ["phone"]}]}
    tables, (fault,) = overridden(before, **{variable: "CANARY"})
    assert fault.startswith(f"{variable} is not read: ")
    assert says in fault
    assert "CANARY" not in f"{fault}{tables}"
