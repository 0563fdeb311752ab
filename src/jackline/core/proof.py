"""What the proof of a rung stands on, and what takes it away: leverage and position mode that somebody changed (C4)."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.effects import Level, ProveRung
from jackline.core.events import LeverageChanged
from jackline.core.orders import PositionMode, PositionView
from jackline.core.outcomes import Refused
from jackline.core.plan import Rung
from jackline.core.requests import CloseShape, SendClose, SendEntry, SendStop, SendTarget, SendTrailing
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import Symbol


def on_leverage(turn: Turn, event: LeverageChanged) -> None:
    """Another leverage has other liquidation prices than the plan: nothing opens until it is set again (P7)."""
    if any(trade.symbol == event.symbol for trade in turn.trades.values()):
        turn.want_snapshot()  # nothing else is liquidated; our own canaries change it on one flat symbol after another
    planned = turn.state.risk.leverage
    if event.leverage != planned:
        why = f"leverage of {event.symbol} is {event.leverage} at the venue, planned {planned}"
        _withdraw(turn, event.symbol, "P7", why)
    turn.effects.append(ProveRung(symbol=event.symbol))


def on_position(turn: Turn, position: PositionView) -> None:
    """The account is in the mode that a position stands in. Where that is not the configured one nothing opens.

    Any look will do: no request of ours changes a mode, so none makes it old (rule 5).
    """
    _stand_in(turn, position.mode)
    if position.mode is not turn.state.mode:
        _withdraw_all(turn, f"the account is in {position.mode} mode, configured is {turn.state.mode}")


def on_mode_refused(
    turn: Turn, request: SendEntry | SendStop | SendTarget | SendTrailing | SendClose
) -> None:
    """The venue contradicts the mode that a request was written for.

    There is one other: what protects is written for it at once, before a look says so. Not twice in a while, for a
    venue that refuses both.
    """
    if request.mode is turn.state.mode:
        _withdraw_all(turn, f"the account is not in {request.mode} mode any more, as configured")
    turn.want_snapshot()
    doubted_ms, now = turn.state.doubted_ms, turn.now.wire_ms
    lately = doubted_ms is not None and abs(now - doubted_ms) < turn.state.protection.protect_deadline_ms
    if not lately and not isinstance(request, SendEntry):
        turn.state = replace(turn.state, doubted_ms=now)
        _stand_in(turn, request.mode.other)


def on_needs_position(turn: Turn, trade: Trade, refused: Refused) -> None:
    """The venue takes no stop while flat any more: what the canary proved does not hold, and it sings anew (C4)."""
    if trade.entry is not None and trade.entry.rung is not Rung.AFTER_FILL:
        why = f"{trade.symbol}: {trade.entry.rung} does not hold any more: {refused.code} {refused.text}"
        _withdraw(turn, trade.symbol, "C4", why)
        turn.effects.append(ProveRung(symbol=trade.symbol))


def _stand_in(turn: Turn, mode: PositionMode) -> None:
    """The mode is the account's: every trade's next request is written for it, and a close begins anew."""
    for trade in list(turn.trades.values()):
        if trade.mode is not mode:
            close = trade.close and replace(
                trade.close, shape=CloseShape.REDUCE_ONLY_MARKET, next_ms=turn.now.wire_ms
            )
            turn.put(replace(trade, mode=mode, close=close))


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
