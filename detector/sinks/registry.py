"""Every kind of sink by the `type` that its settings name. A new one is a file beside this and a line here."""

from __future__ import annotations

from collections.abc import Callable

from detector.sinks.alertmanager import AlertmanagerSettings, AlertmanagerSink
from detector.sinks.apprise import AppriseSettings, AppriseSink
from detector.sinks.discord import DiscordSettings, DiscordSink
from detector.sinks.http import Http
from detector.sinks.json_lines import FileSettings, JsonLinesSink, StdoutSettings
from detector.sinks.kafka import KafkaSink, KafkaSinkSettings
from detector.sinks.pagerduty import PagerDutySettings, PagerDutySink
from detector.sinks.settings import SinkSettings
from detector.sinks.sink import Memory, Sink
from detector.sinks.slack_bot import SlackBotSettings, SlackBotSink
from detector.sinks.slack_webhook import SlackWebhookSettings, SlackWebhookSink
from detector.sinks.telegram import TelegramSettings, TelegramSink
from detector.sinks.webhook import WebhookSettings, WebhookSink

SINKS: dict[type[SinkSettings], Callable[..., Sink]] = {
    AlertmanagerSettings: AlertmanagerSink,
    AppriseSettings: AppriseSink,
    DiscordSettings: DiscordSink,
    FileSettings: JsonLinesSink,
    KafkaSinkSettings: KafkaSink,
    PagerDutySettings: PagerDutySink,
    SlackBotSettings: SlackBotSink,
    SlackWebhookSettings: SlackWebhookSink,
    StdoutSettings: JsonLinesSink,
    TelegramSettings: TelegramSink,
    WebhookSettings: WebhookSink,
}


def open_sink(name: str, settings: SinkSettings, *, http: Http, memory: Memory) -> Sink:
    """The sink of these settings; reads its secrets. Raises `UsageError` where it cannot be."""
    return SINKS[type(settings)](name, settings, http=http, memory=memory)
