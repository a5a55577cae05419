import pytest

from detector.alerts.outcomes import Delivered
from detector.sinks.telegram_bot import TelegramBot
from producers.errors import ProducerError
from tests.kit.json_answers import said_in_json
from tests.kit.sending import PICTURE, FakeHttp, Remembered


async def test_fields_travel_as_json_and_beside_a_photo_as_a_form() -> None:
    """A photo would arrive without its caption, or not at all."""
    http = FakeHttp(said_in_json(200, ok=True, result=True))
    bot = TelegramBot("1:t", "5", "https://api.telegram.org/", http=http, memory=Remembered())
    assert (await bot.call("sendMessage", {"chat_id": "5"})).outcome == Delivered()
    await bot.call("sendPhoto", {"chat_id": "5", "caption": "c", "disable_notification": True}, photo=PICTURE)
    plain, form = http.asked
    assert (plain.url, plain.fields, plain.form) == (
        "https://api.telegram.org/bot1:t/sendMessage",
        {"chat_id": "5"},
        None,
    )
    assert form.body is None
    assert form.form is not None
    assert "Content-Type" not in form.headers


async def test_a_new_number_of_the_chat_holds_for_this_configured_chat_alone() -> None:
    """Who writes another chat into the configuration would go on writing to the old one."""
    memory = Remembered()
    http = FakeHttp(said_in_json(400, ok=False, error_code=400, parameters={"migrate_to_chat_id": -9}))
    bot = TelegramBot("1:t", "-5", "https://x.test", http=http, memory=memory)
    assert (await bot.call("sendMessage", {})).moved
    assert bot.chat_id == "-9"
    assert TelegramBot("1:t", "-5", "https://x.test", http=http, memory=memory).chat_id == "-9"
    assert TelegramBot("1:t", "-6", "https://x.test", http=http, memory=memory).chat_id == "-6"


async def test_a_memory_that_cannot_be_written_stops_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk would silence the chat."""

    class Full(Remembered):
        def set(self, key: str, value: str) -> None:
            super().set(key, value)
            raise ProducerError("the disk is full")

    http = FakeHttp(said_in_json(400, ok=False, error_code=400, parameters={"migrate_to_chat_id": -9}))
    bot = TelegramBot("1:t", "-5", "https://x.test", http=http, memory=Full())
    assert (await bot.call("sendMessage", {})).moved
    assert bot.chat_id == "-9"
    assert "the disk is full" in caplog.text
