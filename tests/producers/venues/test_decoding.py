import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues.decoding import (
    FAILURES,
    WireAmount,
    WireBalance,
    WirePrice,
    WireTime,
    check_levels,
    decode_error,
    event_ns,
    raw_rows,
    readable_rows,
)

RECV_NS = 1_760_130_964_900_000_000
MS = 1_760_130_964_831


class Row(msgspec.Struct):
    """A row with each bounded type."""

    price: WirePrice
    size: WireAmount = 0.0
    time: WireTime = 0
    name: str = ""


def reason_of(raw: bytes) -> str:
    """Why this row is refused."""
    with pytest.raises(FAILURES) as caught:
        msgspec.json.decode(raw, type=Row, strict=False)
    return decode_error(caught.value).reason


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"price":"NaN"}', "bad_number"),
        (b'{"price":"inf"}', "bad_number"),
        (b'{"price":"1e999"}', "bad_number"),
        (b'{"price":1e999}', "bad_number"),
        (b'{"price":"-1"}', "bad_number"),
        (b'{"price":"0"}', "bad_number"),
        (b'{"price":"ten"}', "bad_number"),
        (b'{"price":"1","size":"-0.5"}', "bad_number"),
        (b'{"price":"1","size":"1e30"}', "bad_number"),
        (b'{"price":NaN}', "bad_json"),
        (b'{"price":"1"', "bad_json"),
        (b'{"price":"1","name":"\xff"}', "bad_json"),
        (b'{"price":"1","more":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "bad_json"),
        (b"", "bad_json"),
        (b"{}", "bad_shape"),
        (b"[]", "bad_shape"),
        (b'{"price":"1","time":' + b"9" * 30 + b"}", "bad_shape"),
        (b'{"price":"1","name":7}', "bad_shape"),
    ],
)
def test_each_defect_has_its_reason(raw: bytes, reason: str) -> None:
    """The reasons are metric labels: an unknown one is lost, too many are a cost."""
    assert reason_of(raw) == reason


@pytest.mark.parametrize("time", [MS, MS - 3_600_000, MS - 7 * 86_400_000, MS + 3_600_000])
def test_ordinary_skew_and_old_rows_keep_their_time(time: int) -> None:
    """Delays of seconds are normal in a crash, and history is as old as it is."""
    assert event_ns(time, RECV_NS) == time * 1_000_000


@pytest.mark.parametrize(
    "time", [0, MS // 1000, MS * 1000, MS * 1_000_000, 4_070_908_800_000, MS + 2 * 86_400_000], ids=str
)
def test_a_time_in_another_unit_is_refused(time: int) -> None:
    """Seconds taken for milliseconds put an event into 1970; the year 2099 stops every clock that follows events."""
    with pytest.raises(DecodeError) as caught:
        event_ns(time, RECV_NS)
    assert caught.value.reason == "bad_time"


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        (b'[["1.0","-2"]]', "bad_number"),
        (b'[["NaN","2"]]', "bad_number"),
        (b'[["1e5","2"]]', "bad_number"),
        (b'{"1.0":"2"}', "bad_number"),
        (b"null", "bad_number"),
        (b'"1.0"', "bad_shape"),
    ],
)
def test_levels_of_anything_but_plain_decimals_are_refused(levels: bytes, reason: str) -> None:
    """A negative size would be depth that is taken away from the others."""
    good = msgspec.Raw(b'[["1.0","2"], ["0.5","0.000"]]')
    check_levels(good, msgspec.Raw(b"[]"))
    for sides in ((good, msgspec.Raw(levels)), (msgspec.Raw(levels), good)):
        with pytest.raises(DecodeError) as caught:
            check_levels(*sides)
        assert caught.value.reason == reason


def test_one_bad_row_does_not_cost_the_others() -> None:
    """A market that is listed oddly would silence all that are in the same frame."""
    rows = [b'{"price":1}', b'{"price":-1}', b'{"price":2}', b"{"]
    assert [row.price for row in readable_rows(rows, msgspec.json.Decoder(Row).decode)] == [1.0, 2.0]
    assert readable_rows([], msgspec.json.Decoder(Row).decode) == []


def test_rows_of_which_none_can_be_read_are_an_error() -> None:
    """A wire that has changed altogether would look like a venue that has nothing to say."""
    with pytest.raises(DecodeError) as caught:
        readable_rows([b'{"price":-1}', b"{"], msgspec.json.Decoder(Row).decode)
    assert caught.value.reason == "bad_number"

    def refuse(row: int) -> int:
        raise DecodeError("bad_time", str(row))

    with pytest.raises(DecodeError) as told:
        readable_rows([7, 8], refuse)
    assert str(told.value) == "bad_time: 7"


def test_a_fund_may_owe_and_no_more_than_there_is() -> None:
    """A balance below zero is the news: a fund that is empty, or worse."""
    read = msgspec.json.Decoder(WireBalance, strict=False).decode
    assert read(b'"-5421.25"') == -5421.25
    for wrong in (b'"-1e18"', b"1e18", b'"NaN"'):
        with pytest.raises(msgspec.ValidationError):
            read(wrong)


def test_rows_are_told_apart_without_being_read() -> None:
    """A row that cannot be decoded must not keep the others from being found."""
    assert list(map(bytes, raw_rows(b'[{"price":""}, 7]'))) == [b'{"price":""}', b"7"]
    with pytest.raises(msgspec.ValidationError):
        raw_rows(b"{}")
