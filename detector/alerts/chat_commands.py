"""What people may ask in a chat: `/status`, `/mute 2h BTC`, `/unmute`, `/why ID`, `/help`. Reads, and does nothing."""

from __future__ import annotations

import re

import msgspec

from detector.alerts.clean import name
from detector.alerts.durations import parse_duration

SHORTEST_MUTE_S, LONGEST_MUTE_S = 60, 7 * 86_400
MOST_ASSETS = 20
LONGEST_NAME = 64
"""Letters of an asset's name, and of an id."""
COMMANDS = {
    "status": "where the market stands",
    "mute": "2h, or 2h BTC ETH: say nothing for a while",
    "unmute": "speak again",
    "why": "the id at a message's end: the numbers behind it",
    "help": "this list",
}
"""In the order in which people read them."""
HELP = "\n".join(f"/{command} {words}" for command, words in COMMANDS.items())
HOW_TO_MUTE = "For how long? Between 1m and 7d: /mute 2h for everything, /mute 2h BTC ETH for these assets."
HOW_TO_ASK = "Which alert? Its id stands at the end of the message: /why 0a1b2c3d4e5f6071"

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?")


class Status(msgspec.Struct, frozen=True):
    """Where does the market stand?"""


class Mute(msgspec.Struct, frozen=True):
    """Say nothing for a while."""

    seconds: int
    assets: tuple[str, ...] = ()
    """Of these alone; none given is everything."""


class Unmute(msgspec.Struct, frozen=True):
    """Speak again."""


class Why(msgspec.Struct, frozen=True):
    """What is behind an alert?"""

    alert_id: str


class Help(msgspec.Struct, frozen=True):
    """What may be asked?"""


class Misread(msgspec.Struct, frozen=True):
    """It was meant for us, and cannot be understood."""

    answer: str
    """One line that says how."""


Command = Status | Mute | Unmute | Why | Help | Misread


def parse(text: str, *, bot: str = "", alone: bool = False) -> Command | None:
    """What somebody asks; None where it is not for us.

    Parameters
    ----------
    bot
        Our name in the chat, without `@`. A command may be addressed to one of several bots: `/status@other_bot`.
    alone
        Whether nobody else is in the chat. Among others an unknown command may be somebody else's.

    >>> parse("/mute 2h btc"), parse("/status@other_bot", bot="our_bot"), parse("good morning")
    (Mute(seconds=7200, assets=('BTC',)), None, None)
    """
    words = text.split(maxsplit=MOST_ASSETS + 3)
    found = _COMMAND.fullmatch(words[0]) if words else None
    if found is None:
        return None
    command, addressee = found[1].lower(), found[2]
    if addressee is not None and bot and addressee.lower() != bot.lower():
        return None
    match command:
        case "status":
            return Status()
        case "mute":
            return _mute(words[1:])
        case "unmute":
            return Unmute()
        case "why":
            return _why(words[1:])
        case "help" | "start":
            return Help()
    known = " ".join(f"/{each}" for each in COMMANDS)
    return Misread(f"There is no /{command}. Known: {known}") if alone or addressee is not None else None


def _mute(words: list[str]) -> Command:
    """The length of time stands first or last."""
    for at in (0, -1):
        try:
            seconds = parse_duration(words[at])
        except (IndexError, ValueError):
            continue
        assets = words[1:] if at == 0 else words[:-1]
        break
    else:
        return Misread(HOW_TO_MUTE)
    if not SHORTEST_MUTE_S <= seconds <= LONGEST_MUTE_S:
        return Misread(HOW_TO_MUTE)
    if len(assets) > MOST_ASSETS:
        return Misread(f"At most {MOST_ASSETS} assets at a time, or none for everything: /mute 2h")
    for asset in assets:
        if len(asset) > LONGEST_NAME or asset.startswith("/") or name(asset) != asset:
            return Misread(f"{name(asset)} is no name of an asset: /mute 2h BTC ETH")
    # Phones write a word as they like; names of assets are in capitals.
    return Mute(seconds, tuple(dict.fromkeys(asset.upper() for asset in assets)))


def _why(words: list[str]) -> Command:
    if len(words) != 1 or len(words[0]) > LONGEST_NAME or name(words[0]) != words[0]:
        return Misread(HOW_TO_ASK)
    return Why(words[0])
