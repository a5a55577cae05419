"""What a notifier is tried with: a story that is happening now, two channels of the collector, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from schemas.alert import Alert
from tests.kit.alerts import NS, episode
from tests.kit.collector.collector import Collector
from tests.kit.collector.seen import Shown
from tests.kit.collector.webhook import SECRET

TOKEN_VARIABLE, SECRET_VARIABLE = "TRIAL_TELEGRAM", "TRIAL_WEBHOOK"

CONFIG = """
[notify]
store = "store.sqlite"
allow_private = ["127.0.0.1/32"]

[sinks.phone]
type = "telegram"
chat_id = "{chat_id}"
token_env = "TRIAL_TELEGRAM"
api = "{telegram}"

[sinks.bot]
type = "webhook"
url = "{webhook}"
secret_env = "TRIAL_WEBHOOK"

[[routes]]
sinks = ["phone", "bot"]
group_wait_s = 0
"""


class Posted(NamedTuple):
    """One request to the webhook."""

    id: str
    thread: str
    revision: int
    ended: bool
    level: str


def write_config(folder: Path, collector: Collector) -> Path:
    """A configuration that leads to the collector."""
    file = folder / "cascade.toml"
    urls = {name: collector.url(name) for name in ("telegram", "webhook")}
    file.write_text(CONFIG.format(**urls, chat_id=collector.telegram.chat_id))
    return file


def environ(collector: Collector) -> dict[str, str]:
    """The secrets that it names, and no proxy before the collector."""
    return {TOKEN_VARIABLE: collector.telegram.token, SECRET_VARIABLE: SECRET, "NO_PROXY": "127.0.0.1"}


def story_of_now() -> list[Alert]:
    """Three calls, and edits between and after them."""
    return episode("WARN", "WARN", "HIGH", "HIGH", "CRITICAL", "HIGH", every_s=0.1, since_ns=time.time_ns() - NS)


def killer(channel: str, number: int, kill: Callable[[], None]) -> Callable[[str, Shown], None]:
    """Kills when the channel has shown so much: before its answer is on the way."""
    shown = Counter[str]()

    def on_shown(where: str, _: Shown) -> None:
        shown[where] += 1
        if where == channel and shown[where] == number:
            kill()

    return on_shown


def posted(collector: Collector) -> list[Posted]:
    """What the webhook was sent, in its order."""
    found = []
    for heard in collector.requests("webhook"):
        body = msgspec.json.decode(heard.body)
        fields = (body["thread_id"], body["revision"], body["ended"], body["level"])
        found.append(Posted(heard.headers["webhook-id"], *fields))
    return found


def repeated(posts: list[Posted]) -> list[str]:
    """Ids that came more than once."""
    return [name for name, times in Counter(post.id for post in posts).items() if times > 1]


def copies(chat: list[Shown]) -> list[str]:
    """First lines and ids of messages that came more than once: as they were when they came."""
    first = [(shown.history or [shown.text])[0].splitlines() for shown in chat]
    return [name for name, times in Counter(f"{lines[0]} {lines[-1]}" for lines in first).items() if times > 1]


def goes_back(posts: list[Posted]) -> bool:
    """Whether any thread was told something older than before."""
    newest: dict[str, int] = {}
    for post in posts:
        if post.revision < newest.get(post.thread, 0):
            return True
        newest[post.thread] = post.revision
    return False
