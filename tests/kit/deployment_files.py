"""The files that a deployment is made of, as data: what a person would see in them, without an engine to run them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import typer
import yaml
from typer.core import TyperGroup

from detector.cli import app

ROOT = Path(__file__).resolve().parents[2]


class Instruction(NamedTuple):
    """One of a Dockerfile, its continuation lines joined."""

    word: str
    rest: str

    def words(self) -> list[str]:
        """Of the JSON form, which needs no shell."""
        return msgspec.json.decode(self.rest[self.rest.index("[") :], type=list[str])


def dockerfile_stages() -> list[list[Instruction]]:
    """The instructions of each stage, each beginning with its FROM."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#")).replace("\\\n", " ")
    stages: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            stages.append([])
        stages[-1].append(Instruction(word, rest.strip()))
    return stages


def image_environment() -> dict[str, str]:
    """What the image sets for whatever runs in it."""
    pairs = " ".join(instruction.rest for instruction in dockerfile_stages()[-1] if instruction.word == "ENV")
    return {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|\S+)', pairs)}


def compose_file() -> dict[str, Any]:
    """With its anchors resolved, and of every variable its default."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
    return found


def parse_command(arguments: Sequence[str]) -> dict[str, Any]:
    """The values of a command line, by the program's own parser; raises where it is written wrong."""
    command, rest = typer.main.get_command(app), list(arguments)
    while isinstance(command, TyperGroup):
        command = command.commands[rest.pop(0)]
    return dict(command.make_context(command.name, rest).params)


def commands_that_read(variable: str) -> set[str]:
    """Commands with an option or argument that is taken from an environment variable."""
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, TyperGroup):
            waiting += [(f"{name} {sub}".strip(), inner) for sub, inner in command.commands.items()]
        if any(variable in _names(parameter.envvar) for parameter in command.params):
            found.add(name)
    return found


def _names(envvar: str | Sequence[str] | None) -> Sequence[str]:
    return [envvar] if isinstance(envvar, str) else envvar or ()
