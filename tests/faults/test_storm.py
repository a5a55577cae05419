"""Five hundred assets in the same second: a few messages within what each channel allows, and nothing lost to programs.

The clock is virtual: minutes of waiting take as long as the work in them.
"""

from __future__ import annotations

import asyncio
import time

import pytest

from detector.alerts.outcomes import Outcome
from detector.alerts.routes import GroupBy, Route
from detector.alerts.traits import Traits
from detector.runtime.notify.clocks import WallClock
from detector.runtime.notify.notifier import Notifier
from detector.sinks import alertmanager, discord, pagerduty, slack_bot, slack_webhook, telegram, webhook
from detector.sinks.sink import Delivery
from detector.store.store import Store
from schemas.alert import Level
from tests.kit.alerts import NS, an_alert
from tests.kit.channels import RememberingSink
from tests.kit.hurried import START_NS, hurried

ASSETS = 500
LEVELS: tuple[Level, ...] = ("WARN", "HIGH", "CRITICAL")
CHANNELS: dict[str, Traits] = {
    "alertmanager": alertmanager.TRAITS,
    "discord": discord.TRAITS,
    "pagerduty": pagerduty.TRAITS,
    "slack_bot": slack_bot.TRAITS,
    "slack_webhook": slack_webhook.TRAITS,
    "telegram": telegram.TRAITS,
    "webhook": webhook.TRAITS,
}


class Channel(RememberingSink):
    """Remembers when, too."""

    def __init__(self, traits: Traits) -> None:
        super().__init__(traits)
        self.at_s: list[float] = []

    async def send(self, delivery: Delivery) -> Outcome:
        self.at_s.append(time.monotonic())
        return await super().send(delivery)

    def most_within(self, span_s: float) -> int:
        """The largest number of sends in any stretch of this length."""
        return max((sum(start <= s < start + span_s for s in self.at_s) for start in self.at_s), default=0)


async def storm(group_by: GroupBy, sinks: dict[str, Channel], store: Store, for_s: float) -> Channel:
    """Every asset escalates twice within a few seconds; what the feed got, in the end."""
    feed = Channel(Traits(every_revision=True, paces=()))
    routes = [Route(sinks=tuple(sinks), group_by=group_by), Route(sinks=("feed",), min_level="WATCH")]
    notifier = Notifier(routes=routes, sinks={**sinks, "feed": feed}, store=store, clock=WallClock())
    running = asyncio.create_task(notifier.run())
    for revision, level in enumerate(LEVELS, 1):
        for number in range(ASSETS):
            notifier.take(
                an_alert(
                    scope=f"COIN{number}",
                    revision=revision,
                    status="open" if revision == 1 else "escalated",
                    level=level,
                    since_ns=START_NS,
                    ts_ns=START_NS + revision * NS,
                )
            )
        await asyncio.sleep(3)
    await asyncio.sleep(for_s)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    notifier.save()
    return feed


@pytest.mark.slow
@hurried
async def test_a_storm_is_a_few_messages_on_every_channel_and_nothing_is_lost_to_programs() -> None:
    """Five hundred messages would bury the one that matters, and get us shut out."""
    sinks = {name: Channel(traits) for name, traits in CHANNELS.items()}
    with Store(None) as store:
        feed = await storm("kind", sinks, store, for_s=30)
        assert len(store.recent(10_000)) == ASSETS * len(LEVELS)
    assert len(feed.deliveries) == ASSETS * len(LEVELS)
    for name, channel in sinks.items():
        news = [delivery for delivery in channel.deliveries if delivery.act == "new"]
        assert 1 <= len(news) <= 3, name
        assert len(news[-1].alerts) == ASSETS
        assert "500 assets" in news[-1].message.title
        for count, span_s in channel.traits.paces:
            assert channel.most_within(span_s) <= count, name


@pytest.mark.slow
@hurried
async def test_paces_hold_though_every_asset_is_a_message_of_its_own() -> None:
    """Who wants each asset by itself would be shut out in the storm that they want it for."""
    sinks = {name: Channel(traits) for name, traits in CHANNELS.items()}
    with Store(None) as store:
        await storm("scope", sinks, store, for_s=180)
    for name, channel in sinks.items():
        assert len(channel.deliveries) > 50, name
        for count, span_s in channel.traits.paces:
            assert channel.most_within(span_s) <= count, name
