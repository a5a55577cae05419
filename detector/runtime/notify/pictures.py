"""Pictures for messages: what was seen lately, drawn beside the loop and never waited for for long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from detector.alerts.match import about, rank
from detector.alerts.recent import Recent
from detector.alerts.slim_reading import SlimReading
from detector.alerts.titles import title
from detector.alerts.window import STEPS_OF_A_MINUTE, Window, step_of
from detector.console.alert_picture import Shown, draw, warm
from detector.console.canvas import NoPicturesError
from schemas.alert import Alert, Transition
from schemas.reading import Reading

logger = logging.getLogger(__name__)

WITHIN_S = 3.0
"""A message without a picture in time is worth more than one with it too late."""


class Pictures:
    """Remembers a quarter of an hour and draws what alerts are about.

    Parameters
    ----------
    within_s
        How long a message waits for its picture.
    """

    def __init__(self, *, within_s: float = WITHIN_S) -> None:
        self.recent = Recent()
        self._within_s = within_s
        self._drawing: asyncio.Task[bytes] | None = None
        """The newest, until it is done; a thread cannot be cancelled, so that it may outlive its message."""
        self._drawn: tuple[str, bytes] | None = None
        self._waiting: list[int] = []
        """How grave the messages are that wait: in a storm the gravest is drawn next."""
        self._missing = False

    async def warm(self) -> None:
        """Load the library, which takes a second, before the first alert has to wait for it."""
        try:
            await asyncio.to_thread(warm)
        except NoPicturesError as error:
            self._give_up(error)
        except Exception:
            logger.exception("pictures cannot be drawn here: messages may go without them")

    def take_reading(self, reading: Reading | SlimReading) -> None:
        """A second of the market."""
        self.recent.take_reading(reading)

    def take_transition(self, transition: Transition) -> None:
        """A condition that began, changed or cleared."""
        self.recent.take_transition(transition)

    async def draw(self, alerts: tuple[Alert, ...], now_ns: int) -> bytes | None:
        """A PNG; None where there is nothing to show, nothing to draw with, or no time for it."""
        about_prices = [alert for alert in alerts if about(alert) != "data"]
        if not about_prices or self._missing:
            return None
        key = f"{step_of(now_ns)}|{'|'.join(alert.alert_id for alert in about_prices)}"
        if self._drawn is not None and self._drawn[0] == key:
            return self._drawn[1]
        try:
            async with asyncio.timeout(self._within_s):
                await self._turn(max(rank(alert.level) for alert in about_prices))
                if self._drawn is not None and self._drawn[0] == key:
                    return self._drawn[1]
                window = self._window(about_prices, now_ns)
                if window.known_steps < STEPS_OF_A_MINUTE:
                    return None
                self._drawing = asyncio.create_task(asyncio.to_thread(draw, window, _shown(about_prices)))
                self._drawing.add_done_callback(_heard_out)
                picture = await asyncio.shield(self._drawing)
        except NoPicturesError as error:
            self._give_up(error)
            return None
        except TimeoutError:
            logger.warning("a picture took longer than %g s: the message goes without it", self._within_s)
            return None
        except Exception:
            logger.exception("a picture could not be drawn: the message goes without it")
            return None
        self._drawn = key, picture
        return picture

    async def _turn(self, grave: int) -> None:
        """Wait until nothing is drawn and nobody waits whose message is graver."""
        self._waiting.append(grave)
        try:
            while True:
                if self._drawing is not None and not self._drawing.done():
                    await asyncio.wait({self._drawing})
                elif grave < max(self._waiting):
                    await asyncio.sleep(0)
                else:
                    return
        finally:
            self._waiting.remove(grave)

    def _window(self, alerts: list[Alert], now_ns: int) -> Window:
        scopes = list(dict.fromkeys(alert.scope for alert in alerts))
        return self.recent.window(
            scopes,
            now_ns,
            since_ns=min(alert.since_ns for alert in alerts),
            direction=alerts[0].direction,
            conditions=[condition for alert in alerts for condition in alert.conditions],
        )

    def _give_up(self, error: NoPicturesError) -> None:
        if not self._missing:
            logger.warning("%s", error)
        self._missing = True


def _heard_out(drawing: asyncio.Task[bytes]) -> None:
    """What becomes of one that nobody waits for any more is no news."""
    if not drawing.cancelled():
        drawing.exception()


def _shown(alerts: Sequence[Alert]) -> Shown:
    """It is called as its message is."""
    return Shown(
        level=alerts[0].level,
        title=title(alerts),
        alert_ns=max(alert.ts_ns for alert in alerts),
        since_ns=min(alert.since_ns for alert in alerts),
    )
