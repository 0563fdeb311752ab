"""Private frames as hints for the core. Hints wake and start clocks, nothing more. Pure."""

from __future__ import annotations

from typing import assert_never

from jackline.core.events import AccountHinted, Event, FillHinted, LeverageChanged, OrderHinted
from jackline.core.orders import OrderState
from jackline.core.values import ZERO, MarketMs, Price, Quantity, Symbol, WireMs
from jackline.venue.binance.frames import (
    AccountConfigUpdate,
    AccountUpdate,
    AlgoUpdate,
    ListenKeyExpired,
    MarginCall,
    OrderTradeUpdate,
    TradeLite,
    UserFrame,
)
from jackline.venue.binance.parse import STATES
from jackline.venue.binance.told import Memory

_EXECUTED = {"TRADE", "CALCULATED"}
_TRANSFERS = {
    "DEPOSIT",
    "WITHDRAW",
    "WITHDRAW_REJECT",
    "ASSET_TRANSFER",
    "ADMIN_DEPOSIT",
    "ADMIN_WITHDRAW",
    "MARGIN_TRANSFER",
    "COIN_SWAP_DEPOSIT",
    "COIN_SWAP_WITHDRAW",
}


class Hints:
    """Remembers fills, which two kinds of frame tell, and which stop an order came from."""

    def __init__(self) -> None:
        self._fills: Memory[tuple[str, int], None] = Memory()
        self._parents: Memory[int, str] = Memory()

    def of(self, frame: UserFrame) -> list[Event]:
        """What one frame means, in order; nothing for what is about the stream itself."""
        match frame:
            case TradeLite() | OrderTradeUpdate():
                return self._of_order(frame)
            case AlgoUpdate():
                return [self._of_algo(frame)]
            case AccountUpdate():
                symbols = sorted({position.s for position in frame.a.P})
                if not symbols:
                    return [AccountHinted(symbol=None, transfer=frame.a.m in _TRANSFERS)]
                return [AccountHinted(symbol=Symbol(symbol)) for symbol in symbols]
            case AccountConfigUpdate(ac=setting) if setting is not None:
                return [LeverageChanged(symbol=Symbol(setting.s), leverage=setting.l)]
            case MarginCall() | AccountConfigUpdate():
                return [AccountHinted(symbol=None)]
            case ListenKeyExpired():
                return []
            case _:
                assert_never(frame)

    def _of_order(self, frame: TradeLite | OrderTradeUpdate) -> list[Event]:
        told = frame if isinstance(frame, TradeLite) else frame.o
        executed = isinstance(frame, TradeLite) or frame.o.x in _EXECUTED
        hints: list[Event] = []
        # TRADE_LITE and ORDER_TRADE_UPDATE tell the same fill, in either order.
        if executed and told.l > ZERO and told.L > ZERO and self._fills.keep((told.s, told.t), None):
            hints.append(
                FillHinted(
                    symbol=Symbol(told.s),
                    client_id=self._parents.get(told.i, told.c),
                    order_id=told.i,
                    quantity=Quantity(told.l),
                    price=Price(told.L),
                    wire_ms=WireMs(told.T),
                    market_ms=MarketMs(told.T if told.mt is None else told.mt),
                )
            )
        if isinstance(frame, OrderTradeUpdate):
            hints.append(_order_hint(told.s, told.c, frame.o.X, child_id=None))
        return hints

    def _of_algo(self, frame: AlgoUpdate) -> OrderHinted:
        order = frame.o
        child = int(order.ai) if order.ai.isdigit() and order.ai != "0" else None
        if child is not None:
            self._parents.keep(child, order.caid)
        return _order_hint(order.s, order.caid, order.X, child_id=child)


def _order_hint(symbol: str, client_id: str, state: str, *, child_id: int | None) -> OrderHinted:
    known = STATES.get(state, OrderState.OTHER)
    return OrderHinted(symbol=Symbol(symbol), client_id=client_id, state=known, child_id=child_id)
