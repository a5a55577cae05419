"""The receiver that people copy: whom it believes, what it answers, and what it writes for the guard."""

from __future__ import annotations

import ast
import asyncio
import base64
import hashlib
import hmac
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from examples import webhook_receiver
from examples.webhook_receiver import (
    BODY_BYTES,
    FORGET_S,
    STRICTER,
    THREADS,
    FileError,
    Receiver,
    SignatureError,
    Standing,
    application,
    read_secrets,
    verify,
)
from schemas.alert import Alert, Posture
from schemas.state import MarketState
from schemas.webhook import WebhookHeartbeat, WebhookMessage
from tests.kit.alerts import an_alert

EXAMPLE = Path(webhook_receiver.__file__)
NOW_S = 1_760_129_405.0
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, so").decode()
OTHER = "whsec_" + base64.b64encode(b"another of thirty-two bytes, too").decode()
TEST_ID, TEST_BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
"""With the secret and the signature below: Standard Webhooks' published test vector."""


def signed(body: bytes, *, message_id: str = "m1", at_s: float = NOW_S, secrets: str = SECRET) -> dict[str, str]:
    """Headers as a sender makes them, by the specification."""
    to_sign = f"{message_id}.{int(at_s)}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets.split()]
    signatures = [base64.b64encode(hmac.new(key, to_sign, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at_s)),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def a_message(*alerts: Alert, revision: int = 1, posture: Posture = "reduce", **changes: Any) -> dict[str, Any]:
    """As the receiver has it, from what the sink sends."""
    message = WebhookMessage(
        act="new",
        message_id="m",
        thread_id="t1",
        revision=revision,
        ts_ns=1,
        ended=False,
        silent=False,
        level="HIGH",
        posture=posture,
        title="HIGH · market falling",
        text="HIGH",
        alerts=alerts,
    )
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.structs.replace(message, **changes)))
    return read


def a_heartbeat(*, second: int | None = 1, **changes: Any) -> dict[str, Any]:
    """Its judgement is of so many seconds after `NOW_S`."""
    state = None
    if second is not None:
        state = MarketState(
            ts_ns=(int(NOW_S) + second) * 10**9, level="CLEAR", stages=(), direction="none", since_ns=None
        )
        state = msgspec.structs.replace(state, **changes)
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(WebhookHeartbeat(at_ns=1, state=state)))
    return read


# Signatures


def test_the_published_test_vector_verifies() -> None:
    """Senders that keep to the specification would all be refused."""
    headers = {
        "webhook-id": TEST_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    keys = read_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    assert verify(keys, headers, TEST_BODY, 1_614_265_330.0) == (TEST_ID, 1_614_265_330)


@pytest.mark.parametrize(
    ("sender", "receiver"), [(SECRET, f"{OTHER}\n{SECRET}"), (f"{SECRET} {OTHER}", OTHER), (SECRET, SECRET)]
)
def test_while_a_secret_is_changed_either_side_may_have_both(sender: str, receiver: str) -> None:
    """Changing a secret would lose the alerts between the two changes."""
    assert verify(read_secrets(receiver), signed(b"{}", secrets=sender), b"{}", NOW_S)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "m2"},
        {"webhook-timestamp": str(int(NOW_S) + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": "-5"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,ünsigned"},
        {"webhook-signature": "v2," + "A" * 43 + "="},
        signed(b"{}", secrets=OTHER),
        signed(b"{ }"),
    ],
)
def test_what_was_not_signed_like_this_is_refused(changes: dict[str, str]) -> None:
    """Anybody could tell a bot to go on trading in a crash."""
    with pytest.raises(SignatureError):
        verify(read_secrets(SECRET), signed(b"{}") | changes, b"{}", NOW_S)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    """An unsigned request would be an error of ours and be sent again for ever."""
    headers = signed(b"{}")
    del headers[name]
    with pytest.raises(SignatureError, match=name):
        verify(read_secrets(SECRET), headers, b"{}", NOW_S)


@pytest.mark.parametrize(("late_s", "is_taken"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_signature_counts_for_five_minutes(late_s: int, is_taken: bool) -> None:
    """What somebody overheard yesterday could be said again today."""
    headers = signed(b"{}", at_s=NOW_S - late_s)
    if is_taken:
        assert verify(read_secrets(SECRET), headers, b"{}", NOW_S)
    else:
        with pytest.raises(SignatureError, match="clocks"):
            verify(read_secrets(SECRET), headers, b"{}", NOW_S)


@pytest.mark.parametrize("text", ["", "\n", "whsec_", "whsec_!!!!", "whsec_YWJj"])
def test_no_secret_or_a_short_one_is_said_at_the_start(text: str) -> None:
    """An empty key signs, too: everybody would have it."""
    with pytest.raises(ValueError, match=r"."):
        read_secrets(text)


# What is in force


class Clock:
    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


def standing(path: Path, clock: Clock | None = None) -> Standing:
    return Standing(path, clock or Clock())


def signs_in(path: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(path.read_text())["signs"]
    return found


def test_postures_are_those_of_the_newest_revision_of_each_thread(tmp_path: Path) -> None:
    """A late copy would lift what holds."""
    known = standing(tmp_path / "posture.json")
    halting = an_alert(scope="BTC", posture="halt_new")
    assert known.take(a_message(an_alert(), halting, revision=3), NOW_S)
    assert known.take(a_message(an_alert(scope="SOL", posture="no_market_orders"), thread_id="t2"), NOW_S)
    assert known.take(a_message(an_alert(posture="normal"), revision=2), NOW_S) is None
    assert known.postures() == {"market": "reduce", "BTC": "halt_new", "SOL": "no_market_orders"}


def test_what_is_over_is_lifted_and_a_late_revision_does_not_bring_it_back(tmp_path: Path) -> None:
    """A bot would stay halted for ever, or be halted by yesterday's news."""
    known = standing(tmp_path / "posture.json")
    known.take(a_message(an_alert(posture="halt_new")), NOW_S)
    over = an_alert(status="resolved", level="CLEAR", posture="resume", revision=3)
    known.take(a_message(over, revision=3, ended=True, posture="resume"), NOW_S)
    known.take(a_message(an_alert(posture="halt_new"), revision=2), NOW_S)
    assert known.postures() == {"market": "normal"}


def test_of_a_group_what_is_over_is_lifted_and_the_rest_is_not(tmp_path: Path) -> None:
    """An asset would be halted as long as any other is."""
    known = standing(tmp_path / "posture.json")
    over = an_alert(scope="BTC", status="resolved", level="CLEAR", posture="resume")
    known.take(a_message(an_alert(scope="SOL", posture="halt_new"), over), NOW_S)
    assert known.postures() == {"market": "normal", "SOL": "halt_new"}


def test_where_alerts_were_left_out_the_strictest_is_everybodys(tmp_path: Path) -> None:
    """An asset that found no room in the body would look calm."""
    known = standing(tmp_path / "posture.json")
    known.take(a_message(an_alert(scope="SOL"), left_out=1, posture="halt_new"), NOW_S)
    assert known.postures()["market"] == "halt_new"


def test_a_story_that_began_before_anybody_told_us_counts_by_the_level_of_the_market(tmp_path: Path) -> None:
    """A receiver that is started in a crash would begin with calm."""
    known = standing(tmp_path / "posture.json")
    known.take(a_heartbeat(level="EMERGENCY"), NOW_S)
    assert known.postures() == {"market": "halt_new"}
    known.take(a_heartbeat(second=2), NOW_S)
    assert known.postures() == {"market": "normal"}


def test_a_posture_that_is_not_known_here_is_the_strictest(tmp_path: Path) -> None:
    """A word of a later version would be taken for calm."""
    known = standing(tmp_path / "posture.json")
    message = a_message(an_alert())
    message["alerts"][0]["posture"] = "sell_everything"
    known.take(message, NOW_S)
    assert known.postures() == {"market": STRICTER[-1]}


def test_a_restart_goes_on_from_the_file(tmp_path: Path) -> None:
    """Whoever restarts it in a crash would lift the halt."""
    path = tmp_path / "posture.json"
    before = standing(path)
    before.take(a_message(an_alert(posture="no_market_orders"), revision=7), NOW_S)
    before.take(a_heartbeat(second=-9), NOW_S - 8)
    before.take(a_heartbeat(second=-4), NOW_S - 3)
    before.write()
    after = standing(path)
    assert after.postures() == {"market": "no_market_orders"}
    assert after.take(a_message(an_alert(posture="normal"), revision=6), NOW_S) is None
    after.write()
    assert signs_in(path) == {"heartbeat": NOW_S - 3, "judgement": NOW_S - 3}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"signs": 1}'])
def test_a_file_of_somebody_else_is_refused_at_the_start(content: bytes, tmp_path: Path) -> None:
    """It would be overwritten, or what it held be taken for calm."""
    path = tmp_path / "posture.json"
    path.write_bytes(content)
    with pytest.raises(FileError, match="move it away"):
        standing(path)
    assert path.read_bytes() == content


def test_a_judgement_that_is_said_again_or_leaves_assets_out_is_none(tmp_path: Path) -> None:
    """A notifier outlives the detectors, and would say for ever that somebody watches."""
    path = tmp_path / "posture.json"
    known = standing(path)
    for at_s, beat in (
        (-5.0, a_heartbeat(second=-6)),
        (-4.0, a_heartbeat(second=-5)),
        (-3.0, a_heartbeat(second=-5)),
        (-2.0, a_heartbeat(second=None)),
        (-1.0, a_heartbeat(second=-2, missing_partitions=(3,))),
    ):
        known.take(beat, NOW_S + at_s)
    known.write()
    assert signs_in(path) == {"heartbeat": NOW_S - 1, "judgement": NOW_S - 4}


def test_the_first_judgement_after_a_start_is_no_sign(tmp_path: Path) -> None:
    """A notifier that outlives the detectors would make a bot trade for 15 s after each restart of the receiver."""
    path = tmp_path / "posture.json"
    first = standing(path)
    first.take(a_heartbeat(second=-30, level="CRITICAL"), NOW_S)
    assert first.postures() == {"market": "halt_new"}
    first.write()
    assert signs_in(path)["judgement"] == 0.0
    again = standing(path)
    again.take(a_heartbeat(second=-20), NOW_S)
    again.take(a_heartbeat(second=-20), NOW_S + 1)
    again.write()
    assert signs_in(path)["judgement"] == 0.0
    again.take(a_heartbeat(second=-1), NOW_S)
    again.write()
    assert signs_in(path)["judgement"] == NOW_S


@pytest.mark.parametrize(
    ("behind_s", "recorded", "counts"), [(59, False, True), (61, False, False), (9**9, True, True)]
)
def test_a_judgement_of_the_past_counts_only_where_the_past_is_played(
    behind_s: int, recorded: bool, counts: bool, tmp_path: Path
) -> None:
    """A detector that is hours behind would look like somebody who watches the present."""
    path = tmp_path / "posture.json"
    known = Standing(path, Clock(), recorded=recorded)
    known.take(a_heartbeat(second=-behind_s - 1), NOW_S)
    known.take(a_heartbeat(second=-behind_s), NOW_S)
    known.write()
    assert signs_in(path)["judgement"] == (NOW_S if counts else 0.0)


def test_two_senders_that_say_again_what_they_said_last_judge_nothing(tmp_path: Path) -> None:
    """Two notifiers beside dead detectors would each look like news to the other."""
    path = tmp_path / "posture.json"
    known = standing(path)
    for number in range(10):
        known.take(a_heartbeat(second=-30 if number % 2 else -35), NOW_S - 20 + number)
    known.write()
    assert signs_in(path) == {"heartbeat": NOW_S - 11, "judgement": NOW_S - 19}


def test_an_older_heartbeat_that_comes_late_changes_nothing(tmp_path: Path) -> None:
    """A retry from before the crash would lift the halt, or make a sign older than it is."""
    path = tmp_path / "posture.json"
    known = standing(path)
    for second in (-40, -2):
        known.take(a_heartbeat(second=second, level="EMERGENCY"), NOW_S)
    known.take(a_heartbeat(second=-31), NOW_S - 30)
    known.write()
    assert known.postures() == {"market": "halt_new"}
    assert signs_in(path) == {"heartbeat": NOW_S, "judgement": NOW_S}


def test_after_the_clock_was_set_back_what_is_heard_counts(tmp_path: Path) -> None:
    """A sign from a future that was none would stand until that time has come."""
    path, clock = tmp_path / "posture.json", Clock()
    known = standing(path, clock)
    known.take(a_heartbeat(), NOW_S)
    clock.now_s -= 600
    known.take(a_heartbeat(), NOW_S - 600)
    known.write()
    assert signs_in(path)["heartbeat"] == NOW_S - 600


def test_one_judgement_from_the_future_does_not_hide_all_others(tmp_path: Path) -> None:
    """One worker with a wrong clock would halt every bot, until that time has come."""
    path = tmp_path / "posture.json"
    known = standing(path)
    for second in (-9, 3600, -1):
        known.take(a_heartbeat(second=second, level="EMERGENCY" if second > 0 else "CLEAR"), NOW_S)
    known.write()
    assert known.postures() == {"market": "normal"}
    assert signs_in(path)["judgement"] == NOW_S


@pytest.mark.parametrize(("level", "posture"), [("CLEAR", "normal"), ("WATCH", "normal"), ("APOCALYPSE", STRICTER[-1])])
def test_a_level_that_is_not_known_here_is_the_gravest(level: str, posture: str, tmp_path: Path) -> None:
    """A word of a later version would be taken for calm."""
    known = standing(tmp_path / "posture.json")
    beat = a_heartbeat()
    beat["state"]["level"] = level
    known.take(beat, NOW_S)
    assert known.postures() == {"market": posture}


def test_a_story_of_which_nothing_is_said_for_a_day_is_forgotten(tmp_path: Path) -> None:
    """A detector that lost its memory never ends its stories: the bot would be halted for ever."""
    clock = Clock()
    known = standing(tmp_path / "posture.json", clock)
    known.take(a_message(an_alert(posture="halt_new")), NOW_S)
    clock.now_s += FORGET_S - 1
    assert known.postures() == {"market": "halt_new"}
    clock.now_s += 2
    assert known.postures() == {"market": "normal"}


def test_memory_is_bounded_and_what_is_over_goes_first(tmp_path: Path) -> None:
    """A receiver that runs for years would grow, or forget what holds."""
    known = standing(tmp_path / "posture.json")
    known.take(a_message(an_alert(posture="halt_new"), thread_id="live"), NOW_S)
    for number in range(THREADS + 5):
        known.take(a_message(thread_id=f"t{number}", ended=True, posture="resume"), NOW_S)
    assert known.postures() == {"market": "halt_new"}
    assert known.take(a_message(thread_id="t0", ended=True), NOW_S) is not None
    assert known.take(a_message(thread_id=f"t{THREADS}", ended=True), NOW_S) is None


# Over a socket


@asynccontextmanager
async def receiving(path: Path, clock: Clock) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    receiver = Receiver(read_secrets(SECRET), Standing(path, clock), clock)
    async with asyncio.timeout(10), TestClient(TestServer(application(receiver))) as client:
        yield client


async def post(client: TestClient[web.Request, web.Application], body: Any, **how: Any) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = how.pop("headers", None) or signed(raw, **how)
    async with client.post("/hooks/cascade", data=raw, headers=headers) as answer:
        return answer.status


async def test_a_message_is_printed_once_and_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A retry of the sender would call a person twice."""
    path = tmp_path / "posture.json"
    async with receiving(path, Clock()) as client:
        body = a_message(an_alert(posture="halt_new"), posture="halt_new")
        assert [await post(client, body), await post(client, body)] == [204, 204]
    assert capsys.readouterr().out == "20:50:05 HIGH halt_new new: HIGH · market falling [t1 1]\n"
    written = json.loads(path.read_text())
    assert (written["posture"], written["postures"]) == ("halt_new", {"market": "halt_new"})


async def test_every_other_answer(tmp_path: Path) -> None:
    """A sender stops, waits or tries again by what it is told."""
    path = tmp_path / "posture.json"
    async with receiving(path, Clock()) as client:
        assert await post(client, a_message(), secrets=OTHER) == 401
        assert await post(client, a_message(), at_s=NOW_S - 301) == 401
        assert await post(client, a_message(), headers={"content-type": "application/json"}) == 401
        for number, body in enumerate((b"{", b"[]", b"{}", b'{"type": "other.v1"}', b'{"type": "cascade.message.v1"}')):
            assert await post(client, body, message_id=f"bad{number}") == 400
        assert await post(client, b" " * (BODY_BYTES + 1)) == 413
        assert not path.exists()
        async with client.get("/") as answer:
            assert answer.status == 405


ENDLESS = {**a_message(), "revision": float("inf")}
DEEP = b'{"type": ' + b"[" * 100_000
NAMELESS, LONG = {**a_message(), "thread_id": 7}, {**a_message(), "thread_id": "t" * 257}


@pytest.mark.parametrize("body", [ENDLESS, DEEP, NAMELESS, LONG], ids=["endless", "deep", "nameless", "long"])
async def test_signed_junk_is_an_error_of_the_sender(body: Any, tmp_path: Path) -> None:
    """An error of ours would be sent again for ever, and what it says grow in the file."""
    path = tmp_path / "posture.json"
    async with receiving(path, Clock()) as client:
        assert await post(client, body) == 400
        assert await post(client, a_message(), message_id="m" * 257) == 401
    assert not path.exists()


async def test_a_title_that_the_terminal_cannot_show_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender would be told that its message is none, though it holds."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    async with receiving(tmp_path / "posture.json", Clock()) as client:
        body = {**a_message(), "title": "\u5e01\ud800"}
        assert await post(client, body) == 204
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(Gone())))
        assert await post(client, {**a_message(), "revision": 2}, message_id="m2") == 204
    assert raw.getvalue() == b"20:50:05 HIGH reduce new: ?? [t1 1]\n"


class Gone(io.RawIOBase):
    """A reader that went away."""

    def writable(self) -> bool:
        return True

    def write(self, _: Any, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def close(self) -> None:
        """Nothing is left to be written."""


async def test_a_copied_heartbeat_makes_nobody_younger(tmp_path: Path) -> None:
    """Whoever overheard one could keep a bot trading after the detector's death, with a receiver that restarts."""
    path, clock = tmp_path / "posture.json", Clock()
    for _ in range(2):
        async with receiving(path, clock) as client:
            raw = json.dumps(a_heartbeat()).encode()
            assert await post(client, raw, at_s=NOW_S) == 204
            assert await post(client, raw, at_s=NOW_S) == 204
        clock.now_s += 100
    assert json.loads(path.read_text())["signs"]["heartbeat"] == NOW_S


async def test_what_could_not_be_written_is_asked_for_again(tmp_path: Path) -> None:
    """A full disk would lose the one message that matters."""
    folder = tmp_path / "away"
    async with receiving(folder / "posture.json", Clock()) as client:
        body = a_message(an_alert(posture="halt_new"))
        assert await post(client, body) == 503
        folder.mkdir()
        assert await post(client, body) == 204
    assert json.loads((folder / "posture.json").read_text())["posture"] == "halt_new"


async def test_a_body_that_does_not_come_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few slow senders would hold all of its connections."""
    monkeypatch.setattr(webhook_receiver, "BODY_S", 0.05)
    async with receiving(tmp_path / "posture.json", Clock()) as client:
        reader, writer = await asyncio.open_connection(client.host, client.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{")
        assert b"408" in await reader.readline()
        writer.close()


def test_it_needs_nothing_of_this_project() -> None:
    """Whoever copies it would get an import error."""
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "aiohttp"}
