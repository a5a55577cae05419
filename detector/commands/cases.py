"""Files of cases: what is replayed for the scorecard, and what is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from detector.catalog import RULES
from detector.commands.labels import read_labels
from detector.scoring.case import GENERATED, Case, CaseFile, OnsetGoal
from detector.scoring.labels import Label
from producers.errors import UsageError
from producers.reconstruction import labels as generators_labels

OF_THE_GENERATOR = "generator"


class CaseError(UsageError):
    """A file of cases that cannot be meant; the message says where and why."""


def read_cases(path: Path) -> CaseFile:
    """The cases of a TOML file; raises `CaseError`."""
    try:
        file = msgspec.toml.decode(path.read_bytes(), type=CaseFile)
    except FileNotFoundError:
        raise CaseError(f"{path}: no such file; --cases names a file of cases") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: {error}") from error
    names = [case.name for case in file.case]
    for case in file.case:
        if names.count(case.name) > 1:
            raise CaseError(f"{path}: two cases are called {case.name!r}")
        if not case.source:
            raise CaseError(f"{path}: the case {case.name!r} has no source")
        for goal in case.goals:
            unknown = [rule for rule in goal.rules if rule not in RULES] if isinstance(goal, OnsetGoal) else []
            if unknown:
                raise CaseError(f"{path}: no rule {unknown[0]!r} in the case {case.name!r}; `cascade rules` lists them")
        if case.source[0] in GENERATED and len(case.source) > 1:
            raise CaseError(f"{path}: the case {case.name!r} mixes what is made up with something else")
    return file


def chosen(cases: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """Those of these names in the order of the file, or all where none is named; raises `CaseError`."""
    known = [case.name for case in cases]
    for name in names:
        if name not in known:
            raise CaseError(f"no case is called {name!r}; there are {', '.join(known)}")
    return [case for case in cases if not names or case.name in names]


def labels_of(case: Case, folder: Path) -> list[Label]:
    """All labels of a case, by onset; `folder` is that of the file of cases."""
    found: list[Label] = []
    for name in case.labels:
        if name == OF_THE_GENERATOR:
            found += (
                Label(told.stage, told.scope, told.asset, told.onset_ns, told.clear_ns, told.tolerance_s, told.note)
                for told in generators_labels()
            )
        else:
            found += read_labels(folder / name)
    return sorted(found, key=lambda label: (label.onset_ns, label.stage, label.scope, label.asset))
