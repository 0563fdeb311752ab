"""What leaves, to the letter: method, path and every field of each action, as signed by ccxt and given to the network.

A difference is a change of what a venue is sent: it is looked at, field by field, before a file in `golden/` changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from jackline.core.events import Now
from jackline.core.orders import PositionMode
from jackline.core.plan import Rung
from jackline.core.requests import CloseShape, Mutation, ReadOrder
from jackline.core.values import MarketMs, Side, Symbol, WireMs
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.bingx.connection import BingxSettings
from jackline.venue.bingx.venue import BingxVenue
from jackline.venue.net import TalkingSocket
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from tests.venue.makers import (
    BTC,
    BTC_DASH,
    at_venue,
    cancel,
    cancel_plain,
    entry_plan,
    send_close,
    send_entry,
    send_stop,
    send_target,
    send_trailing,
)
from tests.venue.memory_net import MemoryNet, Sent, answered

NOW_MS = 1_790_000_000_000
GOLDEN = Path(__file__).parent / "golden"
DRAWN = {"timestamp": "<ms>", "signature": "<hex64>"}
"""Fields that signing makes; their form is the gate's to check."""


class StillClock:
    """It is always the same moment."""

    def now(self) -> Now:
        return Now(wire_ms=WireMs(NOW_MS), market_ms=MarketMs(NOW_MS))

    def steady_ms(self) -> int:
        return 77


class MuteNet(MemoryNet):
    """Nobody can be talked to either."""

    async def talk(self, url: str) -> TalkingSocket:
        raise AssertionError(url)


@dataclass(frozen=True)
class Sender:
    """An adapter that hears nothing but the time."""

    name: str
    symbol: Symbol
    venue: Any
    net: MuteNet

    async def sent(self, action: Mutation | ReadOrder) -> dict[str, Any]:
        """The first request of an action. It is never answered well, so that nothing else depends on the answer."""
        self.net.sent.clear()
        if isinstance(action, ReadOrder):
            await self.venue.read_order(action)
        else:
            await self.venue.send(action)
        return told(self.net.sent[0])


def told(sent: Sent) -> dict[str, Any]:
    parts = urlsplit(sent.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(
        sent.body or "", keep_blank_values=True
    )
    fields = {name: DRAWN.get(name, value) for name, value in sorted(pairs)}
    where = "query" if parts.query else "form"
    return {"method": sent.method, "path": parts.path, "in": where, "fields": fields}


async def sender(name: str) -> Sender:
    endpoint = Endpoint(mode=VenueMode.PAPER, base_url="http://127.0.0.1:8090")
    key = Credentials(api_key="k", secret="s")
    clock = StillClock()
    if name == "binance":
        net = MuteNet(respond=lambda _: answered(f'{{"serverTime": {NOW_MS}}}'))
        settings = BinanceSettings(endpoint=endpoint, credentials=key)
        venue: Any = BinanceVenue(settings=settings, clock=clock, permit=lambda _: None, net=net)
        symbol = BTC
    else:
        net = MuteNet(
            respond=lambda _: answered(f'{{"code": 0, "msg": "", "data": {{"serverTime": {NOW_MS}}}}}')
        )
        dashed = BingxSettings(endpoint=endpoint, credentials=key)
        venue = BingxVenue(settings=dashed, clock=clock, permit=lambda _: None, net=net)
        symbol = BTC_DASH
    assert await venue.read_clock_offset_ms() == 0
    return Sender(name, symbol, venue, net)


def actions(name: str, symbol: Symbol) -> Iterator[tuple[str, Mutation | ReadOrder]]:
    best = Rung.ATTACHED if name == "bingx" else Rung.STOP_FIRST
    for mode in PositionMode:
        shapes: list[tuple[str, Mutation]] = [
            ("entry", send_entry(replace(entry_plan(), rung=best))),
            ("short entry", send_entry(replace(entry_plan(Side.SHORT), rung=best))),
            ("entry after fill", send_entry(replace(entry_plan(), rung=Rung.AFTER_FILL))),
            ("stop", send_stop(size="0.010")),
            ("target", send_target()),
            ("close", send_close()),
            ("close at a limit", send_close(Side.SHORT, CloseShape.IOC_1_PERCENT, limit="61000")),
        ]
        if name == "binance":
            shapes.append(("trailing", send_trailing(activate="61000")))
        if name == "binance" or mode is PositionMode.HEDGE:
            shapes.append(("whole-position stop", send_stop()))
        for action, request in shapes:
            yield f"{action}, {mode}", at_venue(request, symbol, mode)
    yield "cancel a stop", at_venue(cancel(venue_id=9), symbol, PositionMode.NETTING)
    yield "cancel an order", at_venue(cancel_plain(), symbol, PositionMode.NETTING)
    read = ReadOrder(symbol=symbol, client_id=send_entry().client_id, conditional=False)
    yield "read an order", read
    yield "read a stop", replace(read, conditional=True, venue_id=9 if name == "bingx" else None)


@pytest.mark.parametrize("name", ["binance", "bingx"])
async def test_what_leaves_is_golden(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    for action, request in actions(name, Symbol(BTC if name == "binance" else BTC_DASH)):
        # An adapter for each: three orders a second are counted by the loop's clock.
        found[action] = await (await sender(name)).sent(request)
    assert found == golden
