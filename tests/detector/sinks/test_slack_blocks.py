from detector.sinks.slack_blocks import shown
from tests.kit.sending import a_message


def test_the_notification_says_what_it_is_and_calls_nobody() -> None:
    """A phone would show nothing but the bot's name, or a symbol's name would call the whole channel."""
    said = shown(a_message(title="HIGH · <!channel>", what="falling & falling"))
    assert said["text"] == "HIGH · &lt;!channel&gt; · falling &amp; falling"
    assert [block["type"] for block in said["blocks"]] == ["header", "section"]
    # A header knows no markup.
    assert said["blocks"][0]["text"] == {"type": "plain_text", "text": "HIGH · <!channel>", "emoji": True}


def test_limits_hold_for_any_length() -> None:
    """Slack would refuse the message of the gravest hour, which is the longest."""
    said = shown(a_message(title="🔴" * 10_000, what="x" * 10_000, others=("y" * 300,) * 100))
    header, section = said["blocks"]
    assert len(header["text"]["text"].encode("utf-16-le")) // 2 <= 150
    assert len(section["text"]["text"].encode("utf-16-le")) // 2 <= 3_000
    assert len(said["text"]) <= 300


def test_a_message_without_a_title_has_no_empty_header() -> None:
    """An empty block is refused."""
    assert [block["type"] for block in shown(a_message(title=""))["blocks"]] == ["section"]
