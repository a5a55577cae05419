"""Which of a venue's markets to listen to, from the names that a person gives. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.instrument import Instrument

ALL = "all"
"""The word for every base asset."""

PERP_QUOTES = frozenset({"USD", "USDT", "USDC"})
SPOT_QUOTES = frozenset({"USD", "USDT"})


def select(
    instruments: Sequence[Instrument], symbols: Sequence[str], *, at_most: int | None = None
) -> list[Instrument]:
    """The markets of these base assets, in the venue's own order, which on most venues puts the largest first.

    Perpetuals quoted in USD (coin-margined), USDT and USDC, and the spot market against USDT or USD; dated futures and
    the other quotes add thin copies of the same market. A name with a dash is one market by its canonical id, whatever
    its quote or kind. `all` stands for every base asset; `at_most` caps the number of markets.
    """
    wanted = {symbol.strip().upper() for symbol in symbols if symbol.strip()}
    everything = ALL.upper() in wanted
    chosen = [
        instrument
        for instrument in instruments
        if instrument.instrument.upper() in wanted
        or ((everything or instrument.base.upper() in wanted) and _is_main(instrument))
    ]
    return chosen[:at_most]


def _is_main(instrument: Instrument) -> bool:
    if instrument.market == "perp":
        return instrument.quote in PERP_QUOTES
    return instrument.market == "spot" and instrument.quote in SPOT_QUOTES
