"""A bot: a name under which a strategy trades some symbols of an account, with sizes, exits and a budget of its own.

What it opens is its own until it is swept. It owns no limit: what guards the account is the account's (`[risk]`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Side, Symbol

MAIN = "main"
"""The one bot of a configuration that names none."""
WHOLE = Fraction(Decimal(1))
BOTH_SIDES = tuple(Side)


class SignalSource(StrEnum):
    """Who decides for a bot: its strategy at the close of a bar, or somebody outside whose word comes as a command."""

    BARS = "bars"
    MANUAL = "manual"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """What the core knows of a bot; who speaks for it is the shell's.

    Attributes:
        symbols: what it may open, None for all of the account. In netting mode no other bot has one of them; in hedge
            mode not on the same side.
        sides: what it may open there.
        risk: sizes, stops and exits of its trades: the account's with what the bot sets itself. Limits of the account
            are read from `State.risk` and never from here.
        budget_fraction: share of equity that its open trades bind as margin together, at most.
        trades_max: so many of its trades may be open at a time; None leaves that to the symbols.
    """

    name: str
    symbols: tuple[Symbol, ...] | None
    risk: RiskSettings
    sides: tuple[Side, ...] = BOTH_SIDES
    budget_fraction: Fraction = WHOLE
    trades_max: int | None = None
    source: SignalSource = SignalSource.BARS

    def trades(self, symbol: Symbol) -> bool:
        """The symbol is one of its own."""
        return self.symbols is None or symbol in self.symbols
