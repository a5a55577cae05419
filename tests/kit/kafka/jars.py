"""The jars of Apache Kafka: resolved once by Maven into a cache outside the checkout, and held to `jars.sha256`.

The folder is named after the lock, is filled aside and renamed into place, and never changes afterwards: other
checkouts and running brokers are not disturbed. `CASCADE_KAFKA_JARS` names another folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.kit.kafka.errors import Unavailable, WrongJars

VERSION = "4.3.1"
HERE = Path(__file__).resolve().parent
LOCK = HERE / "jars.sha256"

RESOLVE_S = 300
"""43 MB from a slow mirror take minutes, a mirror that hangs takes for ever."""


def jar_folder(environ: Mapping[str, str]) -> Path:
    """Where the jars are, or will be."""
    if named := environ.get("CASCADE_KAFKA_JARS"):
        return Path(named).expanduser().absolute()
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "cascade-detector" / f"kafka-{VERSION}-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]}"


def find_jars(environ: Mapping[str, str], *, lock: Path = LOCK) -> Path:
    """The folder with every jar of the lock and no other; resolves them where they are not there yet."""
    folder = jar_folder(environ)
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"no place for the Kafka jars ({error}); set CASCADE_KAFKA_JARS") from None
        with _turn(folder.with_name(f"{folder.name}.lock")):
            # Whoever had the turn before may have done the work.
            if not folder.is_dir():
                _resolve(folder, environ, lock)
    verify(folder, lock)
    return folder


def verify(folder: Path, lock: Path) -> None:
    """Raise `WrongJars` unless the folder holds exactly the jars of the lock."""
    wanted = {name: digest for digest, name in (line.split() for line in lock.read_text().splitlines())}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jar")}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        differ = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        raise WrongJars(f"{folder} is not what {lock.name} pins ({differ}); delete it, and it is resolved anew")


def _resolve(folder: Path, environ: Mapping[str, str], lock: Path) -> None:
    maven = shutil.which("mvn", path=environ.get("PATH"))
    if maven is None:
        raise Unavailable(f"no Kafka jars in {folder}, and no Maven (mvn) to resolve them with")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as aside:
        jars = Path(aside) / "jars"
        command = [maven, "-B", "-q", "-f", str(HERE / "pom.xml")]
        command += ["dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
        try:
            done = subprocess.run(  # noqa: S603 - Maven from the caller's own PATH
                command, env=dict(environ), capture_output=True, text=True, timeout=RESOLVE_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"Maven did not resolve the Kafka jars within {RESOLVE_S} s") from None
        if done.returncode:
            said = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no reason given")
            raise Unavailable(f"Maven could not resolve the Kafka jars: {said[:300]}")
        verify(jars, lock)
        jars.rename(folder)


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """One process at a time; the kernel ends the turn of one that dies."""
    deadline_s = time.monotonic() + RESOLVE_S
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline_s:
                    raise Unavailable(f"another process has held {path} for {RESOLVE_S} s") from None
                time.sleep(0.1)
        yield
