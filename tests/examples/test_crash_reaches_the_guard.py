"""The crash of 10 October 2025, from its frames to what a bot may do: detector, notifier, webhook, file, guard."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from detector.commands.demo import ASSETS, FROM, TO
from detector.engine import Engine
from detector.runtime.notify.following import following
from detector.sinks.config import load
from detector.sinks.sink import Beating
from examples.posture_guard import STRICTER, Guard, news, read_file
from examples.webhook_receiver import Receiver, Standing, application, read_secrets
from producers.rebuilt import rebuilt
from schemas.base import EVERY_INSTRUMENT
from schemas.codec import base_asset

CONFIG = """
[notify]
allow_private = ["127.0.0.1"]

[sinks.bot]
type = "webhook"
url = "{url}"
secret_file = "{secret}"
heartbeat_s = 5
"""


@pytest.mark.slow
async def test_in_the_crash_a_bot_is_told_step_by_step_and_opens_nothing(tmp_path: Path) -> None:
    """Every part could be right, and no bot ever stop."""
    secret, path, config = tmp_path / "secret", tmp_path / "posture.json", tmp_path / "notify.toml"
    secret.write_text("whsec_" + base64.b64encode(b"thirty-two bytes that nobody has").decode() + "\n")
    guard, told, lines = Guard(read_file(path), silence_s=60), dict[str, str](), list[str]()
    receiver = Receiver(read_secrets(secret.read_text()), Standing(path, recorded=True))
    async with TestServer(application(receiver)) as server:
        config.write_text(CONFIG.format(url=server.make_url("/"), secret=secret))
        engine = Engine()
        async with following(engine, load(config, {}), environ={}, recorded=True) as follower:
            for batch in rebuilt("cascade", start=FROM, end=TO):
                seen = [event for event in batch if base_asset(event.instrument) in (*ASSETS, EVERY_INSTRUMENT)]
                for output in engine.feed(seen):
                    follower(output)
                await follower.catch_up()
                lines += [line for line in news(guard, told) if line.startswith("market")]
            await follower.finish()
            (sink,) = follower.notifier.sinks.values()
            assert isinstance(sink, Beating)
            state = engine.market.memory.state
            assert state is not None
            for newer_ns in (0, 1):
                await sink.heartbeat(replace(state, ts_ns=state.ts_ns + newer_ns))
    postures = [line.split(": ")[1] for line in lines]
    assert postures[:2] == ["reduce", "halt_new"]
    assert "no_market_orders" in postures
    assert guard.look()[0] == ""
    assert STRICTER.index(guard.posture("BTC/USDT")) >= STRICTER.index("halt_new")
    assert not guard.may_open("BTC/USDT")
