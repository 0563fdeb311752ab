"""The fourteen entry gates, one ordered table; the first denial wins and its reason is journalled with the gate's name.

Reductions never pass here (K2). `account_denial` is asked three times: for the signal, before the entry is sent, and by
the request gate in the moment of signing. What each gate asks is in docs/gates.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from jackline.core import account_gates, market_gates, plan_gates
from jackline.core.account_gates import EQUITY_AGE_MS_MAX, account_denial
from jackline.core.asked import Asked
from jackline.core.events import Signalled
from jackline.core.outcomes import Denied
from jackline.core.plan import ProtectedEntry
from jackline.core.turn import Turn

__all__ = ["EQUITY_AGE_MS_MAX", "GATES", "Asked", "Gate", "account_denial", "first_denial", "plan_denial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate: pure, and it only ever says no. `needs_plan`: it looks at the planned trade."""

    name: str
    ask: Callable[[Asked], Denied | None]
    needs_plan: bool = False

    def denial(self, asked: Asked) -> Denied | None:
        """Its denial under its own name; None when the entry passes."""
        denied = self.ask(asked)
        return None if denied is None else replace(denied, gate=self.name)


GATES = (
    Gate(name="input", ask=market_gates.input_denial),
    Gate(name="account", ask=account_gates.standing),
    Gate(name="freshness", ask=market_gates.freshness_denial),
    Gate(name="equity", ask=account_gates.equity_denial),
    Gate(name="daily_loss", ask=account_gates.loss_denial),
    Gate(name="losing_streak", ask=account_gates.streak_denial),
    Gate(name="regime", ask=market_gates.regime_denial),
    Gate(name="opportunity", ask=market_gates.opportunity_denial),
    Gate(name="symbol", ask=market_gates.symbol_denial),
    Gate(name="size", ask=plan_gates.size_denial, needs_plan=True),
    Gate(name="heat", ask=plan_gates.heat_denial, needs_plan=True),
    Gate(name="slippage", ask=plan_gates.slippage_denial, needs_plan=True),
    Gate(name="venue_minimums", ask=plan_gates.minimums_denial, needs_plan=True),
    Gate(name="protection", ask=plan_gates.protection_denial, needs_plan=True),
)
"""In the order of policy. Nothing is planned before the first nine have passed."""


def first_denial(turn: Turn, event: Signalled) -> Denied | None:
    """The first of the gates before the plan that says no, with its figures; None when all pass."""
    return _first(Asked(turn=turn, signal=event), (gate for gate in GATES if not gate.needs_plan))


def plan_denial(turn: Turn, event: Signalled, plan: ProtectedEntry | Denied | None) -> Denied | None:
    """The first of the gates of the plan that says no. A plan that is none never passes all of them."""
    asked = Asked(turn=turn, signal=event, plan=plan)
    return _first(asked, (gate for gate in GATES if gate.needs_plan))


def _first(asked: Asked, gates: Iterable[Gate]) -> Denied | None:
    return next((denied for gate in gates if (denied := gate.denial(asked)) is not None), None)
