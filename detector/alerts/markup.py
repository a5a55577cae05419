"""A message in the markup of a channel. Each line is cut first and escaped then, and no cut ever goes through markup:
what comes out is valid and within the limit, whatever the names of symbols are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Literal, NamedTuple

from detector.alerts.clean import LINE, clean, graphemes, width
from detector.alerts.message import Message

Style = Literal["", "bold", "code"]
SHORTENED = "(shortened)"
ELLIPSIS = "…"


class _Dialect(NamedTuple):
    escape: Callable[[str], str]
    bold: tuple[str, str] = ("", "")
    code: tuple[str, str] = ("", "")

    def around(self, style: Style) -> tuple[str, str]:
        """What stands before and after."""
        return self.bold if style == "bold" else self.code if style == "code" else ("", "")


_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
# Slack has no escape for its marks: what looks alike stands for them.
_MRKDWN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})
_MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\*_~`|<>[]#"})
_IN_CODE = str.maketrans({"`": "ˋ", "<": "‹", ">": "›", "&": "＆", "*": "∗"})


class Markup(Enum):
    """What a channel reads."""

    HTML = _Dialect(lambda text: text.translate(_HTML), ("<b>", "</b>"), ("<code>", "</code>"))
    """Telegram: `b` and `code` are the only tags."""
    MRKDWN = _Dialect(lambda text: text.translate(_MRKDWN), ("*", "*"), ("`", "`"))
    """Slack."""
    MARKDOWN = _Dialect(lambda text: text.translate(_MARKDOWN), ("**", "**"), ("`", "`"))
    """Discord."""
    PLAIN = _Dialect(lambda text: text)


HTML, MRKDWN, MARKDOWN, PLAIN = Markup.HTML, Markup.MRKDWN, Markup.MARKDOWN, Markup.PLAIN


class _Part(NamedTuple):
    text: str
    style: Style = ""


class _Line(NamedTuple):
    of: str
    """The field of the message."""
    parts: tuple[_Part, ...]


GOES_FIRST = ("others", "where", "cause", "stages", "blind", "yours", "figures", "what", "since", "late")
"""What is left out of a message that is too long, in this order; of the last ones of a list first."""

_BREAK = "\u200b"
_CALLS = re.compile(r"@(?=\w)|:(?=//)|(?<=\w)\.(?=[^\W\d])")


def render(message: Message, markup: Markup, *, limit: int) -> str:
    """At most `limit` UTF-16 code units, markup included. Title, action and reference always stay, as far as they fit;
    whoever gets less than everything is told so.
    """
    lines = list(_lines(message))
    whole = _joined(lines, markup)
    if width(whole) <= limit:
        return whole
    for field in GOES_FIRST:
        for at in range(len(lines) - 1, -1, -1):
            if lines[at].of != field:
                continue
            del lines[at]
            kept = [*lines[:-1], _Line("", (_Part(SHORTENED),)), lines[-1]]
            said = _joined(kept, markup)
            if width(said) <= limit:
                return said
    return _squeezed(message, markup, limit)


def _lines(message: Message) -> Iterator[_Line]:
    """In the order in which a person asks: what is it, what do I do, why."""
    one = _one_of
    yield from one("title", message.title, style="bold")
    yield from one("late", message.late, before="⏰ ")
    yield from one("do", message.do, before="→ ", style="bold")
    yield from one("what", message.what)
    yield from one("stages", message.stages)
    yield from one("where", message.where)
    yield from one("since", message.since)
    for line in message.yours:
        yield from one("yours", line, before="★ ")
    for figure in message.figures:
        normal = clean(figure.normal)
        parts = (_Part(f"• {clean(figure.name)}: "), _Part(clean(figure.value), "bold"))
        yield _Line("figures", (*parts, _Part(f" ({normal})")) if normal else parts)
    for line in message.others:
        yield from one("others", line, before="– ")
    yield from one("cause", message.cause, before="cause: ")
    yield from one("blind", message.blind)
    yield _Line("reference", (_Part("id "), _Part(clean(message.reference), "code")))


def _one_of(field: str, text: str, *, before: str = "", style: Style = "") -> Iterator[_Line]:
    if said := clean(text, LINE):
        yield _Line(field, (_Part(before), _Part(said, style)))


def _joined(lines: list[_Line], markup: Markup) -> str:
    return "\n".join("".join(_marked(part, markup) for part in line.parts) for line in lines)


def _marked(part: _Part, markup: Markup) -> str:
    before, after = markup.value.around(part.style)
    # Inside of code a backslash would be shown as it is.
    escaped = part.text.translate(_IN_CODE) if part.style == "code" and after else markup.value.escape(part.text)
    return f"{before}{_uncalled(escaped)}{after}" if part.text else ""


def _uncalled(text: str) -> str:
    """Whatever is named like a person, a channel or an address calls nobody and leads nowhere."""
    return _CALLS.sub(lambda found: found[0] + _BREAK, text)


def _squeezed(message: Message, markup: Markup, limit: int) -> str:
    """Reference, action and title, each as much of it as there is room for, in their order of reading."""
    said: dict[str, str] = {}
    left = limit
    wanted: tuple[tuple[str, str, Style], ...] = (
        ("reference", message.reference, "code"),
        ("do", message.do, "bold"),
        ("title", message.title, "bold"),
    )
    for field, text, style in wanted:
        said[field] = _fitted(_Part(clean(text), style), markup, left)
        left -= width(said[field]) + 1 if said[field] else 0
    return "\n".join(filter(None, (said["title"], said["do"], said["reference"])))


def _fitted(part: _Part, markup: Markup, limit: int) -> str:
    """The part, cut before it is marked so that it fits; empty where nothing of it would."""
    if width(whole := _marked(part, markup)) <= limit:
        return whole
    pieces = list(graphemes(part.text))
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if width(_marked(_cut(pieces, middle, part.style), markup)) <= limit:
            low = middle
        else:
            high = middle - 1
    return _marked(_cut(pieces, low, part.style), markup) if low else ""


def _cut(pieces: list[str], most: int, style: Style) -> _Part:
    return _Part("".join(pieces[:most]).rstrip() + ELLIPSIS, style)
