"""Money as the core keeps it: what the ledger explains, what the venue last said, and where the day began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jackline.core.values import ZERO, Price, Quantity, Quote, Side, Symbol, WireMs

NOTHING = Quote(ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """An open position at the moment a balance was read, with the mark that the balance was computed at."""

    symbol: Symbol
    side: Side
    quantity: Quantity
    mark: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The venue's word on the account, and what of it may still move.

    Attributes:
        asked_ms: when it was asked for; the same balance may come with several snapshots.
        legs: positions whose profit moves with their mark since then.
        gap_quote: wallet minus what the ledger explained; negative while the ledger knows of more than this read.
    """

    wallet_quote: Quote
    equity_quote: Quote
    asked_ms: WireMs
    legs: tuple[Leg, ...]
    gap_quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A difference between wallet and ledger, and the read that showed it first."""

    amount_quote: Quote
    since_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the ledger explains of the wallet, and how far the venue's income listing is read (A3).

    Attributes:
        explained_quote: opening balance plus every entry booked since.
        income_from_ms: the listing is read from here on; `income_known` holds what is booked at or after it.
        income_read_ms: when the last whole listing was asked for.
        income_asked_ms: when the read that is out was asked; None when none is.
        gap: the present difference, None while wallet and ledger agree. Nothing enters while there is one.
        unexplained: it stayed although everything was read: somebody is called, and it takes an operator or a listing.
    """

    explained_quote: Quote
    income_from_ms: WireMs
    income_known: Mapping[str, WireMs]
    income_read_ms: WireMs = WireMs(0)
    income_asked_ms: WireMs | None = None
    income_due_ms: WireMs = WireMs(0)
    gap: Gap | None = None
    unexplained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A UTC day of market time, and what it began with. Persisted, so that a restart forgives no loss (K5).

    Attributes:
        number: days since 1970.
        equity_quote: equity at its first event.
        capital_quote: deposits less withdrawals since; they are neither profit nor loss.
        losing_streak: closed trades in a row that lost, since midnight or the last reset.
        peak_quote: highest equity of any day, moved by deposits and withdrawals; None while no drawdown is bounded.
        winning_streak: closed trades in a row that won; counted where a size looks at it.
    """

    number: int
    equity_quote: Quote
    capital_quote: Quote
    losing_streak: int = 0
    peak_quote: Quote | None = None
    winning_streak: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """All of it; each part None until it is known."""

    books: Books | None = None
    balance: Balance | None = None
    day: Day | None = None


UNKNOWN_MONEY = Money()
"""Before anything was read."""
