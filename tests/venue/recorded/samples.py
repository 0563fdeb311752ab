"""The same few intents for every venue: what the golden files show and what real clients are made to send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from jackline.core.ids import Role, client_id
from jackline.core.orders import MarginType, OrderKey, PositionMode, PriceSource
from jackline.core.plan import ProtectedEntry, Rung
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    ReadOrder,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
)
from jackline.core.values import Price, Side, Symbol, WireMs, price
from jackline.venue.recorded.registry import VENUES
from jackline.venue.recorded.terms import Terms
from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.recorded.wire import NotWired, WireRequest
from jackline.venue.recorded.writer import (
    MoveStop,
    listings,
    move,
    positions,
    prepare,
    read_order,
    settings,
    write,
)
from tests.venue.makers import TRADE, entry_plan, send_close, send_entry, send_stop, send_target

NETTING, HEDGE = PositionMode.NETTING, PositionMode.HEDGE
LATEST = WireMs(1_795_000_000_000)
USER = "0x" + "1" * 40
SIZE, ORDER_ID, LEVERAGE = "0.010", 12345, 4
WHOLE_STOP = {Side.LONG: "59549", Side.SHORT: "60448"}
STOP_OF = {Side.LONG: "59000", Side.SHORT: "61000"}
TARGET_OF = {Side.LONG: "63000", Side.SHORT: "57000"}
LIMIT_OF = {Side.LONG: "59400", Side.SHORT: "60600"}

MARKETS: dict[str, tuple[str, str]] = {
    "bybit": ("BTCUSDT", "1"),
    "okx": ("BTC-USDT-SWAP", "0.01"),
    "bitget": ("BTCUSDT", "1"),
    "kucoin-futures": ("XBTUSDTM", "0.001"),
    "hyperliquid": ("BTC", "1"),
    "htx": ("BTC-USDT", "0.001"),
    "gate": ("BTC_USDT", "0.0001"),
    "mexc": ("BTC_USDT", "0.0001"),
}
"""The venue's name of the market, and base units in one unit of its quantity."""

WIRED = [venue for venue in VENUES.values() if venue.shapes]
NAMES = [venue.profile.name for venue in WIRED]


def terms_of(venue: RecordedVenue, margin: MarginType = MarginType.ISOLATED) -> Terms:
    name, contract = MARKETS[venue.profile.name]
    return Terms(
        symbol=Symbol(name),
        contract_size=Decimal(contract),
        margin=margin,
        price_tick=Decimal("0.1"),
        asset=0,
        user=USER,
        mark=price("60000"),
    )


def rung_of(venue: RecordedVenue) -> Rung:
    return venue.profile.rungs[0] if venue.profile.rungs else Rung.ATTACHED


def plan(venue: RecordedVenue, side: Side = Side.LONG, mode: PositionMode = NETTING) -> ProtectedEntry:
    made = entry_plan(side, latest_ms=LATEST, size=SIZE)
    if venue.price_digits_max is not None:  # 59548.5 has no form there: its instruments have another tick
        made = replace(made, stop=replace(made.stop, disaster_price=price(WHOLE_STOP[side])))
    return replace(made, symbol=terms_of(venue).symbol, mode=mode, rung=rung_of(venue))


def entry(venue: RecordedVenue, side: Side = Side.LONG, mode: PositionMode = NETTING) -> SendEntry:
    return send_entry(plan(venue, side, mode))


def stop(
    venue: RecordedVenue, side: Side = Side.LONG, mode: PositionMode = NETTING, size: str | None = None
) -> SendStop:
    return replace(
        send_stop(side, size=size, trigger=STOP_OF[side]), symbol=terms_of(venue).symbol, mode=mode
    )


def target(venue: RecordedVenue, side: Side = Side.LONG, mode: PositionMode = NETTING) -> SendTarget:
    made = send_target(side, trigger=TARGET_OF[side])
    return replace(made, symbol=terms_of(venue).symbol, mode=mode, price_source=PriceSource.MARK)


def close(
    venue: RecordedVenue,
    side: Side = Side.LONG,
    mode: PositionMode = NETTING,
    shape: CloseShape = CloseShape.REDUCE_ONLY_MARKET,
) -> SendClose:
    limit: Price | None = None if "market" in shape.value else price(LIMIT_OF[side])
    made = send_close(side, shape, size=SIZE)
    return replace(made, symbol=terms_of(venue).symbol, mode=mode, limit_price=limit)


def key(venue: RecordedVenue, *, conditional: bool, venue_id: int | None = None) -> OrderKey:
    role = Role.WORKING if conditional else Role.ENTRY
    named = client_id(TRADE, role, 2)
    return OrderKey(
        symbol=terms_of(venue).symbol, client_id=named, venue_id=venue_id, conditional=conditional
    )


def cancel(venue: RecordedVenue, *, conditional: bool, venue_id: int | None = None) -> CancelOrder:
    return CancelOrder(trade_id=TRADE, key=key(venue, conditional=conditional, venue_id=venue_id), why="test")


def reading(venue: RecordedVenue, *, conditional: bool) -> ReadOrder:
    named = key(venue, conditional=conditional)
    return ReadOrder(
        symbol=named.symbol, client_id=client_id(TRADE, Role.WORKING, 2), conditional=conditional
    )


def moving(venue: RecordedVenue, side: Side = Side.LONG) -> MoveStop:
    made = stop(venue, side, size=SIZE)
    tighter = price("59500") if side is Side.LONG else price("60500")
    return MoveStop(
        key=OrderKey(symbol=made.symbol, client_id=made.client_id, venue_id=ORDER_ID, conditional=True),
        stop=replace(made, trigger_price=tighter),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A case and what our writer makes of it: the request, or the reason why there is none."""

    case: str
    request: WireRequest | str


def orders(venue: RecordedVenue) -> Iterator[Written]:
    """Every order, in both modes, on both sides."""
    terms = terms_of(venue)
    for mode in PositionMode:
        for side in Side:
            where = f"{mode} {side}"
            for case, request in (
                ("entry", entry(venue, side, mode)),
                ("stop of the whole position", stop(venue, side, mode)),
                ("stop of a quantity", stop(venue, side, mode, SIZE)),
                ("target", target(venue, side, mode)),
                ("close at market", close(venue, side, mode)),
                ("close by limit", close(venue, side, mode, CloseShape.IOC_1_PERCENT)),
                ("close without flag", close(venue, side, mode, CloseShape.PLAIN_MARKET)),
            ):
                yield Written(case=f"{case}, {where}", request=tried(lambda: write(venue, request, terms)))  # noqa: B023  # called at once


def others(venue: RecordedVenue) -> Iterator[Written]:
    """Everything that is no order."""
    terms = terms_of(venue)
    kinds = {"plain": False, "conditional": True}
    for kind, conditional in kinds.items():
        by_name, by_id = (cancel(venue, conditional=conditional, venue_id=one) for one in (None, ORDER_ID))
        read = reading(venue, conditional=conditional)
        yield Written(case=f"cancel {kind} by name", request=tried(lambda: write(venue, by_name, terms)))  # noqa: B023  # called at once
        yield Written(case=f"cancel {kind} by id", request=tried(lambda: write(venue, by_id, terms)))  # noqa: B023  # called at once
        yield Written(case=f"read {kind}", request=tried(lambda: read_order(venue, read, terms)))  # noqa: B023  # called at once
    for side in Side:
        moved = moving(venue, side)
        yield Written(case=f"move stop, {side}", request=tried(lambda: move(venue, moved, terms)))  # noqa: B023  # called at once
    yield from _numbered("list", listings(venue, terms))
    yield from _numbered("positions", (positions(venue, terms),))
    yield from _numbered("settings", settings(venue, terms))
    for mode in PositionMode:
        try:
            made = prepare(venue, terms, leverage=LEVERAGE, mode=mode)
        except NotWired as reason:
            yield Written(case=f"prepare {mode}", request=str(reason))
        else:
            yield from _numbered(f"prepare {mode}", made)


def _numbered(case: str, requests: tuple[WireRequest, ...]) -> Iterator[Written]:
    for number, request in enumerate(requests, start=1):
        yield Written(case=f"{case} {number}", request=request)


def tried(attempt: Callable[[], WireRequest]) -> WireRequest | str:
    """The request, or why there is none."""
    try:
        return attempt()
    except NotWired as reason:
        return str(reason)
