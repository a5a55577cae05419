import json

from tests.kit.collector.__main__ import in_json, in_words
from tests.kit.collector.seen import Shown


def test_a_message_is_printed_as_it_is_read_and_as_a_program_reads_it() -> None:
    """Tests of other processes would not see what arrived, or see an edit as a new message."""
    shown = Shown(id="7", text="HIGH\nfalling", history=["WARN"], picture=b"12", silent=True)
    assert in_words("telegram", shown) == "── telegram · 7 · edit 1, silent, picture 2 B\nHIGH\nfalling\n"
    told = json.loads(in_json("telegram", shown))
    assert (told["channel"], told["edits"], told["picture"], told["text"]) == ("telegram", 1, "MTI=", "HIGH\nfalling")
