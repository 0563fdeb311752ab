"""Mutants of a further entry: what must hold before it leaves.

They stand beside the eighteen of `table.py`, which are those of a trade with one entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jackline.core import adding
from jackline.core.plan import ProtectedEntry
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.world.mutants.mutant import Mutant
from jackline.world.mutants.patching import Patch

Intend = Callable[[Turn, Trade, ProtectedEntry], None]


def _durable_at_once(original: Intend) -> Intend:
    def intend(turn: Turn, trade: Trade, plan: ProtectedEntry) -> None:
        original(turn, trade, plan)
        grown = turn.trades[trade.trade_id]
        addition = grown.open_addition
        if addition is not None:
            turn.put(grown.with_addition(replace(addition, is_durable=True)))

    return intend


ADDITIONS: tuple[Mutant, ...] = (
    Mutant(
        name="addition_before_its_intent",
        removes="A further entry waits until its own intent is durable.",
        patches=(Patch(owner=adding, name="intend", make=_durable_at_once),),
        codes=frozenset({"O4"}),
        profile="pyramid",
        seed=0,
    ),
)
"""Their seeds are the first of their profile that kill."""
