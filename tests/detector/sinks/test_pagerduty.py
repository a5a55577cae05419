from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, Rejected
from detector.sinks.http import Answer
from detector.sinks.pagerduty import SEVERITY, PagerDutySettings, PagerDutySink
from schemas.alert import LEVELS, Level
from tests.kit.alerts import an_alert
from tests.kit.collector.pagerduty import PagerDuty
from tests.kit.sending import FakeHttp, Remembered, a_book, a_delivery, a_message

TAKEN = Answer(202, {}, b'{"status": "success", "message": "Event processed", "dedup_key": "t1"}')


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp(TAKEN)


@pytest.fixture
def sink(http: FakeHttp, monkeypatch: pytest.MonkeyPatch) -> PagerDutySink:
    monkeypatch.setenv("KEY", PagerDuty(a_book()).routing_key)
    settings = msgspec.convert({"type": "pagerduty", "routing_key_env": "KEY"}, PagerDutySettings)
    return PagerDutySink("duty", settings, http=http, memory=Remembered())


async def test_a_thread_is_one_incident_from_its_begin_to_its_end(sink: PagerDutySink, http: FakeHttp) -> None:
    """Whoever is on call would be called once for each revision, and never be told that it is over."""
    played = PagerDuty(a_book())
    acts: list[dict[str, Any]] = [
        {"act": "new"},
        {"act": "edit", "revision": 2, "message": a_message(title="CRITICAL · market falling", level="CRITICAL")},
        {"act": "acknowledge", "revision": 2},
        {"act": "edit", "revision": 3, "ended": True},
    ]
    states = []
    for changes in acts:
        assert await sink.send(a_delivery(**changes)) == Delivered()
        assert (await played.answer(http.asked[-1].heard())).status == 202
        states.append(played.book.shown[0].state)
    assert states == ["triggered", "triggered", "acknowledged", "resolved"]
    assert len(played.book.shown) == 1
    assert played.book.shown[0].id == "t1"
    assert {asked.url for asked in http.asked} == {"https://events.pagerduty.com/v2/enqueue"}


@pytest.mark.parametrize("level", LEVELS)
async def test_the_severity_follows_the_level(sink: PagerDutySink, http: FakeHttp, level: Level) -> None:
    """Urgency follows severity there: an emergency would wait until morning."""
    await sink.send(a_delivery(message=a_message(level=level)))
    assert http.asked[0].fields["payload"]["severity"] == SEVERITY[level]


async def test_the_incident_says_what_the_message_says(sink: PagerDutySink, http: FakeHttp) -> None:
    """Whoever is woken would have to look elsewhere."""
    await sink.send(a_delivery(alerts=(an_alert(posture="halt_new"),), message=a_message(others=("BTC: HIGH",))))
    payload = http.asked[0].fields["payload"]
    assert payload["summary"] == "HIGH · market falling: Forced selling, and the books are thin"
    assert payload["timestamp"] == "2025-10-10T20:50:10.000+00:00"
    assert (payload["component"], payload["group"], payload["class"]) == ("market", "market", "S2 S3")
    details = payload["custom_details"]
    assert details["liquidated in a minute"] == "84.2 m$ (normal 0.3 m$)"
    assert (details["posture"], details["stories"]) == ("halt_new", ["BTC: HIGH"])
    assert details["do"] == "Close risk in your own time"


async def test_the_largest_message_fits(sink: PagerDutySink, http: FakeHttp) -> None:
    """It would be refused, and nobody be called when most happens."""
    long = "\N{FIRE}<&>" * 5_000
    message = a_message(title=long, what=long, where=long, others=(long,) * 500, yours=(long,) * 500, do=long)
    await sink.send(a_delivery(message=message, alerts=tuple(an_alert(scope=f"A{n}") for n in range(500))))
    assert len(http.asked[0].body or b"") < 512 * 1024 / 4
    assert 0 < len(http.asked[0].fields["payload"]["summary"]) <= 1024


async def test_a_routing_key_that_is_none_closes_the_sink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message would be thrown away one by one, and none be said to be wrong."""
    monkeypatch.setenv("KEY", "canary-of-a-routing-key")
    wrong = b'{"status":"invalid event","message":"Event object is invalid","errors":["\'routing_key\' is invalid"]}'
    settings = msgspec.convert({"type": "pagerduty", "routing_key_env": "KEY"}, PagerDutySettings)
    sink = PagerDutySink("duty", settings, http=FakeHttp(Answer(400, {}, wrong)), memory=Remembered())
    outcome = await sink.send(a_delivery())
    assert outcome == Rejected("HTTP 400: Event object is invalid: the routing key is not one", of="sink")


def test_settings_that_cannot_be_meant_say_why() -> None:
    """The first alert would find out."""
    for table, why in (({"api": "events.pagerduty.com"}, "api: it has to begin"), ({"source": ""}, "source is empty")):
        with pytest.raises(msgspec.ValidationError, match=why):
            msgspec.convert({"type": "pagerduty", "routing_key_env": "KEY", **table}, PagerDutySettings)
