"""Receives signed webhooks, prints a line for each message, and writes the postures in force for `posture_guard.py`.

Needs aiohttp, nothing of this project: copy it. Signatures are those of Standard Webhooks 1.0. Answers: 204 taken, or
had already; 400 no message of ours; 401 not signed by whom we know, or not now; 408 too slow; 413 too long; 503 not
written down, send it again. Exit codes: 1 something that you can mend, 2 written wrong.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

WINDOW_S = 300
"""A signature that is older, or from the future, is not from now."""
BODY_BYTES = 256 * 1024
BODY_S = 10.0
THREADS = 1_000
"""So many are remembered, to know a revision that comes late."""
FORGET_S = 86_400.0
"""A story of which nothing more was said for so long: its detector was replaced by one that does not know it."""
PRESENT_S = 60.0
"""A judgement of a second that is further from when it was signed is none: it is of the past, or of no clock."""
LONGEST_ID = 256
TAKEN = 10_000
"""So many messages are remembered, to know one that comes twice."""
STRICTER = ("resume", "normal", "reduce", "halt_new", "no_market_orders")
"""The strictest last; a word that is not here is one that we do not know, and stricter."""
OF_LEVEL = {
    "CLEAR": "normal",
    "WATCH": "normal",
    "WARN": "reduce",
    "HIGH": "reduce",
    "CRITICAL": "halt_new",
    "EMERGENCY": "halt_new",
}
"""What a level says where nobody said what to do."""


class SignatureError(Exception):
    """The request is not from whom we know, or not from now."""


class FileError(Exception):
    """The posture file cannot be written, or is no such file."""


def strictest(*postures: str) -> str:
    """The one that allows least; `normal` of none."""
    known = [posture if posture in STRICTER else STRICTER[-1] for posture in postures]
    return max(known, key=STRICTER.index, default="normal")


def read_secrets(text: str) -> list[bytes]:
    """Keys, one a line: while a secret is changed both stand there. Raises ValueError."""
    keys = [base64.b64decode(line.strip().removeprefix("whsec_"), validate=True) for line in text.split()]
    if not keys or any(len(key) < 16 for key in keys):
        raise ValueError("a secret is whsec_ and at least 16 bytes in base64, one a line")
    return keys


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now_s: float) -> tuple[str, int]:
    """The id of the message and when it was signed. Raises SignatureError."""
    try:
        message_id, moment, signatures = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise SignatureError(f"no header {error}") from None
    if len(message_id) > LONGEST_ID:
        raise SignatureError("webhook-id is too long")
    if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
        raise SignatureError("webhook-timestamp is no number of seconds")
    signed = b".".join((message_id.encode(errors="surrogateescape"), moment.encode(), body))
    wanted = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    given = [s.partition(",")[2].encode(errors="replace") for s in signatures.split(" ")[:10] if s.startswith("v1,")]
    # All pairs are compared, so that the time it takes says nothing.
    if not sum(hmac.compare_digest(one, other) for one in wanted for other in given):
        raise SignatureError("no signature of ours")
    if abs(now_s - int(moment)) > WINDOW_S:
        raise SignatureError(f"signed {now_s - int(moment):.0f} s ago: do both clocks agree?")
    return message_id, int(moment)


class Standing:
    """The newest revision of each thread, and the file that tells it. After a restart it goes on from the file.

    Parameters
    ----------
    recorded
        A recording is played: its seconds are of the past.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, *, recorded: bool = False) -> None:
        self._path, self._clock, self._recorded = path, clock, recorded
        self._has_baseline = False
        self._signs = {"heartbeat": 0.0, "judgement": 0.0}
        self._judged_ns, self._level = 0, "CLEAR"
        self._threads: dict[str, dict[str, Any]] = {}
        try:
            if path.exists():
                found = json.loads(path.read_bytes())
                self._signs, self._threads = found["signs"], found["threads"]
                self._judged_ns, self._level = found["judged_ns"], found["level"]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise FileError(f"{path} is not what this program wrote ({error!r}): move it away") from None

    def take(self, body: dict[str, Any], signed_s: float) -> str | None:
        """A verified body; the line to print, None where it is no news. Raises LookupError or TypeError where it is no
        message of ours.
        """
        if body["type"] == "cascade.heartbeat.v1":
            self._beat(body["state"], signed_s)
            return None
        if body["type"] != "cascade.message.v1":
            raise LookupError(body["type"])
        thread, revision = body["thread_id"], int(body["revision"])
        if not isinstance(thread, str) or len(thread) > LONGEST_ID:
            raise TypeError("thread_id is no short text")
        postures: dict[str, str] = {}
        for alert in body["alerts"]:
            if alert["status"] != "resolved":
                scope = str(alert["scope"])
                postures[scope] = strictest(alert["posture"], postures.get(scope, "resume"))
        if body.get("left_out") and not body["ended"]:
            # Whom the alerts that were left out are about cannot be known.
            postures["market"] = strictest(body["posture"], postures.get("market", "resume"))
        line = f"{body['level']} {body['posture']} {body['act']}: {body['title']} [{thread} {revision}]"
        if revision <= self._threads.get(thread, {"revision": -1})["revision"]:
            return None
        self._threads.pop(thread, None)
        self._threads[thread] = {"revision": revision, "at_s": signed_s, "postures": {} if body["ended"] else postures}
        while len(self._threads) > THREADS:
            over = (name for name, known in self._threads.items() if not known["postures"])
            del self._threads[next(over, next(iter(self._threads)))]
        return line

    def _beat(self, state: dict[str, Any] | None, signed_s: float) -> None:
        judged_ns, level = self._judged_ns, self._level
        if state is not None and not state.get("missing_partitions"):
            judged_ns, level = int(state["ts_ns"]), str(state["level"])
        ago_s = signed_s - judged_ns / 1e9
        self._hear("heartbeat", signed_s)
        if ago_s < -PRESENT_S:
            return
        # A notifier lives on when detectors do not, and says again what they said last; another may say it as well.
        if judged_ns > self._judged_ns:
            # What was judged while we were away is no sign that anybody judges now.
            if self._has_baseline and (self._recorded or ago_s < PRESENT_S):
                self._hear("judgement", signed_s)
            self._judged_ns, self._level = judged_ns, level
        self._has_baseline = self._has_baseline or state is not None

    def _hear(self, sign: str, signed_s: float) -> None:
        """By when it was signed: one that comes late, or again after a restart, makes nobody younger."""
        known_s = self._signs[sign]
        # A moment that has not come is of a clock that was set back: what is heard now counts.
        self._signs[sign] = max(known_s, signed_s) if known_s <= self._clock() else signed_s

    def postures(self) -> dict[str, str]:
        """What is in force, by scope."""
        # Of what began before anybody sent it to us, the level is known.
        found = {"market": OF_LEVEL.get(self._level, STRICTER[-1])}
        for thread in self._threads.values():
            if thread["at_s"] > self._clock() - FORGET_S:
                for scope, posture in thread["postures"].items():
                    found[scope] = strictest(posture, found.get(scope, "resume"))
        return found

    def write(self) -> None:
        """Replace the file at once: who reads it finds the one or the other. Raises FileError."""
        postures = self.postures()
        words = {
            "written_s": self._clock(),
            "signs": self._signs,
            "posture": strictest(*postures.values()),
            "postures": postures,
            "level": self._level,
            "judged_ns": self._judged_ns,
            "threads": self._threads,
        }
        beside = self._path.with_name(self._path.name + ".new")
        try:
            beside.write_text(json.dumps(words, indent=1) + "\n")
            beside.replace(self._path)
        except OSError as error:
            raise FileError(f"{self._path} cannot be written: {error.strerror}") from error


class Receiver:
    """The one request that there is."""

    def __init__(self, keys: Sequence[bytes], standing: Standing, clock: Callable[[], float] = time.time) -> None:
        self._keys, self._standing, self._clock = keys, standing, clock
        self._taken: dict[str, float] = {}

    async def handle(self, request: web.Request) -> web.Response:
        """Take a message, once."""
        try:
            async with asyncio.timeout(BODY_S):
                body = await request.read()  # longer than BODY_BYTES is answered by 413
            message_id, signed_s = verify(self._keys, request.headers, body, self._clock())
            if not self._is_known(message_id):
                line = self._standing.take(json.loads(body), min(signed_s, self._clock()))
                self._standing.write()
                self._taken[message_id] = self._clock()
                if line:
                    _say(f"{time.strftime('%H:%M:%S', time.gmtime(self._clock()))} {line}", sys.stdout)
        except TimeoutError:
            return web.Response(status=408, text="the body did not come")
        except SignatureError as error:
            return web.Response(status=401, text=str(error))
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            return web.Response(status=400, text=f"no message that is known here: {error!r}"[:500])
        except FileError as error:
            _say(f"{error}", sys.stderr)
            return web.Response(status=503, text="not written down")
        return web.Response(status=204)

    def _is_known(self, message_id: str) -> bool:
        # Beyond twice the window, from its future to its past, no copy has a signature that counts.
        oldest_s = self._clock() - 2 * WINDOW_S
        while self._taken and (next(iter(self._taken.values())) < oldest_s or len(self._taken) > TAKEN):
            del self._taken[next(iter(self._taken))]
        return message_id in self._taken


def _say(line: str, where: TextIO) -> None:
    """Whoever read it may be gone, or may not be able to show it: the message is taken all the same."""
    with suppress(OSError):
        encoding = where.encoding or "ascii"
        print(line.encode(encoding, errors="replace").decode(encoding), file=where, flush=True)


def application(receiver: Receiver) -> web.Application:
    """It answers to POST on every path."""
    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_post("/{path:.*}", receiver.handle)
    return app


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--listen", default="127.0.0.1:8085", help="HOST:PORT (default: %(default)s)")
    options.add_argument("--secret-file", type=Path, required=True, help="whsec_..., one a line")
    options.add_argument("--file", type=Path, default=Path("posture.json"), help="is written (default: %(default)s)")
    options.add_argument("--recorded", action="store_true", help="a recording is played, not the present")
    given = options.parse_args()
    host, _, port = given.listen.rpartition(":")
    try:
        standing = Standing(given.file, recorded=given.recorded)
        receiver = Receiver(read_secrets(given.secret_file.read_text()), standing)
        web.run_app(application(receiver), host=host, port=int(port), print=None)
    except (OSError, ValueError, FileError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
