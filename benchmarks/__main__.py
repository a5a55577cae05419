"""`python -m benchmarks [kafka]`: every measurement that the documents quote, one after the other."""

from __future__ import annotations

import subprocess
import sys

SCRIPTS = ("benchmarks.kernel", "benchmarks.replay", "benchmarks.signals", "benchmarks.throttle")
KAFKA_SCRIPTS = ("benchmarks.kafka_throughput", "benchmarks.kafka_latency", "benchmarks.kafka_cost")
"""These need a broker, and minutes. Each script runs in a process of its own: one's garbage must not slow the next."""


def main() -> int:
    """Run all; the first failure's exit code."""
    for script in KAFKA_SCRIPTS if sys.argv[1:] == ["kafka"] else SCRIPTS:
        print(f"== {script}", flush=True)
        code = subprocess.run([sys.executable, "-m", script], check=False).returncode  # noqa: S603 - our own scripts
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
