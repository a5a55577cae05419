"""A table of a configuration: what is right, and words for all that is wrong."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest

from detector.sinks.overrides import Given
from detector.sinks.table import read_table


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    start: str
    end: str = ""


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    count: int | None = None
    share: float = 0.5
    loud: bool = False
    levels: tuple[Literal["LOW", "HIGH"], ...] = ()
    token_file: str | None = None
    token_env: str | None = None
    hours: Inner | None = None

    def __post_init__(self) -> None:
        if self.share > 1:
            raise ValueError("share is at most 1")


def faults(**table: Any) -> list[str]:
    """What is said of it."""
    found: list[str] = []
    read_table({"name": "x", **table}, Outer, "[outer]", found)
    return found


def test_a_table_is_a_struct_with_its_inner_tables() -> None:
    """A nested table would stay a dict that nobody checked."""
    found: list[str] = []
    made = read_table({"name": "x", "share": 1, "hours": {"start": "22:00"}}, Outer, "[outer]", found)
    assert made == Outer(name="x", share=1.0, hours=Inner(start="22:00"))
    assert found == []


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"nam": "y"}, "[outer] nam: there is no such key (name?); known here: name, count, share,"),
        ({"count": "5"}, "[outer] count: expected a whole number, got a text"),
        ({"count": 1.5}, "[outer] count: expected a whole number, got a number"),
        ({"loud": "yes"}, "[outer] loud: expected true or false, got a text"),
        ({"name": 5}, '[outer] name: expected a text in "quotes", got a whole number'),
        ({"levels": "HIGH"}, '[outer] levels: expected a list: ["one", "two"], got a text'),
        ({"levels": ["HIGH", "high"]}, "[outer] levels: there is no 'high' (value 2 of the list); known: LOW, HIGH"),
        ({"hours": "22-7"}, "[outer] hours: expected a table of some of { start = ..., end = ... }"),
        ({"hours": {"end": "7"}}, "[outer] hours needs start = ..."),
        ({"hours": {"start": 7}}, '[outer] hours start: expected a text in "quotes", got a whole number'),
        ({"share": 2.0}, "[outer]: share is at most 1"),
    ],
)
def test_what_is_wrong_is_said_in_words_that_name_the_place(table: dict[str, Any], says: str) -> None:
    """A person would be told about `$[1]` and arrays."""
    (fault,) = faults(**table)
    assert fault.startswith(says)


def test_all_of_it_is_said_at_once() -> None:
    """Each mistake would cost another try."""
    assert len(faults(nam="y", count="5", loud="no", hours={"begin": 1})) == 5


def test_a_secret_in_the_table_is_refused_and_not_repeated() -> None:
    """The token would stand in a log, in the terminal of whoever looks over a shoulder, and in the repository."""
    (fault,) = faults(token="123456:CANARY")  # noqa: S106 - what must not be said
    assert "token_file or token_env" in fault
    assert "CANARY" not in fault


@pytest.mark.parametrize(
    ("table", "made"),
    [
        ({"count": "5"}, {"count": 5}),
        ({"share": "0.25"}, {"share": 0.25}),
        ({"loud": "true"}, {"loud": True}),
        ({"name": "5"}, {"name": "5"}),
        ({"levels": "LOW, HIGH"}, {"levels": ("LOW", "HIGH")}),
    ],
)
def test_a_variable_is_read_as_the_type_of_its_key(table: dict[str, str], made: dict[str, Any]) -> None:
    """Everything in the environment is a text."""
    found: list[str] = []
    given = {key: Given(value, "CASCADE_X") for key, value in table.items()}
    assert read_table({"name": "x", **given}, Outer, "[outer]", found) == Outer(**{"name": "x", **made})
    assert found == []


def test_a_wrong_variable_is_named_and_its_value_is_not() -> None:
    """Whoever reads that `count` is wrong would look into the file."""
    (fault,) = faults(count=Given("CANARY", "CASCADE_OUTER__COUNT"))
    assert fault == "CASCADE_OUTER__COUNT, which sets [outer] count: expected a whole number"
