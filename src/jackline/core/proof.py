"""What the proof of a rung stands on, and what takes it away: leverage and position mode that somebody changed (C4)."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.effects import Level, ProveRung
from jackline.core.events import LeverageChanged
from jackline.core.orders import PositionMode, PositionView
from jackline.core.turn import Turn
from jackline.core.values import Symbol


def on_leverage(turn: Turn, event: LeverageChanged) -> None:
    """Another leverage has other liquidation prices than the plan: nothing opens until it is set again (P7)."""
    turn.want_snapshot()
    planned = turn.state.risk.leverage
    if event.leverage != planned:
        why = f"leverage of {event.symbol} is {event.leverage} at the venue, planned {planned}"
        _withdraw(turn, event.symbol, "P7", why)
    turn.effects.append(ProveRung(symbol=event.symbol))


def on_position(turn: Turn, position: PositionView) -> None:
    """The account is in the mode that a position stands in. Where that is not the configured one nothing opens.

    Any look will do: no request of ours changes a mode, so none makes it old (rule 5).
    """
    trade = turn.trade_of(position.symbol, position.side)
    if trade is not None and trade.mode is not position.mode:
        turn.put(replace(trade, mode=position.mode))
    if position.mode is not turn.state.mode:
        _withdraw_all(turn, f"the account is in {position.mode} mode, configured is {turn.state.mode}")


def on_mode_refused(turn: Turn, mode: PositionMode) -> None:
    """The venue contradicts the mode that a request was written for."""
    if mode is turn.state.mode:
        _withdraw_all(turn, f"the account is not in {mode} mode any more, as configured")


def _withdraw_all(turn: Turn, why: str) -> None:
    for symbol, market in list(turn.markets.items()):
        if market.rung is not None:
            _withdraw(turn, symbol, "C4", why)
            turn.effects.append(ProveRung(symbol=symbol))


def _withdraw(turn: Turn, symbol: Symbol, code: str, why: str) -> None:
    market = turn.market(symbol)
    if market.rung is not None:
        turn.put_market(replace(market, rung=None, rung_detail=why))
        turn.alert(Level.WARNING, code, why)
