"""From a signal to a planned trade, or the reason why there is none."""

from __future__ import annotations

from decimal import Decimal

from jackline.core import adding, addition_plan, budgets, entering, gates
from jackline.core.effects import NoteDenied
from jackline.core.errors import InvariantBroken
from jackline.core.events import Signalled
from jackline.core.ids import FIRST_ENTRY, Role, TradeId, client_id, mint_trade_id
from jackline.core.machine import Phase
from jackline.core.orders import PositionMode
from jackline.core.outcomes import Denied
from jackline.core.plan import PlanContext, ProtectedEntry, StopPlan, TradeRequest, plan_trade
from jackline.core.regime_gate import regime_now
from jackline.core.replacing import replace
from jackline.core.sizing import Conditions
from jackline.core.trade import EntrySlot, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Fraction, Quantity, Symbol


def on_signal(turn: Turn, event: Signalled) -> None:
    """Gate the signal, plan the trade, and ask for its intent to be written."""
    plan = gates.first_denial(turn, event) or _gated_plan(turn, event)
    if isinstance(plan, Denied):
        turn.effects.append(
            NoteDenied(
                symbol=event.symbol,
                side=event.side,
                market_ms=event.market_ms,
                denied=plan,
                bot=event.bot,
            )
        )
        return
    base = turn.trades.get(plan.trade_id)
    if base is None:
        turn.put(replace(_new_trade(turn, plan), bot=event.bot))
    else:
        adding.intend(turn, base, plan)
    turn.intents.add(plan.trade_id)


def _gated_plan(turn: Turn, event: Signalled) -> ProtectedEntry | Denied:
    """The trade that the remaining gates let pass."""
    plan = plan_of(turn, event)
    denied = gates.plan_denial(turn, event, plan)
    if denied is not None:
        return denied
    if not isinstance(plan, ProtectedEntry):
        raise InvariantBroken("P2", {"symbol": event.symbol, "plan": plan})
    return plan


def plan_of(turn: Turn, event: Signalled) -> ProtectedEntry | Denied | None:
    """The trade as it would be, or why not; None while mark, rung or equity is not known."""
    market, equity_quote = turn.market(event.symbol), turn.state.equity_quote
    if market.mark is None or market.rung is None or equity_quote is None:
        return None
    base = addition_plan.base_of(turn, event)
    request = TradeRequest(
        trade_id=_mint(turn) if base is None else base.trade_id,
        symbol=event.symbol,
        side=event.side,
        reason=event.reason,
        market_ms=event.market_ms,
        confidence=event.confidence,
    )
    context = PlanContext(
        instrument=turn.state.instruments[event.symbol],
        mode=turn.state.mode,
        mark=market.mark,
        spread_fraction=Fraction(ZERO),
        noise_fraction=Fraction(ZERO),
        equity_quote=equity_quote,
        rung=market.rung,
        now_ms=turn.now.wire_ms,
        conditions=_conditions(turn, event.symbol),
        risk=budgets.risk_of(turn.state, event.bot),
    )
    plan = plan_trade(request, context)
    return plan if base is None or isinstance(plan, Denied) else addition_plan.fitted(base, plan, context)


def _mint(turn: Turn) -> TradeId:
    turn.state = replace(turn.state, ordinal=turn.state.ordinal + 1)
    return mint_trade_id(tag=turn.state.tag, fence=turn.state.fence, ordinal=turn.state.ordinal)


def _conditions(turn: Turn, symbol: Symbol) -> Conditions:
    """What a size by weights looks at: the symbol's range, the reference's regime, today's results."""
    state, day = turn.state, turn.state.money.day
    own, settings = state.averages.get(symbol), state.risk.regime
    return Conditions(
        volatility_ratio=None if own is None else own.volatility_ratio,
        regime=regime_now(state.averages, settings.reference_symbol, turn.now.market_ms, settings),
        wins=0 if day is None else day.winning_streak,
        losses=0 if day is None else day.losing_streak,
    )


def _new_trade(turn: Turn, plan: ProtectedEntry) -> Trade:
    """A planned trade before its intent is durable."""
    entry_slot = entering.unsent(turn, plan, client_id(plan.trade_id, Role.ENTRY, FIRST_ENTRY))
    return blank_trade(
        turn,
        trade_id=plan.trade_id,
        symbol=plan.symbol,
        mode=plan.mode,
        stop=plan.stop,
        entry=plan,
        entry_slot=entry_slot,
    )


def blank_trade(
    turn: Turn,
    *,
    trade_id: TradeId,
    symbol: Symbol,
    mode: PositionMode,
    stop: StopPlan,
    entry: ProtectedEntry | None,
    entry_slot: EntrySlot | None,
) -> Trade:
    """A trade of which nothing has happened yet."""
    return Trade(
        trade_id=trade_id,
        symbol=symbol,
        side=stop.side,
        mode=mode,
        phase=Phase.INTENDED,
        entry=entry,
        stop=stop,
        entry_slot=entry_slot,
        disaster=None,
        working=(),
        target=None,
        close=None,
        attempts=0,
        quantity=Quantity(ZERO),
        quantity_ms=None,
        entry_price=None,
        exposed_ms=None,
        first_exposed_ms=None,
        first_protected_ms=None,
        opened_market_ms=None,
        best_price=None,
        floor_price=None,
        ratcheted_ms=None,
        fills_after=turn.market(symbol).fills_read_to,
        balance=Decimal(0),
        flat_ms=None,
        exit_order_ids=(),
        exit_reason=None,
        recovered=False,
    )
