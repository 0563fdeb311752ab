"""The user stream: every private frame becomes a hint for the core. Hints wake and start clocks, nothing more.

Nothing is replayed after a reconnect, so the stream says when it went down and up, and the core reads. A key that dies
leaves an open socket on which only pings come, so that silence of *events* ends a connection too.
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
from jackline.core.outcomes import Refused
from jackline.core.values import ZERO, MarketMs, Price, Quantity, Symbol, WireMs
from jackline.venue.bingx.frames import AccountConfigUpdate, AccountUpdate, Head, OrderPart, OrderTradeUpdate
from jackline.venue.bingx.packed import PackedNet
from jackline.venue.bingx.parse import state_of
from jackline.venue.bingx.rows import filled_in
from jackline.venue.net import Socket, TalkingNet
from jackline.venue.port import Failed
from jackline.venue.transport.socket import HEARTBEAT_S, Hide, SocketHandlers, as_it_is, run_socket

SOCKET_PATH = "/swap-market"
KEEP_ALIVE_S = 20 * 60.0
"""A key lives 60 minutes: two extensions may fail before it dies."""
EVENT_SILENCE_S = 15.0
"""The venue repeats the account's settings every five seconds: without them nobody is listening to this key."""
REMEMBERED_MAX = 4_096
"""Fills remembered to recognise a second telling; older ones are hints again, which is harmless."""

_EXECUTED = {"TRADE", "CALCULATED"}
_TRANSFERS = {"DEPOSIT", "WITHDRAW", "WITHDRAW_REJECT", "ASSET_TRANSFER", "ADMIN_DEPOSIT", "ADMIN_WITHDRAW"}
_head = msgspec.json.Decoder(Head).decode
_log = structlog.get_logger("jackline.venue.user_stream")

Frame = TypeVar("Frame", OrderTradeUpdate, AccountUpdate, AccountConfigUpdate)
MakeKey = Callable[[], Awaitable[str | Failed]]
ExtendKey = Callable[[str], Awaitable[Failed | None]]


class UserStream:
    """Pumps one account's events into `sink` until cancelled. The key is its own: no other process knows it."""

    def __init__(
        self,
        *,
        net: TalkingNet,
        root: str,
        make_key: MakeKey,
        extend_key: ExtendKey,
        sink: Callable[[Event], None],
        keep_alive_s: float = KEEP_ALIVE_S,
        event_silence_s: float = EVENT_SILENCE_S,
        hide: Hide = as_it_is,
    ) -> None:
        self._net = PackedNet(net)
        self._root = root
        self._make_key = make_key
        self._extend_key = extend_key
        self._sink = sink
        self._keep_alive_s = keep_alive_s
        self._event_silence_s = event_silence_s
        self._hide = hide
        self._key: str | None = None
        self._heard = asyncio.Event()
        self._told: OrderedDict[tuple[int, int, str], None] = OrderedDict()
        self._leverages: dict[str, int] = {}

    async def run(self) -> None:
        """Keep the stream up for ever."""
        handlers = SocketHandlers(
            address=self._address,
            opened=self._opened,
            frame=self._frame,
            closed=lambda: self._sink(StreamChanged(up=False)),
            companion=self._tend,
        )
        await run_socket("user", handlers, net=self._net, heartbeat_s=HEARTBEAT_S, hide=self._hide)

    async def _address(self) -> str | None:
        """With the key of before where the venue still knows it, for each that is made lives for an hour."""
        if self._key is not None and await self._extend_key(self._key) is not None:
            self._key = None
        if self._key is None:
            key = await self._make_key()
            if not isinstance(key, str):
                _log.warning("listen_key_failed", cause=str(key))
                return None
            self._key = key
        return f"{self._root}{SOCKET_PATH}?listenKey={self._key}"

    async def _opened(self, _: Socket) -> None:
        self._sink(StreamChanged(up=True))

    async def _tend(self) -> None:
        """Extend the key; return, and so reconnect, when it is dead or nothing is heard of the account."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._extend()), group.create_task(self._listen())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()

    async def _extend(self) -> None:
        while self._key is not None:
            await asyncio.sleep(self._keep_alive_s)
            if isinstance(await self._extend_key(self._key), Refused):
                self._key = None

    async def _listen(self) -> None:
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(self._event_silence_s):
                    await self._heard.wait()
            except TimeoutError:
                _log.warning("user_stream_silent", silence_s=self._event_silence_s)
                return

    async def _frame(self, text: str) -> bool:
        try:
            name = _head(text).e
            if name == "listenKeyExpired":
                self._key = None
                return False
            if name:
                self._heard.set()
                self._told_of(name, text)
        except msgspec.DecodeError as error:
            # Something happened on the account and we cannot say what: worth a read.
            _log.warning("user_frame_not_understood", error=str(error))
            self._sink(AccountHinted(symbol=None))
        return True

    def _told_of(self, name: str, text: str) -> None:
        match name:
            case "ORDER_TRADE_UPDATE":
                update = _read(text, OrderTradeUpdate)
                self._on_order(update.o, update.E)
            case "ACCOUNT_UPDATE":
                self._on_account(_read(text, AccountUpdate))
            case "ACCOUNT_CONFIG_UPDATE":
                self._on_setting(_read(text, AccountConfigUpdate))
            case _:
                self._sink(AccountHinted(symbol=None))

    def _on_order(self, order: OrderPart, sent_ms: int) -> None:
        symbol = Symbol(order.s)
        if order.x in _EXECUTED and order.l > ZERO and order.L > ZERO and self._is_news(order):
            at_ms = order.T or sent_ms
            self._sink(
                FillHinted(
                    symbol=symbol,
                    client_id=order.c,
                    order_id=order.i,
                    quantity=Quantity(order.l),
                    price=Price(order.L),
                    wire_ms=WireMs(at_ms),
                    market_ms=MarketMs(at_ms if order.mt is None else order.mt),
                )
            )
        if order.c:
            state = state_of(order.o, order.X)
            self._sink(OrderHinted(symbol=symbol, client_id=order.c, state=state, child_id=None))
        else:
            # A stop has no name of ours: whose it is, only a look can say.
            self._sink(AccountHinted(symbol=symbol))

    def _on_account(self, update: AccountUpdate) -> None:
        """The authority on exposure: of a stop that fired, this may be all that is ever told."""
        for symbol in sorted({position.s for position in update.a.P}):
            self._sink(AccountHinted(symbol=Symbol(symbol)))
        if not update.a.P:
            self._sink(AccountHinted(symbol=None, transfer=update.a.m in _TRANSFERS))

    def _on_setting(self, update: AccountConfigUpdate) -> None:
        leverage = max(update.ac.l, update.ac.S)
        if self._leverages.get(update.ac.s) != leverage:
            self._leverages[update.ac.s] = leverage
            self._sink(LeverageChanged(symbol=Symbol(update.ac.s), leverage=leverage))

    def _is_news(self, order: OrderPart) -> bool:
        """By trade id, and by what is filled so far where the venue names no trade."""
        fill = (order.i, order.t, "" if order.t else str(order.z))
        if fill in self._told:
            return False
        self._told[fill] = None
        if len(self._told) > REMEMBERED_MAX:
            self._told.popitem(last=False)
        return True


def _read(text: str, kind: type[Frame]) -> Frame:
    """A frame of this kind; empty text in it stands for a number that is not there. Raises msgspec.DecodeError."""
    return msgspec.convert(filled_in(msgspec.json.decode(text)), kind)
