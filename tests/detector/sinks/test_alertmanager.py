from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.alerts.outcomes import Delivered, RetryAt
from detector.sinks.alertmanager import AlertmanagerSettings, AlertmanagerSink
from detector.sinks.http import Answer
from detector.sinks.sink import Delivery
from tests.kit.alerts import NS, T0_NS, an_alert, episode
from tests.kit.collector.alertmanager import Alertmanager
from tests.kit.sending import FakeHttp, Remembered, a_book, a_delivery


def _settings(**table: Any) -> AlertmanagerSettings:
    return msgspec.convert({"type": "alertmanager", "url": "https://am.example/", **table}, AlertmanagerSettings)


def _sink(http: FakeHttp, **table: Any) -> AlertmanagerSink:
    return AlertmanagerSink("am", _settings(**table), http=http, memory=Remembered())


async def _play(deliveries: list[Delivery]) -> list[list[tuple[str, str]]]:
    """Level and state of each alert that it shows, after each delivery."""
    http, played, remote, shown = FakeHttp(), Alertmanager(a_book()), "", []
    sink = _sink(http)
    for delivery in deliveries:
        outcome = await sink.send(msgspec.structs.replace(delivery, remote=remote))
        assert isinstance(outcome, Delivered)
        remote = outcome.remote
        assert (await played.answer(http.asked[-1].heard())).status == 200
        shown.append([(msgspec.json.decode(alert.id)["level"], alert.state) for alert in played.book.shown])
    return shown


async def test_a_story_is_one_alert_of_its_level_and_the_one_before_is_ended() -> None:
    """Labels name an alert there: each escalation would leave one behind that goes on calling."""
    alerts = episode("WARN", "CRITICAL", "CRITICAL", "HIGH")
    shown = await _play([a_delivery(alerts=(alert,), ended=alert.status == "resolved") for alert in alerts])
    assert shown[0] == [("WARN", "firing")]
    assert shown[1] == shown[2] == [("WARN", "resolved"), ("CRITICAL", "firing")]
    assert shown[3] == [("WARN", "resolved"), ("CRITICAL", "resolved"), ("HIGH", "firing")]
    assert shown[4] == [("WARN", "resolved"), ("CRITICAL", "resolved"), ("HIGH", "resolved")]


async def test_what_goes_on_is_said_again() -> None:
    """Alertmanager would hold it for over after five minutes."""
    assert 0 < _sink(FakeHttp()).traits.refresh_s <= 180
    alert = an_alert()
    shown = await _play([a_delivery(alerts=(alert,)), a_delivery(alerts=(alert,), act="refresh")])
    assert shown == [[("HIGH", "firing")]] * 2


async def test_each_story_of_a_group_is_an_alert_of_its_own() -> None:
    """Its routes and silences are by asset."""
    http = FakeHttp()
    over = episode("HIGH", scope="ETH")[-1]
    outcome = await _sink(http).send(a_delivery(alerts=(an_alert(scope="BTC"), over)))
    first, second = http.asked[0].fields
    assert first["labels"] == {
        "alertname": "CascadeAlert",
        "scope": "BTC",
        "about": "asset",
        "level": "HIGH",
        "severity": "critical",
    }
    assert first["startsAt"] == "2025-10-10T20:50:00.000+00:00"
    assert "endsAt" not in first
    assert first["annotations"]["summary"] == "HIGH · market falling"
    assert first["annotations"]["posture"] == "reduce"
    # What it was told of nothing is known of: it is ended where it may have stood.
    assert (second["labels"]["scope"], second["labels"]["level"]) == ("ETH", "HIGH")
    assert second["endsAt"] > second["startsAt"]
    assert outcome == Delivered(msgspec.json.encode({an_alert(scope="BTC").episode_id: "HIGH"}).decode())


async def test_a_story_that_begins_again_at_the_level_of_one_that_is_over_fires() -> None:
    """Both are the same alert there: said in one post, whichever came last would win, each minute anew."""
    old, over = episode("HIGH", scope="DOT")
    again = an_alert(scope="DOT", episode_id="again", since_ns=over.ts_ns + NS, ts_ns=over.ts_ns + NS)
    both = a_delivery(alerts=(again, over), act="edit")
    shown = await _play([a_delivery(alerts=(old,)), both, msgspec.structs.replace(both, act="refresh")])
    assert shown == [[("HIGH", "firing")]] * 3


async def test_an_end_is_said_until_it_is_taken_and_not_for_ever() -> None:
    """What is long over would be ended again each minute, at the side of what goes on."""
    http = FakeHttp(Answer(200), Answer(503), Answer(200))
    sink = _sink(http)
    going = an_alert(scope="BTC")
    begun, over = episode("HIGH", scope="ETH")
    first = await sink.send(a_delivery(alerts=(going, begun)))
    assert isinstance(first, Delivered)
    later = a_delivery(alerts=(going, over), remote=first.remote)
    await sink.send(later)
    second = await sink.send(later)
    assert isinstance(second, Delivered)
    await sink.send(msgspec.structs.replace(later, remote=second.remote))
    said = [[(told["labels"]["scope"], "endsAt" in told) for told in asked.fields] for asked in http.asked]
    assert said == [
        [("BTC", False), ("ETH", False)],
        [("BTC", False), ("ETH", True)],
        [("BTC", False), ("ETH", True)],
        [("BTC", False)],
    ]


async def test_an_end_is_after_its_begin_and_values_are_texts_of_bounded_length() -> None:
    """It would refuse all of them for one."""
    http = FakeHttp()
    odd = an_alert(scope="X\n" * 5_000, status="resolved", level="CLEAR", ts_ns=T0_NS - NS, stages=())
    await _sink(http).send(a_delivery(alerts=(odd,), ended=True, remote="no json"))
    told = http.asked[0].fields[0]
    assert told["endsAt"] > told["startsAt"]
    assert len(told["labels"]["scope"]) <= 100
    assert all(isinstance(value, str) for value in (*told["labels"].values(), *told["annotations"].values()))


async def test_what_was_not_taken_is_not_remembered() -> None:
    """The alert of the level before would never be ended."""
    assert await _sink(FakeHttp(Answer(503))).send(a_delivery()) == RetryAt(None, "HTTP 503")


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ({}, None),
        ({"token_env": "TOKEN"}, "Bearer canary-token-of-am"),
        ({"username": "us", "password_env": "PASSWORD"}, "Basic dXM6Y2FuYXJ5LXBhc3N3b3JkLW9mLWFt"),
    ],
)
async def test_it_says_who_it_is_as_the_settings_want(
    table: dict[str, str], header: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most stand behind a proxy that lets nobody in."""
    monkeypatch.setenv("TOKEN", "canary-token-of-am")
    monkeypatch.setenv("PASSWORD", "canary-password-of-am")
    http = FakeHttp()
    await _sink(http, **table).send(a_delivery())
    assert http.asked[0].url == "https://am.example/api/v2/alerts"
    assert http.asked[0].headers.get("Authorization") == header


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"username": "us"}, "username goes with"),
        ({"password_env": "A"}, "username goes with"),
        ({"username": "us", "password_env": "A", "token_env": "B"}, "not both"),
        ({"url": "am:9093"}, "https://"),
    ],
)
def test_settings_that_cannot_be_meant_say_why(table: dict[str, Any], why: str) -> None:
    """The first alert would find out."""
    with pytest.raises(msgspec.ValidationError, match=why):
        _settings(**table)
