"""What Binance's two futures venues share beyond the family: their payloads, limits, book chain and symbols."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from producers.completeness import ALL, NONE, ChannelName, Coverage
from producers.venue import Limits, Sequencing
from producers.venues.binance import Binance
from producers.venues.binance_wire import DATED, FuturesCombined, FuturesPayload, Message, Probe
from schemas.instrument import Contract, Instrument, canonical_id

_payloads: msgspec.json.Decoder[FuturesPayload] = msgspec.json.Decoder(FuturesPayload, strict=False)
_decode_combined = msgspec.json.Decoder(FuturesCombined, strict=False).decode


class BinanceFutures(Binance):
    """Base of USD-M and COIN-M."""

    limits = Limits(
        messages_per_s=10,
        connects_per_min=60,
        lifetime_s=23 * 3600,
        snapshots_per_min=25,
        weight_pool="binance-futures",
    )
    """Documented: 10 messages a second, 24 h a connection; a book of 1000 levels weighs 20 of 2400 a minute, which
    USD-M and COIN-M share since 2026-06-30. Connects have no documented cap: this is spot's.
    """
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshot_overlap=0)
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(
            kind="all",
            note="ADL and insurance fund fills carry their kind; other fills off the book are holes in the ids",
        ),
        "book": Coverage(
            kind="all", note="in 100 ms steps, without RPI orders; far levels only as they change after a snapshot"
        ),
        "liquidations": Coverage(
            kind="sampled",
            rows=1,
            every_s=1.0,
            since="2021-04-27",
            earlier=ALL,
            note="which one of a second is chosen is undocumented",
        ),
        "mark": Coverage(kind="periodic", every_s=1.0),
        "open_interest": NONE,
        "insurance": Coverage(kind="partial", note="only fills that the fund took over"),
        "adl": Coverage(kind="partial", note="only ADL prints among the trades"),
        "status": NONE,
    }
    depth_limit = 1000
    events = frozenset({"depthUpdate", "trade", "bookTicker", "forceOrder", "markPriceUpdate"})

    def decode(self, frame: bytes) -> Message:
        """A frame in either layout, told apart by the wrapper's first key."""
        if frame.startswith(b'{"stream"'):
            return _decode_combined(frame).data
        return _payloads.decode(frame)

    def decode_payload(self, payload: bytes) -> Message:
        """A bare payload."""
        return _payloads.decode(payload)

    def recognises(self, probe: Probe) -> bool:
        """What only futures have: `pu` in books, an event type in tickers, no `M` in trades."""
        if probe.event == "depthUpdate":
            return probe.prev_id is not None
        if probe.event in ("trade", "aggTrade"):
            return probe.spot_flag is None
        return probe.event in self.events

    def contract(
        self,
        symbol: str,
        *,
        base: str,
        quote: str,
        contract: Contract,
        contract_value: float | None,
        tick_size: float | None,
        ts_recv_ns: int,
    ) -> Instrument:
        """A perpetual, or a delivery contract where the symbol ends in an expiry date."""
        dated = DATED.fullmatch(symbol)
        return Instrument(
            venue=self.id,
            instrument=canonical_id(base, quote, "future" if dated else "perp", f"20{dated[2]}" if dated else None),
            ts_event_ns=ts_recv_ns,
            ts_recv_ns=ts_recv_ns,
            symbol=symbol,
            base=base,
            quote=quote,
            market="future" if dated else "perp",
            contract=contract,
            contract_value=contract_value,
            tick_size=tick_size,
        )
