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
from pathlib import Path
from typing import Any

from aiohttp import web

WINDOW_S = 300
"""A signature that is older, or from the future, is not from now."""
BODY_BYTES = 256 * 1024
BODY_S = 10.0
THREADS = 1_000
"""So many are remembered, to know a revision that comes late."""
FORGET_S = 86_400.0
"""A story of which nothing more was said for so long: its detector was replaced by one that does not know it."""
STRICTER = ("resume", "normal", "reduce", "halt_new", "no_market_orders")
"""The strictest last; a word that is not here is one that we do not know, and stricter."""
OF_LEVEL = {"WARN": "reduce", "HIGH": "reduce", "CRITICAL": "halt_new", "EMERGENCY": "halt_new"}


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
    """The newest revision of each thread, and the file that tells it. After a restart it goes on from the file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
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
        postures: dict[str, str] = {}
        for alert in body["alerts"]:
            if alert["status"] != "resolved":
                postures[alert["scope"]] = strictest(alert["posture"], postures.get(alert["scope"], "resume"))
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
        # By when it was signed: one that comes late, or again after a restart, makes nobody younger.
        self._signs["heartbeat"] = signed_s
        # A notifier lives on when detectors do not, and says again what they said last.
        if state is not None and state["ts_ns"] != self._judged_ns and not state.get("missing_partitions"):
            self._signs["judgement"] = signed_s
            self._judged_ns, self._level = state["ts_ns"], state["level"]

    def postures(self) -> dict[str, str]:
        """What is in force, by scope."""
        # Of what began before anybody sent it to us, the level is known.
        found = {"market": OF_LEVEL.get(self._level, "normal")}
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
                    print(time.strftime("%H:%M:%S", time.gmtime(self._clock())), line, flush=True)
        except TimeoutError:
            return web.Response(status=408, text="the body did not come")
        except SignatureError as error:
            return web.Response(status=401, text=str(error))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            return web.Response(status=400, text=f"no message that is known here: {error!r}")
        except FileError as error:
            print(error, file=sys.stderr, flush=True)
            return web.Response(status=503, text="not written down")
        return web.Response(status=204)

    def _is_known(self, message_id: str) -> bool:
        # Beyond twice the window, from its future to its past, no copy has a signature that counts.
        oldest_s = self._clock() - 2 * WINDOW_S
        while self._taken and next(iter(self._taken.values())) < oldest_s:
            del self._taken[next(iter(self._taken))]
        return message_id in self._taken


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
    given = options.parse_args()
    host, _, port = given.listen.rpartition(":")
    try:
        receiver = Receiver(read_secrets(given.secret_file.read_text()), Standing(given.file))
        web.run_app(application(receiver), host=host, port=int(port), print=None)
    except (OSError, ValueError, FileError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
