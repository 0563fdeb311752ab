"""Wishes of people and programs about the stops of one position, as `step` hears them. `position` is the command's
place in the desk: what was read up to there is not read again."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.asked_order import AskedTerms
from jackline.core.values import Price, Side, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAsked:
    """Rest a reduce-only stop, target or trailing stop beside what protects the position."""

    terms: AskedTerms
    command_id: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDropped:
    """Take an asked order away, unless the position would lose its last protection.

    `replace_with`: the asked order that covers instead; empty for none. `close`: close the position, and the order
    goes with it.
    """

    order_id: str
    replace_with: str
    close: bool
    command_id: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TightenAsked:
    """Let the stop of a position stand at this price; None for break-even: its entry and what it costs."""

    symbol: Symbol
    side: Side
    price: Price | None
    command_id: str
    position: int
