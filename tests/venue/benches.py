"""The adapters that play the cards."""

from __future__ import annotations

from jackline.core.plan import Rung
from jackline.core.values import WireMs
from jackline.engine.startup import StreamingVenue
from jackline.venue.binance.gate import RequestGate as BinanceGate
from jackline.venue.bingx.gate import RequestGate as BingxGate
from jackline.venue.canary import CanaryProof, CanaryTask, prove_rung
from jackline.venue.canary_attached import prove_attached
from jackline.venue.profile import BINANCE_USDM, BINGX_SWAP
from jackline.venue.transport.gate import GateMechanics, alone
from tests.venue.cards import CLOCK, Bench, announced
from tests.venue.local import local_bingx, local_exchange
from tests.venue.makers import BTC, BTC_DASH

AUTHORITY = "127.0.0.1:8090"


async def far_stop(venue: StreamingVenue, task: CanaryTask) -> tuple[CanaryProof, list[str]]:
    steps: list[str] = []
    on_stop, on_cancel = announced(steps)
    proof = await prove_rung(venue=venue, task=task, on_stop=on_stop, on_cancel=on_cancel, clock=CLOCK)
    return proof, steps


async def far_entry(venue: StreamingVenue, task: CanaryTask) -> tuple[CanaryProof, list[str]]:
    steps: list[str] = []
    on_entry, on_cancel = announced(steps)
    proof = await prove_attached(venue=venue, task=task, on_entry=on_entry, on_cancel=on_cancel, clock=CLOCK)
    return proof, steps


def gate(kind: type[GateMechanics]) -> GateMechanics:
    return kind(authority=AUTHORITY, permit=lambda _: None, speaks=alone, venue_ms=lambda: WireMs(0))


BINANCE = Bench(
    name="binance",
    symbol=BTC,
    profile=BINANCE_USDM,
    open=local_exchange,
    gate=lambda: gate(BinanceGate),
    sing=far_stop,
    proves=Rung.STOP_FIRST,
    bare=Rung.AFTER_FILL,
    remembers_ids=False,
    entry_path="/fapi/v1/order",
    stop_path="/fapi/v1/algoOrder",
    amendments=(("PUT", "/fapi/v1/order"), ("PUT", "/fapi/v1/batchOrders")),
)
BINGX = Bench(
    name="bingx",
    symbol=BTC_DASH,
    profile=BINGX_SWAP,
    open=local_bingx,
    gate=lambda: gate(BingxGate),
    sing=far_entry,
    proves=Rung.ATTACHED,
    bare=Rung.AFTER_FILL,
    remembers_ids=True,
    entry_path="/openApi/swap/v2/trade/order",
    stop_path="/openApi/swap/v2/trade/order",
    amendments=(
        ("POST", "/openApi/swap/v1/trade/amend"),
        ("POST", "/openApi/swap/v1/trade/cancelReplace"),
        ("POST", "/openApi/swap/v1/trade/batchCancelReplace"),
    ),
)
BENCHES = (BINANCE, BINGX)
