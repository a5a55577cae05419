import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.alerts.chat_commands import (
    HELP,
    HOW_TO_ASK,
    HOW_TO_MUTE,
    Help,
    Misread,
    Mute,
    Status,
    Unmute,
    Why,
    parse,
)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/status", Status()),
        ("/Status@Our_Bot", Status()),
        ("  /mute 2h", Mute(7_200)),
        ("/mute 90m btc Eth BTC", Mute(5_400, ("BTC", "ETH"))),
        ("/mute BTC 1d12h", Mute(129_600, ("BTC",))),
        ("/mute 2h 币安人生 1000*", Mute(7_200, ("币安人生", "1000*"))),
        ("/unmute", Unmute()),
        ("/why 0a1b2c3d4e5f6071", Why("0a1b2c3d4e5f6071")),
        ("/help", Help()),
        ("/start", Help()),
    ],
)
def test_what_people_ask_is_understood(text: str, command: object) -> None:
    """Somebody who wants quiet, or a number, in the worst hour would get neither."""
    assert parse(text, bot="our_bot") == command


@pytest.mark.parametrize("text", ["", "good morning", "mute 2h", "/", "/status@other_bot", "/ban somebody", "//status"])
def test_what_is_not_for_us_is_left_alone(text: str) -> None:
    """We would chatter into a talk among people, or for another bot."""
    assert parse(text, bot="our_bot") is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/mute", HOW_TO_MUTE),
        ("/mute BTC", HOW_TO_MUTE),
        ("/mute 5s", HOW_TO_MUTE),
        ("/mute 8d", HOW_TO_MUTE),
        ("/mute -2h", HOW_TO_MUTE),
        ("/mute 999999999999h", HOW_TO_MUTE),
        ("/why", HOW_TO_ASK),
        ("/why a b", HOW_TO_ASK),
    ],
)
def test_who_asks_wrongly_is_told_how_in_one_line(text: str, answer: str) -> None:
    """People would try and try, or believe that it is quiet now."""
    assert parse(text) == Misread(answer)
    assert "\n" not in answer


def test_too_many_assets_or_names_that_are_none_are_refused() -> None:
    """A mute of something else than was meant would hide what was not."""
    for text in ("/mute 2h " + "x" * 65, "/mute 2h /why", "/mute 2h a\u202eb", "/mute 2h " + "X " * 21):
        assert isinstance(parse(text), Misread)


def test_an_unknown_command_is_answered_where_it_can_only_be_for_us() -> None:
    """A slip would be met with silence; another bot's command with a lecture."""
    assert isinstance(parse("/stauts", alone=True), Misread)
    assert isinstance(parse("/stauts@our_bot", bot="our_bot"), Misread)
    assert parse("/stauts") is None


def test_help_names_every_command() -> None:
    """What is not named is not used."""
    assert [line.split()[0] for line in HELP.splitlines()] == ["/status", "/mute", "/unmute", "/why", "/help"]


@settings(max_examples=30)
@given(st.text(max_size=300), st.sampled_from(["", "/mute ", "/why ", "/mute 2h "]))
def test_nothing_that_anybody_writes_is_too_much(text: str, before: str) -> None:
    """One odd message would end the answering of all others; an answer must not carry it on."""
    command = parse(before + text, bot="our_bot", alone=True)
    if isinstance(command, Misread):
        assert "\n" not in command.answer
        assert len(command.answer) < 200
    if isinstance(command, Mute):
        assert 60 <= command.seconds <= 604_800
