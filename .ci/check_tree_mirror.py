"""Every module has its own test file, at the mirrored place under the mirrored name; every mirrored test its module.

`producers/session.py` is tested by `tests/producers/test_session.py`. Suites that cross modules live in other
directories of `tests/` and are not looked at.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("schemas", "producers", "detector")

EXEMPT = {
    "__init__.py": "only names the package",
    "__main__.py": "only calls the command",
    "_cython.py": "stands in for Cython: every test of the interpreted kernel runs on it",
}


def modules_without_test(root: Path) -> list[str]:
    """Modules for which there is no test file."""
    return [
        f"{module.relative_to(root)} has no {mirror.relative_to(root)}"
        for package in PACKAGES
        for module in sorted((root / package).rglob("*.py"))
        if module.name not in EXEMPT
        and not (mirror := root / "tests" / module.relative_to(root).with_name(f"test_{module.name}")).exists()
    ]


def tests_without_module(root: Path) -> list[str]:
    """Test files in the mirrored part of the tree whose module is gone."""
    return [
        f"{test.relative_to(root)} mirrors no {module.relative_to(root)}"
        for package in PACKAGES
        for test in sorted((root / "tests" / package).rglob("test_*.py"))
        if not (module := root / test.relative_to(root / "tests").with_name(test.name.removeprefix("test_"))).exists()
    ]


if __name__ == "__main__":
    problems = modules_without_test(ROOT) + tests_without_module(ROOT)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    sys.exit(bool(problems))
