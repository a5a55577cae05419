"""What Slack shows: a header, a section of mrkdwn, and the words of its notification."""

from __future__ import annotations

from typing import Any

import msgspec

from detector.alerts.clean import cut
from detector.alerts.markup import MRKDWN, render
from detector.alerts.message import Message

LONGEST_HEADER = 150
LONGEST_SECTION = 3_000
LONGEST_FALLBACK = 300
"""Of which a phone's lock screen shows the beginning."""
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def shown(message: Message) -> dict[str, Any]:
    """`text` and `blocks` of a message."""
    words = " · ".join(part for part in (message.title, message.what) if part)
    # Without its title, which is the header.
    said = render(msgspec.structs.replace(message, title=""), MRKDWN, limit=LONGEST_SECTION)
    blocks: list[dict[str, Any]] = []
    if message.title:
        title = cut(message.title, LONGEST_HEADER)
        blocks.append({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": True}})
    # Slack folds what is longer than a few lines, and there nobody looks.
    blocks.append({"type": "section", "expand": True, "text": {"type": "mrkdwn", "text": said, "verbatim": True}})
    return {
        "text": cut(words, LONGEST_FALLBACK).translate(ESCAPES),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }
