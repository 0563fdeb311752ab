"""The user stream: every private frame becomes a hint for the core. Hints wake and start clocks, nothing
more.

Nothing is replayed after a reconnect, so the stream says when it went down and up, and the core reads.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
import structlog

from jackline.core.events import (
    AccountHinted,
    Event,
    FillHinted,
    LeverageChanged,
    OrderHinted,
    StreamChanged,
)
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
from jackline.venue.binance.socket import HEARTBEAT_S, SocketHandlers, run_socket
from jackline.venue.net import Net
from jackline.venue.port import Failed

KEEP_ALIVE_S = 20 * 60.0
"""A key lives 60 minutes: two extensions may fail before it dies."""
REMEMBERED_MAX = 4_096
"""Fills and child orders remembered to recognise a second telling; older ones are hints again, which is
harmless."""

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
_decode = msgspec.json.Decoder(UserFrame).decode
_log = structlog.get_logger("jackline.venue.user_stream")

Key = TypeVar("Key")
Value = TypeVar("Value")
ListenKey = Callable[[], Awaitable[str | Failed]]


class UserStream:
    """Pumps one account's events into `sink` until cancelled."""

    def __init__(
        self,
        *,
        net: Net,
        root: str,
        listen_key: ListenKey,
        sink: Callable[[Event], None],
        keep_alive_s: float = KEEP_ALIVE_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._net = net
        self._root = root
        self._listen_key = listen_key
        self._sink = sink
        self._keep_alive_s = keep_alive_s
        self._heartbeat_s = heartbeat_s
        self._key: str | None = None
        self._told: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._parents: OrderedDict[int, str] = OrderedDict()

    async def run(self) -> None:
        """Keep the stream up for ever."""
        handlers = SocketHandlers(
            address=self._address,
            opened=self._opened,
            frame=self._frame,
            closed=lambda: self._sink(StreamChanged(up=False)),
            companion=self._extend,
        )
        await run_socket("user", handlers, net=self._net, heartbeat_s=self._heartbeat_s)

    async def _address(self) -> str | None:
        key = await self._listen_key()
        if not isinstance(key, str):
            _log.warning("listen_key_failed", cause=str(key))
            return None
        self._key = key
        return f"{self._root}/private/ws?listenKey={key}"

    async def _opened(self) -> None:
        self._sink(StreamChanged(up=True))

    async def _extend(self) -> None:
        """Extend the key; return, and so reconnect, when the venue has given out another one."""
        while True:
            await asyncio.sleep(self._keep_alive_s)
            key = await self._listen_key()
            if isinstance(key, str) and key != self._key:
                return

    async def _frame(self, text: str) -> bool:
        try:
            frame: UserFrame = _decode(text)
        except msgspec.DecodeError as error:
            # Something happened on the account and we cannot say what: worth a read.
            _log.warning("user_frame_not_understood", error=str(error))
            self._sink(AccountHinted(symbol=None))
            return True
        match frame:
            case TradeLite() | OrderTradeUpdate():
                self._on_order(frame)
            case AlgoUpdate():
                self._on_algo(frame)
            case AccountUpdate():
                for symbol in sorted({position.s for position in frame.a.P}):
                    self._sink(AccountHinted(symbol=Symbol(symbol)))
                if not frame.a.P:
                    self._sink(AccountHinted(symbol=None, transfer=frame.a.m in _TRANSFERS))
            case AccountConfigUpdate(ac=setting) if setting is not None:
                self._sink(LeverageChanged(symbol=Symbol(setting.s), leverage=setting.l))
            case MarginCall() | AccountConfigUpdate():
                self._sink(AccountHinted(symbol=None))
            case ListenKeyExpired():
                return False
        return True

    def _on_order(self, frame: TradeLite | OrderTradeUpdate) -> None:
        told = frame if isinstance(frame, TradeLite) else frame.o
        executed = isinstance(frame, TradeLite) or frame.o.x in _EXECUTED
        if executed and told.l > ZERO and told.L > ZERO and self._is_news((told.s, told.t)):
            self._sink(
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
            self._hint(told.s, told.c, frame.o.X, child_id=None)

    def _on_algo(self, frame: AlgoUpdate) -> None:
        order = frame.o
        child = int(order.ai) if order.ai.isdigit() and order.ai != "0" else None
        if child is not None:
            _remember(self._parents, child, order.caid)
        self._hint(order.s, order.caid, order.X, child_id=child)

    def _hint(self, symbol: str, client_id: str, state: str, *, child_id: int | None) -> None:
        known = STATES.get(state, OrderState.OTHER)
        self._sink(OrderHinted(symbol=Symbol(symbol), client_id=client_id, state=known, child_id=child_id))

    def _is_news(self, fill: tuple[str, int]) -> bool:
        """TRADE_LITE and ORDER_TRADE_UPDATE tell the same fill, in either order."""
        if fill in self._told:
            return False
        _remember(self._told, fill, None)
        return True


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    if len(memory) > REMEMBERED_MAX:
        memory.popitem(last=False)
