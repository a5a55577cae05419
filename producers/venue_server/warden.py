"""Cuts a connection as its venue does: after its lifetime, for a client without signs of life, when nobody speaks."""

from __future__ import annotations

import asyncio
import time

from producers.venue_server.dialect import Rules
from producers.venue_server.faults import Faults
from producers.venue_server.peer import Peer

LOOKS = 20
"""Looks at a connection within the shortest of its terms."""


async def cut_in_time(peer: Peer, rules: Rules, faults: Faults) -> None:
    """Wait for the first of the terms to pass, and cut."""
    lifetime_s = rules.lifetime_s if faults.lifetime_s is None else faults.lifetime_s
    # A client of the recorded clock lives in another time; what a test asks for is in real seconds all the same.
    silence_s, idle_s = (None, None) if peer.marked else (rules.client_silence_s, rules.idle_s)
    if peer.marked and faults.lifetime_s is None:
        lifetime_s = None
    terms = [term for term in (lifetime_s, silence_s, idle_s) if term is not None]
    if not terms:
        return
    began_s = peer.heard_s = peer.last_s = time.monotonic()
    while True:
        await asyncio.sleep(min(terms) / LOOKS)
        if peer.deaf:
            return
        now_s = time.monotonic()
        over = lifetime_s is not None and now_s - began_s >= lifetime_s
        silent = silence_s is not None and now_s - peer.heard_s >= silence_s
        idle = idle_s is not None and now_s - peer.last_s >= idle_s
        if over or silent or idle:
            peer.cut()
            return


async def ask_for_life(peer: Peer, every_s: float) -> None:
    """Ping as the venue does, and cut whoever has not answered by the next time."""
    while True:
        await asyncio.sleep(every_s)
        if peer.deaf:
            return
        if not peer.ping():
            peer.cut()
            return
