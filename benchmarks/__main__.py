"""`python -m benchmarks`: every measurement that the documents quote, one after the other."""

from __future__ import annotations

import subprocess
import sys

SCRIPTS = ("benchmarks.kernel", "benchmarks.replay")
"""Each runs in a process of its own: one's garbage must not slow the next."""


def main() -> int:
    """Run all; the first failure's exit code."""
    for script in SCRIPTS:
        print(f"== {script}", flush=True)
        code = subprocess.run([sys.executable, "-m", script], check=False).returncode  # noqa: S603 - our own scripts
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
