"""Leverage and margin type of symbols: set where they differ, read back, and read for all symbols at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jackline.core.events import AccountHinted, Event, LeverageChanged, StreamChanged
from jackline.core.orders import MarginType
from jackline.core.values import Symbol, WireMs
from jackline.venue.binance.connection import Connection
from jackline.venue.binance.refusals import OURS, refused
from jackline.venue.binance.requests import STOP_WINDOW_MS
from jackline.venue.binance.rows import SymbolConfigRow
from jackline.venue.binance.wire import read_failure
from jackline.venue.port import Failed, SymbolFacts
from jackline.venue.transport.failures import WIRE_TROUBLE, Garbled, VenueSaid
from jackline.venue.transport.lanes import Lane

READ_DEADLINE_S = 2.0
"""Settings are read and set before anything opens; slower than this is a venue in trouble."""
NO_CHANGE_MARGIN = -4046
SETTINGS_AGE_MS_MAX = 5_000
"""The settings of all symbols cost as much as those of one: a start that asks for hundreds asks so often."""

_MARGIN_NAMES = {MarginType.ISOLATED: "ISOLATED", MarginType.CROSS: "CROSSED"}
_SET_WINDOW = {"recvWindow": str(STOP_WINDOW_MS)}


class SymbolSettings:
    """What is set for each symbol, as it was read last."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._settings: dict[Symbol, SymbolFacts] = {}
        self._settings_ms = WireMs(0)

    async def prepare(self, symbol: Symbol, leverage: int, margin_type: MarginType) -> SymbolFacts | Failed:
        """Set what differs, then read back: what was sent is not what is set (C4)."""
        wanted = SymbolFacts(symbol=symbol, leverage=leverage, margin_type=margin_type)
        try:
            found = await self._lately(symbol)
            if found.margin_type is not margin_type:
                await self._set("marginType", {"symbol": symbol, "marginType": _MARGIN_NAMES[margin_type]})
            if found.leverage != leverage:
                await self._set("leverage", {"symbol": symbol, "leverage": str(leverage)})
            if found != wanted:
                found = await self._symbol(symbol)
        except WIRE_TROUBLE as error:
            return read_failure(error)
        if found != wanted:
            return refused(OURS, f"{symbol}: set {wanted.leverage}x {wanted.margin_type}, read back {found}")
        return found

    async def symbol(self, symbol: Symbol) -> SymbolFacts | Failed:
        """What is set for it; nothing is changed."""
        try:
            return await self._symbol(symbol)
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _symbol(self, symbol: Symbol) -> SymbolFacts:
        """As it is set now."""
        asked_ms = self._connection.wire_ms()
        rows = await self._connection.read(
            "symbolConfig", {}, row=list[SymbolConfigRow], deadline_s=READ_DEADLINE_S
        )
        self._settings = {Symbol(row.symbol): _settings(row) for row in rows}
        self._settings_ms = asked_ms
        if symbol not in self._settings:
            raise Garbled(f"symbolConfig does not know {symbol}")
        return self._settings[symbol]

    def hear(self, event: Event) -> None:
        """An event of the account: what it contradicts is read anew (C4)."""
        if isinstance(event, LeverageChanged):
            known = self._settings.get(event.symbol)
            if known is None or known.leverage != event.leverage:
                self._settings = {}
        elif isinstance(event, AccountHinted | StreamChanged):
            self._settings = {}

    async def _lately(self, symbol: Symbol) -> SymbolFacts:
        """As it was set a moment ago, where that was read and nothing has been heard since."""
        young = 0 <= self._connection.wire_ms() - self._settings_ms <= SETTINGS_AGE_MS_MAX
        return self._settings[symbol] if young and symbol in self._settings else await self._symbol(symbol)

    async def _set(self, path: str, params: Mapping[str, str]) -> None:
        try:
            await self._connection.call(
                Lane.GUARD,
                "POST",
                path,
                {**params, **_SET_WINDOW},
                row=dict[str, Any],
                deadline_s=READ_DEADLINE_S,
            )
        except VenueSaid as said:
            if said.code != NO_CHANGE_MARGIN:
                raise


def _settings(row: SymbolConfigRow) -> SymbolFacts:
    isolated = row.marginType == _MARGIN_NAMES[MarginType.ISOLATED]
    margin_type = MarginType.ISOLATED if isolated else MarginType.CROSS
    return SymbolFacts(symbol=Symbol(row.symbol), leverage=row.leverage, margin_type=margin_type)
