"""The kernel twice: interpreted from its source, and compiled (as installed, or built for the occasion)."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

SOURCE = Path(__file__).resolve().parents[2] / "detector" / "kernel.py"
COMPILE_S = 240  # slow shared machines need half a minute


class NoCompilerError(Exception):
    """Why there is no compiled kernel here."""


def load(name: str, path: Path) -> ModuleType:
    """A module of its own from a file, whatever is imported already."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module in {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def interpreted() -> ModuleType:
    """The source, run as ordinary Python."""
    return load("interpreted_kernel", SOURCE)


def _built(directory: Path, optimise: str) -> Path:
    package = directory / "detector"
    package.mkdir(parents=True)
    for name in ("__init__.py", "_cython.py", "kernel.py"):
        shutil.copy(SOURCE.with_name(name), package)
    script = (
        "from Cython.Build import cythonize; from setuptools import Extension, setup;"
        "setup(name='twin', packages=[], ext_modules=cythonize([Extension('detector.kernel', ['detector/kernel.py'],"
        f"extra_compile_args=['-ffp-contract=off', '-g0', '{optimise}'])], quiet=True))"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, "-q", "build_ext", "--inplace"]
    outcome = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=COMPILE_S, check=False)  # noqa: S603
    for suffix in EXTENSION_SUFFIXES:
        if (extension := package / f"kernel{suffix}").exists():
            return extension
    raise NoCompilerError(f"the kernel does not compile here: {outcome.stderr.strip()[-500:]}")


def compiled(directory: Path, optimise: str = "-O1") -> ModuleType:
    """The extension in use, when it is newer than its source, or else one built in `directory`; `NoCompilerError`."""
    for suffix in EXTENSION_SUFFIXES:
        installed = SOURCE.with_name(f"kernel{suffix}")
        if installed.exists() and installed.stat().st_mtime >= SOURCE.stat().st_mtime:
            return load("compiled_twin.kernel", installed)
    if importlib.util.find_spec("Cython") is None:
        raise NoCompilerError("neither a compiled kernel nor Cython is installed")
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        raise NoCompilerError(f"no C compiler ({compiler})")
    return load("compiled_twin.kernel", _built(directory, optimise))
