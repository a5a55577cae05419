"""Pictures beside the loop: none without data, none too late, one for all sinks, and never an error."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import Any

import pytest

from detector.alerts.window import Window
from detector.console.alert_picture import Shown
from detector.console.canvas import NoPicturesError
from detector.runtime.notify import pictures as module
from detector.runtime.notify.pictures import Pictures
from schemas.alert import Alert, Level
from tests.kit.quarter import market, second_of
from tests.kit.told import alert, at, told

CRASH = alert(100, "HIGH")


class Drawer:
    """Stands in for the library: a picture is its number and its title."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.windows: list[Window] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.fault = fault

    def __call__(self, window: Window, shown: Shown) -> bytes:
        self.windows.append(window)
        self.go_on.wait(timeout=5)
        if self.fault is not None:
            raise self.fault
        return f"{len(self.windows)} {shown.title}".encode()


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    stand_in = Drawer()
    monkeypatch.setattr(module, "draw", stand_in)
    return stand_in


def heard(until: int = 100, **settings: Any) -> Pictures:
    """So many seconds of one market, with a condition."""
    pictures = Pictures(**settings)
    for second in range(5, until + 1, 5):
        pictures.take_reading(second_of(second, market(second)))
    pictures.take_transition(told("S1.a/1", 50))
    return pictures


async def test_a_picture_shows_what_was_heard_and_is_called_as_its_message_is(drawer: Drawer) -> None:
    """The picture of another story would stand under the message."""
    picture = await heard().draw((CRASH,), at(101))
    assert picture == "1 🟠 HIGH · market falling".encode()
    window = drawer.windows[0]
    assert (list(window.prices), window.bands["S1"][-1], window.end_ns) == (["BTC"], 2, at(105))


@pytest.mark.parametrize(
    ("until", "alerts", "now"),
    [
        (50, (CRASH,), 51),
        (100, (CRASH,), 2_000),
        (100, (alert(100, "HIGH", scope="ETH"),), 100),
        (100, (alert(100, "HIGH", scope="north", stages=("D",)),), 100),
        (100, (alert(100, "HIGH", scope="detector"),), 100),
        (100, (), 100),
    ],
    ids=["less than a minute", "long ago", "another asset", "a feed", "ourselves", "no alert"],
)
async def test_where_there_is_nothing_to_show_there_is_none(
    drawer: Drawer, until: int, alerts: tuple[Alert, ...], now: float
) -> None:
    """People would look at an empty frame."""
    assert await heard(until).draw(alerts, at(now)) is None
    assert not drawer.windows


async def test_one_picture_serves_all_channels(drawer: Drawer) -> None:
    """Ten channels would draw it ten times while the news waits."""
    pictures = heard()
    drawn = await asyncio.gather(*(pictures.draw((CRASH,), at(100) + number) for number in range(-9, 1)))
    assert (len(set(drawn)), len(drawer.windows)) == (1, 1)
    assert await pictures.draw((alert(100, "CRITICAL", episode="two"),), at(100)) != drawn[0]
    assert await pictures.draw((CRASH,), at(107)) != drawn[0]


async def test_a_picture_that_takes_too_long_holds_no_message_back(
    drawer: Drawer, caplog: pytest.LogCaptureFixture
) -> None:
    """The alert itself would wait for its illustration."""
    pictures = heard(within_s=0.05)
    drawer.go_on.clear()
    began = time.perf_counter()
    assert await pictures.draw((CRASH,), at(100)) is None
    # While the thread goes on no other is begun: a storm would fill the machine with them.
    assert await pictures.draw((CRASH,), at(110)) is None
    assert time.perf_counter() - began < 2
    assert len(drawer.windows) == 1
    assert "longer than 0.05 s: the message goes without it" in caplog.text
    drawer.go_on.set()
    for _ in range(100):
        if await pictures.draw((CRASH,), at(120)) is not None:
            break
    else:
        pytest.fail("no picture was ever drawn again")


async def test_in_a_storm_the_gravest_is_drawn_next(drawer: Drawer) -> None:
    """The one picture that there is time for would be that of the mildest alert."""
    pictures = heard()
    drawer.go_on.clear()
    levels: tuple[Level, ...] = ("HIGH", "WARN", "HIGH", "EMERGENCY", "CRITICAL")
    storm = [pictures.draw((alert(100, level, episode=level + str(n)),), at(100)) for n, level in enumerate(levels)]
    drawing = asyncio.gather(*storm)
    await asyncio.sleep(0.01)
    drawer.go_on.set()
    order = sorted(zip((picture or b"?" for picture in await drawing), levels, strict=True))
    assert [level for _, level in order] == ["HIGH", "EMERGENCY", "CRITICAL", "HIGH", "WARN"]


async def test_a_picture_that_fails_costs_no_message(drawer: Drawer, caplog: pytest.LogCaptureFixture) -> None:
    """One odd number would silence the channel."""
    drawer.fault = ValueError("odd")
    assert await heard().draw((CRASH,), at(100)) is None
    assert "could not be drawn: the message goes without it" in caplog.text


async def test_without_the_library_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every alert of a storm would be followed by the same warning."""
    missing = Drawer(NoPicturesError("pip install it"))
    monkeypatch.setattr(module, "draw", missing)
    pictures = heard()
    for second in (100, 110):
        assert await pictures.draw((CRASH,), at(second)) is None
    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.WARNING, "pip install it")]
    assert len(missing.windows) == 1

    def no_library() -> None:
        raise NoPicturesError("pip install it")

    monkeypatch.setattr(module, "warm", no_library)
    await pictures.warm()
    assert len(caplog.records) == 1
    await Pictures().warm()
    assert len(caplog.records) == 2


async def test_a_library_that_fails_at_the_start_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken font would keep the alerts from being sent at all."""

    def broken() -> None:
        raise OSError("no fonts")

    monkeypatch.setattr(module, "warm", broken)
    await Pictures().warm()
    assert "messages may go without them" in caplog.text


async def test_it_draws_with_the_library() -> None:
    """Everything above stands in for it."""
    pytest.importorskip("matplotlib", reason="pictures are an extra")
    pictures = heard(within_s=20)
    await pictures.warm()
    picture = await pictures.draw((CRASH,), at(100))
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
