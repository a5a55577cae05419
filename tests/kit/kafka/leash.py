"""A process that must not outlive this one: a shell holds a pipe to us and kills it when the pipe closes.

The kernel closes the pipe however we end, SIGKILL included. PR_SET_PDEATHSIG would not do: it fires when the *thread*
that started the process ends, and tests start brokers from pools of threads.
"""

from __future__ import annotations

import subprocess
from typing import IO, cast


class Leash:
    """Holds the process `pid` until `let_go()`, which is for one that has ended."""

    def __init__(self, pid: int) -> None:
        command = ["/bin/sh", "-c", 'read -r word || kill -KILL "$1" 2>/dev/null', "leash", str(pid)]
        # A session of its own: Ctrl-C is for us, and the leash must see our end.
        self._shell = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603

    def let_go(self) -> None:
        """The process is gone, and another may get its number."""
        pipe = cast(IO[bytes], self._shell.stdin)
        pipe.write(b"go\n")
        pipe.close()
        self._shell.wait()
