"""What this machine runs a broker with: a Java that is new enough, and the jars."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kit.kafka.errors import Unavailable
from tests.kit.kafka.jars import HERE, VERSION, find_jars

JAVA_AT_LEAST = 17
"""Brokers of Kafka 4 are compiled for it."""

LEAN = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:MaxDirectMemorySize=128m",
    "-XX:+UseSerialGC",
    # The first compiler only: a broker of a test does not live long enough to earn back the second one's work.
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """Java and the jars."""

    java: str
    jars: Path

    def command(self, main_class: str, *arguments: str, scratch: Path) -> list[str]:
        """The command line of a program in the jars; native libraries are unpacked to `scratch`, not to /tmp."""
        configuration = f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"
        where = (f"-Djava.io.tmpdir={scratch}", configuration, "-cp", f"{self.jars}/*")
        return [self.java, *LEAN, *where, main_class, *arguments]


def find_installation(environ: Mapping[str, str]) -> Installation:
    """Java first, which is asked in 0.1 s, then the jars; raises `Unavailable` with what is missing."""
    return Installation(find_java(environ), find_jars(environ))


def find_java(environ: Mapping[str, str]) -> str:
    """`JAVA_HOME`'s Java, or the one in PATH."""
    home = environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java", path=environ.get("PATH"))
    if java is None:
        raise Unavailable(f"no java in PATH and no JAVA_HOME; Kafka {VERSION} needs Java {JAVA_AT_LEAST}")
    try:
        # Java tells its version on stderr.
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{java} does not run: {error}") from None
    feature = feature_version(said.stderr)
    if feature is None:
        raise Unavailable(f"{java} does not tell its version")
    if feature < JAVA_AT_LEAST:
        raise Unavailable(f"{java} is Java {feature}; Kafka {VERSION} needs Java {JAVA_AT_LEAST}")
    return java


def feature_version(said: str) -> int | None:
    """The number that people mean by "Java 17".

    >>> feature_version('openjdk version "17.0.15" 2025-04-15'), feature_version('java version "1.8.0_402"')
    (17, 8)
    >>> feature_version("The operation couldn't be completed. Unable to locate a Java Runtime.")
    """
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None
