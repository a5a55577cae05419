import msgspec
import pytest

from producers.venues import deribit_wire as wire


@pytest.mark.parametrize(
    "shape",
    [wire.Book, wire.Trade, wire.Ticker, wire.Params, wire.Error, wire.Listed],
    ids=lambda shape: shape.__name__,
)
def test_each_shape_reads_the_frame_beside_it(shape: type[msgspec.Struct]) -> None:
    """Whoever copies a shape sees what it is of."""
    text = shape.__doc__ or ""
    msgspec.json.decode(text[text.index("{") :].replace("\n", ""), type=shape)


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("BTC-PERPETUAL", ("BTC", None, "PERPETUAL", None)),
        ("BTC_USDC-5JUN26", ("BTC", "USDC", "5JUN26", "5JUN26")),
        ("STETH_USDC", ("STETH", "USDC", None, None)),
    ],
)
def test_a_symbol_falls_into_its_parts(symbol: str, parts: tuple[str | None, ...]) -> None:
    """A perpetual that is taken for a future changes its name."""
    found = wire.SYMBOL.fullmatch(symbol)
    assert found is not None
    assert found.groups() == parts


@pytest.mark.parametrize(
    ("code", "action"), [(10028, "resubscribe"), (13888, "resubscribe"), (13009, "fatal"), (11051, "reconnect")]
)
def test_an_error_tells_whether_to_ask_again(code: int, action: str) -> None:
    """To try for ever what needs a login would only be a nuisance."""
    assert wire.Error(code=code, message="x").refusal.action == action


def test_any_mark_of_a_deal_elsewhere_is_enough() -> None:
    """Blocks, requests for quotes and combinations each have their own field."""
    plain = wire.Trade(
        instrument_name="BTC-PERPETUAL", timestamp=1, price=1.0, amount=1.0, direction="buy", trade_seq=1, trade_id="1"
    )
    assert not plain.is_off_book
    assert msgspec.structs.replace(plain, block_rfq_id=0).is_off_book
