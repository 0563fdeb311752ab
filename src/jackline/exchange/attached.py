"""Stops and targets that travel with an entry: remembered while it waits, armed by its fill.

Only venues that attach have them. Nothing is promised about the moment in between: a leg that the conditional service
refuses when it is armed is lost, and the entry stands without it.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.conditional import Conditional
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.errors import VenueError
from jackline.exchange.orders import Order
from jackline.exchange.state import State
from jackline.exchange.values import TimeInForce

LOST_MAX: Final = 1_000
"""Refusals that are remembered; older ones make room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    account: str
    legs: tuple[AlgoRequest, ...]


class Attached:
    """Legs of all accounts. `parents` names the entry of every leg that was armed, by the leg's id; `lost` are the
    refusals of those that were not."""

    def __init__(self, state: State, conditional: Conditional) -> None:
        self._state = state
        self._conditional = conditional
        self._waiting: dict[int, _Waiting] = {}
        self.parents: dict[int, int] = {}
        self.lost: deque[VenueError] = deque(maxlen=LOST_MAX)

    def attach(self, order: Order, legs: tuple[AlgoRequest, ...]) -> None:
        """Keeps the legs of an entry that was just taken; those of an order that has fills are armed at `settle`."""
        if legs:
            self._waiting[order.order_id] = _Waiting(account=order.account, legs=legs)

    def settle(self, account: Account) -> None:
        """Arms what has been filled, and forgets what ended without a fill."""
        for order_id, waiting in list(self._waiting.items()):
            if waiting.account != account.name:
                continue
            order = account.orders[order_id]
            if order.executed and not (order.status.open and self._state.whims.legs_wait_for_whole_fill):
                del self._waiting[order_id]
                self._arm(account, order, waiting.legs)
            elif not order.status.open:
                del self._waiting[order_id]

    def _arm(self, account: Account, order: Order, legs: tuple[AlgoRequest, ...]) -> None:
        outlives = self._state.whims.legs_outlive_position
        time_in_force = TimeInForce.GTC if outlives else TimeInForce.GTE_GTC
        for leg in legs:
            # Before it is placed: one that triggers at once is told of while it is being placed.
            leg_id = self._state.counters.algo_id
            self.parents[leg_id] = order.order_id
            try:
                self._conditional.place(account, replace(leg, time_in_force=time_in_force), armed=True)
            except VenueError as refusal:
                del self.parents[leg_id]
                self.lost.append(refusal)
