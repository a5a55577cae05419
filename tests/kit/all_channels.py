"""A configuration whose sinks are all channels that the collector plays."""

from __future__ import annotations

from pathlib import Path

from tests.kit.collector.collector import Collector
from tests.kit.collector.webhook import SECRET

CHANNELS = ("telegram", "slack", "slack_hook", "discord", "pagerduty", "webhook", "alertmanager")
"""Names of the sinks, which are the collector's of its channels."""


def all_channels(collector: Collector, folder: Path, *, route: str = "") -> Path:
    """The file, with secrets beside it; one route leads everything from WARN on to all of them.

    Parameters
    ----------
    route
        More lines of TOML for the route.
    """
    secrets = {
        "telegram": collector.telegram.token,
        "slack": collector.slack.token,
        "slack_hook": collector.url("slack_hook"),
        "discord": collector.url("discord"),
        "pagerduty": collector.pagerduty.routing_key,
        "webhook": SECRET,
    }
    for name, secret in secrets.items():
        (folder / f"{name}.secret").write_text(f"{secret}\n", encoding="utf-8")
    url = collector.url
    file = folder / "cascade.toml"
    file.write_text(
        f"""
[notify]
allow_private = ["127.0.0.1"]

[sinks.telegram]
type = "telegram"
chat_id = "{collector.telegram.chat_id}"
token_file = "telegram.secret"
api = "{url("telegram")}"

[sinks.slack]
type = "slack_bot"
channel = "{collector.slack.channel}"
token_file = "slack.secret"
api = "{url("slack")}/api"

[sinks.slack_hook]
type = "slack_webhook"
url_file = "slack_hook.secret"

[sinks.discord]
type = "discord"
url_file = "discord.secret"

[sinks.pagerduty]
type = "pagerduty"
routing_key_file = "pagerduty.secret"
api = "{url("pagerduty")}"

[sinks.webhook]
type = "webhook"
url = "{url("webhook")}"
secret_file = "webhook.secret"

[sinks.alertmanager]
type = "alertmanager"
url = "{url("alertmanager")}"

[[routes]]
sinks = {list(CHANNELS)!r}
{route}
""",
        encoding="utf-8",
    )
    return file
