"""Gates 10 to 14: the planned trade, or why there is none. Each knows which of the plan's denials are its own."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.asked import Asked, no
from jackline.core.budgets import budget_denial
from jackline.core.heat import heat_loss, heat_notional
from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import ProtectedEntry

SIZE = frozenset({Reason.CONFIDENCE})
MINIMUMS = frozenset({Reason.MINIMUM_ORDER, Reason.LEVERAGE})
"""What else a plan is denied for concerns its stop, and is the last gate's."""


def size_denial(asked: Asked) -> Denied | None:
    """Gate 10: a size that the signal supports. The cap itself only shrinks, and denies nothing."""
    return _own(asked, SIZE)


def heat_denial(asked: Asked) -> Denied | None:
    """Gate 11: this trade beside all that are open, after shrinking: its bot's first, then the account's."""
    plan, turn = asked.plan, asked.turn
    equity = turn.state.equity_quote
    if not isinstance(plan, ProtectedEntry) or equity is None:
        return None
    spent = budget_denial(turn, asked.signal, plan)
    if spent is not None:
        return spent
    risk, trades = turn.state.risk, tuple(turn.trades.values())
    loss = heat_loss(trades, risk) + plan.risk_quote
    if loss > risk.heat_loss_max_fraction * equity:
        return no(Reason.HEAT_LOSS, _hot("lose at their stops", loss, risk.heat_loss_max_fraction, equity))
    worth = heat_notional(trades) + plan.quantity * plan.collar_price
    if worth > risk.heat_notional_max_fraction * equity:
        return no(Reason.HEAT_NOTIONAL, _hot("are worth", worth, risk.heat_notional_max_fraction, equity))
    return None


def _hot(verb: str, amount: Decimal, most: Decimal, equity: Decimal) -> str:
    return (
        f"with this one all open trades {verb} {amount:.2f} quote; {most:f} of equity is {most * equity:.2f}"
    )


def slippage_denial(asked: Asked) -> Denied | None:
    """Gate 12: how far mark has run away from the close decided on. What it came nearer is never a reason."""
    price, mark = asked.signal.price, asked.turn.market(asked.signal.symbol).mark
    if price is None or mark is None:
        return None
    adverse = (mark - price) * asked.signal.side.sign / price
    most = asked.turn.state.risk.slippage_adverse_max_fraction
    if adverse <= most:
        return None
    return no(Reason.SLIPPAGE, f"mark {mark} is {adverse:.4f} worse than the close {price}; at most {most:f}")


def minimums_denial(asked: Asked) -> Denied | None:
    """Gate 13: the venue's filters. A minimum order above the budget is no trade (P8)."""
    return _own(asked, MINIMUMS)


def protection_denial(asked: Asked) -> Denied | None:
    """Gate 14: a stop that may stand where it is wanted (P7), and a proven rung to rest it."""
    market = asked.turn.market(asked.signal.symbol)
    if market.rung is None:
        return no(Reason.RUNG, f"no rung of the ladder is proven on {market.symbol}: {market.rung_detail}")
    if asked.plan is None:
        return no(Reason.COLD, f"{market.symbol}: mark or equity is not known")
    plan = asked.plan
    return plan if isinstance(plan, Denied) and plan.reason not in SIZE | MINIMUMS else None


def _own(asked: Asked, reasons: frozenset[Reason]) -> Denied | None:
    plan = asked.plan
    return plan if isinstance(plan, Denied) and plan.reason in reasons else None
