"""Text that others wrote, safe to stand in a line of a message: names of symbols are whatever a venue lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MOST_READ = 20_000
"""Characters that are looked at; nobody reads more."""
NAME = 40
"""The longest name, in UTF-16 code units."""
LINE = 400
"""The longest line."""
MOST_MARKS = 3
"""Marks upon one letter; more of them grow over the lines around."""
MOST_JOINED = 16
"""Characters of one picture that is put together."""
CUT = "…"
JOINER = "\u200d"

_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_SPACES = frozenset({"Cc", "Zs", "Zl", "Zp"})
_UNSEEN = frozenset({"Cf", "Cs", "Cn"})
_LOOKS_EMPTY = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing, though they are no format characters."""
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")


def clean(text: str, most: int = LINE) -> str:
    r"""One line of what can be seen: no control, direction or zero-width characters, no half of a surrogate pair.

    >>> clean("BTC\n\n\x00\u202eUSDT\u200b"), clean("A" * 50, 5)
    ('BTC USDT', 'AAAA…')
    """
    if _PLAIN.fullmatch(text):
        return cut(text, most)
    seen: list[str] = []
    marks = 0
    for char in text[:MOST_READ]:
        kind = unicodedata.category(char)
        if kind in _SPACES:
            if seen and seen[-1] == JOINER:
                seen.pop()
            if seen and seen[-1] != " ":
                seen.append(" ")
            continue
        if char == JOINER:
            # It is kept where it makes one picture of two; elsewhere nobody sees it.
            if seen and _is_picture(seen[-1]):
                seen.append(char)
            continue
        if kind in _UNSEEN or char in _LOOKS_EMPTY:
            continue
        if kind in ("Mn", "Me", "Mc"):
            marks += 1
            if marks > MOST_MARKS or not seen:
                continue
        else:
            marks = 0
            if seen and seen[-1] == JOINER and not _is_picture(char):
                seen.pop()
        seen.append(char)
    return cut("".join(seen).strip(f" {JOINER}"), most)


def name(text: str) -> str:
    """A name that stands among other words."""
    return clean(text, NAME)


def width(text: str) -> int:
    """UTF-16 code units: how channels count.

    >>> width("BTC"), width("🔴")
    (3, 2)
    """
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, most: int) -> str:
    """At most `most` UTF-16 code units, whole letters and pictures, with an ellipsis where something is gone."""
    if len(text) * 2 <= most or width(text) <= most:
        return text
    kept: list[str] = []
    left = most - width(CUT)
    for piece in graphemes(text):
        left -= width(piece)
        if left < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + CUT if most > 0 else ""


def graphemes(text: str) -> Iterator[str]:
    """What a reader sees as one: a letter with its marks, a flag, a picture that is put together.

    >>> list(graphemes("ае́👩\u200d🚀🇺🇸x"))[-3:]
    ['👩\u200d🚀', '🇺🇸', 'x']
    """
    piece = ""
    for char in text:
        if piece and not _joins(piece, char):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _joins(piece: str, char: str) -> bool:
    if len(piece) >= MOST_JOINED:
        return False
    if char == JOINER or piece[-1] == JOINER or ord(char) in _SKIN_TONES:
        return True
    if unicodedata.category(char) in ("Mn", "Me", "Mc"):
        return True
    return ord(char) in _FLAGS and len(piece) == 1 and ord(piece) in _FLAGS


def _is_picture(char: str) -> bool:
    return unicodedata.category(char) in ("So", "Sk") or char == "\ufe0f"
