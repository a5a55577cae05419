"""Messages in the markups of channels: valid, within the limit, and calling nobody, whatever they say."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from detector.alerts.clean import width
from detector.alerts.markup import GOES_FIRST, HTML, MARKDOWN, MRKDWN, PLAIN, SHORTENED, Markup, render
from detector.alerts.message import Figure, Message
from detector.alerts.telling import tell
from detector.alerts.threads import Thread
from schemas.alert import ActiveCondition, Coverage, Evidence
from tests.kit.alerts import T0_NS, an_alert

PLAIN_MESSAGE = Message(
    level="CRITICAL",
    peak="CRITICAL",
    title="🔴 CRITICAL · market falling",
    what="liquidity void (OKX), forced flow",
    stages="S2 forced flow · S4 liquidity void",
    where="OKX · BTC, ETH",
    since="since 20:50 UTC, 22 min",
    yours=("BTC: forced flow (OKX)",),
    figures=(Figure(name="1 % depth, bids, OKX BTC", value="0.4 m$", normal="normal 6.1 m$"),),
    others=("DOT HIGH falling: forced flow", "and 3 more: 3 WARN"),
    cause="probably news (macro), 5 of 8 votes",
    blind="sees 9 of 9 kinds of evidence",
    do="Open nothing new.",
    reference="282fc5504db47056",
)
NASTY = (
    "<b>x</b><script>&amp;&", "*_~`||>#[a](http://b.c)\\", "<!channel> <@U1> <#C1|x> @everyone @here <@&1>",
    "\u202eevil\u2066\u200b\x00\x1b[0m\r\n\n\n", "👨\u200d👩\u200d👧🇩🇪" * 40, "\ud800\udc00\ud83d", "A" * 10_000,
    "שלום العالم" * 30, "\n" * 3_000, "Z" + "\u0301" * 500, "", "</code></b>", "```py\n", "t.me/scam https://evil.com",
)  # fmt: skip
TEXT = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=60), st.text(alphabet="<>&*_`~|@#\\[]()!\n\u202e\u200d👩a", max_size=60)
)


class Tags(HTMLParser):
    """Fails at any tag but those allowed, and at any that is not closed in its turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("b", "code")
        assert not attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def check(text: str, markup: Markup, limit: int) -> None:
    """Valid, within the limit, nothing unseen but the breaks that we put in, and nobody is called."""
    assert width(text) <= limit
    for char in text:
        assert char in "\n\u200b\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert "@everyone" not in text
    assert "@here" not in text
    assert "://" not in text
    assert "\n\n" not in text
    assert not re.search(r"(?<!\\)<[@!#]", text) or markup is PLAIN
    if markup is HTML:
        tags = Tags()
        tags.feed(text)
        tags.close()
        assert not tags.open
        assert not re.search(r"&(?!(?:amp|lt|gt|quot);)", text)
    if markup is MRKDWN:
        assert "<" not in text
        assert ">" not in text
        for line in text.split("\n"):
            assert line.count("*") % 2 == line.count("`") % 2 == 0
    if markup is MARKDOWN:
        for line in text.split("\n"):
            bare = re.sub(r"\\.|`[^`]*`", "", line)
            assert bare.count("**") % 2 == bare.count("`") % 2 == 0
            assert not re.search(r"[_~|<>\[\]]", bare)


def test_a_message_reads_from_what_it_is_to_what_to_do_to_why() -> None:
    """The first two lines are all that a lock screen shows."""
    assert render(PLAIN_MESSAGE, PLAIN, limit=4096).split("\n") == [
        "🔴 CRITICAL · market falling",
        "→ Open nothing new.",
        "liquidity void (OKX), forced flow",
        "S2 forced flow · S4 liquidity void",
        "OKX · BTC, ETH",
        "since 20:50 UTC, 22 min",
        "★ BTC: forced flow (OKX)",
        "• 1 % depth, bids, OKX BTC: 0.4 m$ (normal 6.1 m$)",
        "– DOT HIGH falling: forced flow",
        "– and 3 more: 3 WARN",
        "cause: probably news (macro), 5 of 8 votes",
        "sees 9 of 9 kinds of evidence",
        "id 282fc5504db47056",
    ]


@pytest.mark.parametrize(
    ("markup", "title", "figure"),
    [
        (HTML, "<b>a&lt;b&gt; &amp; *c*</b>", "• n: <b>1 m$</b> (normal 2)"),
        (MRKDWN, "*a&lt;b&gt; &amp; ∗c∗*", "• n: *1 m$* (normal 2)"),
        (MARKDOWN, r"**a\<b\> & \*c\***", "• n: **1 m$** (normal 2)"),
        (PLAIN, "a<b> & *c*", "• n: 1 m$ (normal 2)"),
    ],
)
def test_each_channel_has_its_markup_and_its_escapes(markup: Markup, title: str, figure: str) -> None:
    """A name with a `<` would make Telegram refuse the message."""
    number = Figure(name="n", value="1 m$", normal="normal 2")
    said = render(replace(PLAIN_MESSAGE, title="a<b> & *c*", figures=(number,)), markup, limit=4096).split("\n")
    assert said[0] == title
    assert figure in said


def test_a_number_without_a_normal_has_no_empty_brackets() -> None:
    """`0.4 m$ ()` looks broken."""
    shown = replace(PLAIN_MESSAGE, figures=(Figure(name="n", value="1"),))
    assert "• n: 1\n" in render(shown, PLAIN, limit=4096)


def test_what_matters_least_goes_first_and_it_is_said_that_something_is_gone() -> None:
    """A message cut at its end would lose what to do."""
    left = [set(GOES_FIRST)]
    for limit in range(440, 60, -1):
        said = render(PLAIN_MESSAGE, PLAIN, limit=limit)
        check(said, PLAIN, limit)
        assert said.startswith("🔴 CRITICAL · market falling\n→ Open nothing new.") or limit < 80
        assert "282fc5504db47056" in said
        left.append({field for field in GOES_FIRST if field != "others" and any(t and t in said for t in _of(field))})
        assert left[-1] <= left[-2]
    assert SHORTENED in render(PLAIN_MESSAGE, PLAIN, limit=200)


def _of(field: str) -> list[str]:
    value = getattr(PLAIN_MESSAGE, field)
    return [value] if isinstance(value, str) else [getattr(one, "name", one) for one in value]


@pytest.mark.parametrize("limit", range(60))
@pytest.mark.parametrize("markup", list(Markup))
def test_in_no_room_at_all_it_is_still_valid(markup: Markup, limit: int) -> None:
    """A title of 10,000 letters would make it longer than the channel takes."""
    shown = replace(PLAIN_MESSAGE, title="<&*" * 90, do="👩\u200d🚀" * 90)
    check(render(shown, markup, limit=limit), markup, limit)


def test_no_name_calls_a_person_or_leads_to_a_page() -> None:
    """A coin named like a link would be one that people tap on."""
    said = render(replace(PLAIN_MESSAGE, what="@everyone t.me/scam https://evil.com 0.4"), HTML, limit=4096)
    assert "@\u200beveryone t.\u200bme/scam https:\u200b//evil.\u200bcom 0.4" in said


def test_what_a_reader_sees_is_what_was_said() -> None:
    """An escape that is shown as it is would be noise."""
    said = render(replace(PLAIN_MESSAGE, what="a < b && c > d"), HTML, limit=4096)
    assert "a < b && c > d" in unescape(said)


@settings(max_examples=60)
@given(st.data(), st.sampled_from(list(Markup)), st.sampled_from((150, 600, 2000, 4096)))
def test_any_message_is_valid_in_any_markup(data: st.DataObject, markup: Markup, limit: int) -> None:
    """One listed symbol would silence a channel."""
    some = st.lists(TEXT, max_size=4)
    shown = replace(
        PLAIN_MESSAGE,
        **{field: data.draw(TEXT) for field in ("title", "what", "where", "cause", "blind", "do", "late", "reference")},
        yours=tuple(data.draw(some)),
        others=tuple(data.draw(some)),
        figures=tuple(Figure(name=t, value=t, normal=t) for t in data.draw(some)),
    )
    check(render(shown, markup, limit=limit), markup, limit)


@settings(max_examples=60)
@given(TEXT, TEXT, TEXT, st.sampled_from(list(Markup)), st.sampled_from((300, 2000, 4096)), st.booleans())
@example("A" * 10_000, "\n" * 10_000, "<@1>" * 3_000, MARKDOWN, 2000, True)
def test_any_alert_is_a_valid_message(one: str, two: str, three: str, markup: Markup, limit: int, data: bool) -> None:
    """A venue may list whatever it likes; people still have to be called."""
    where = f"{two} {three}"
    alert = replace(
        an_alert(stages=("D",) if data else ("S2", "S3")),
        alert_id=three,
        scope=one,
        headline=f"HIGH {one}: {two}",
        evidence=(Evidence(signal=one, where=where, value=1e300, baseline=-3.0, unit=two, note=three),),
        conditions=(ActiveCondition(stage="S2", rule=one, venue=two, asset=three, severity="HIGH", since_ns=T0_NS),),
        coverage=Coverage(live=1, families=2, blind=(one, two, f"{three}: {one}")),
    )
    thread = Thread(thread_id="t", sink="phone", group="g", number=1, since_ns=T0_NS)
    thread.take(alert, regroup_ns=0, ready_ns=0)
    others = [alert, replace(alert, scope=f"{two}x", episode_id="x")]
    for shown in ([alert], others):
        check(render(tell(thread, shown, None, now_ns=T0_NS), markup, limit=limit), markup, limit)
