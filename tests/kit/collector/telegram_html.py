"""The markup that Telegram takes in HTML mode, as its Bot API documents it (section "HTML style")."""

from __future__ import annotations

import re

TAGS = frozenset(
    "b strong i em u ins s strike del span tg-spoiler a tg-emoji code pre blockquote".split()  # noqa: SIM905
)
ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[^\s>/]*)(?P<rest>[^>]*)>|&(?P<entity>#x?[0-9a-fA-F]+|\w+);|<", re.DOTALL)


class MarkupError(ValueError):
    """In the words of the API."""


def read(text: str) -> str:
    """What a person sees; raises where the API refuses.

    >>> read("<b>a &lt; b</b>")
    'a < b'
    """
    shown: list[str] = []
    open_tags: list[str] = []
    at = 0
    for token in TOKEN.finditer(text):
        shown.append(text[at : token.start()])
        at = token.end()
        entity, tag = token["entity"], token["tag"]
        if entity is not None:
            shown.append(_character(entity, token[0]))
        elif not tag or tag.lower() not in TAGS:
            raise MarkupError(f'Unsupported start tag "{tag or ""}" at byte offset {_offset(text, token)}')
        elif not token["end"]:
            open_tags.append(tag.lower())
        elif not open_tags or open_tags.pop() != tag.lower():
            raise MarkupError(f"Unmatched end tag at byte offset {_offset(text, token)}")
    if open_tags:
        raise MarkupError(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    shown.append(text[at:])
    return "".join(shown).strip()


def _character(entity: str, as_is: str) -> str:
    if entity.startswith("#"):
        return chr(int(f"0{entity[1:]}", 0) if entity[1] in "xX" else int(entity[1:]))
    return ENTITIES.get(entity, as_is)


def _offset(text: str, token: re.Match[str]) -> int:
    return len(text[: token.start()].encode())
