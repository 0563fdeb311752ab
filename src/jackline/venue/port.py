"""The port: every verb the engine, the watchdog and the command line may use on a venue.

No method raises for trouble of the venue or the network: refusals and silence are values. Each has a
deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from jackline.core.instrument import Instrument
from jackline.core.orders import Bar, FillView, IncomeView, MarginType, PositionMode, Snapshot
from jackline.core.outcomes import OrderAnswer, Outcome, Refused, Unknown
from jackline.core.requests import Mutation, ReadFills, ReadIncome, ReadOrder, ReadSnapshot
from jackline.core.universe import Listing
from jackline.core.values import Quote, Symbol, WireMs
from jackline.venue.profile import VenueProfile

Failed = Refused | Unknown
"""The venue said no, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """The account as the venue sees it. `equity_quote` is the wallet plus unrealised profit and loss; `asked_ms` is the
    venue's clock, as far as we know it, when the balances were asked for."""

    mode: PositionMode
    asked_ms: WireMs
    equity_quote: Quote
    wallet_quote: Quote
    available_quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What the key may do; None where the venue does not offer the question."""

    may_withdraw: bool | None
    may_transfer: bool | None
    is_bound_to_addresses: bool | None
    may_trade: bool | None = None


KEY_UNTOLD = KeyFacts(may_withdraw=None, may_transfer=None, is_bound_to_addresses=None)
"""The venue does not say what a key may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolFacts:
    """What is set for a symbol, read back after setting it."""

    symbol: Symbol
    leverage: int
    margin_type: MarginType


@dataclass(frozen=True, slots=True, kw_only=True)
class FillPage:
    """Fills of one symbol, oldest first; `complete` when no later page exists."""

    fills: tuple[FillView, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomePage:
    """What moved the wallet, oldest first; `complete` when no later page exists."""

    rows: tuple[IncomeView, ...]
    complete: bool


class Venue(Protocol):
    """One account at one venue."""

    @property
    def profile(self) -> VenueProfile:
        """What the venue can do, as declared."""
        ...

    async def send(self, request: Mutation) -> Outcome:
        """Send a mutation once. An acknowledgement counts only with a venue id and our own id echoed."""
        ...

    async def read_order(self, request: ReadOrder) -> OrderAnswer:
        """Ask about one order by our client id."""
        ...

    async def read_snapshot(self, request: ReadSnapshot) -> Snapshot | Unknown:
        """Positions, both order listings and equity; whole or not at all."""
        ...

    async def read_fills(self, request: ReadFills) -> FillPage | Unknown:
        """One page of the trade list after `request.after_fill_id`."""
        ...

    async def read_income(self, request: ReadIncome) -> IncomePage | Unknown:
        """One page of the income listing at or after `request.after_ms` (the venue's record time)."""
        ...

    async def read_bars(self, symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Failed:
        """The last completed bars by the venue's own time (D1), oldest first; at most `limit`."""
        ...

    async def read_instruments(self, symbols: Sequence[Symbol] | None) -> dict[Symbol, Instrument] | Failed:
        """Filters and margin tiers; None asks for every symbol's. Halted symbols too; unknown ones are absent."""
        ...

    async def read_listings(self) -> tuple[Listing, ...] | Failed:
        """What a universe is chosen from: every perpetual with its state, age, volume and spread."""
        ...

    async def read_account(self) -> AccountFacts | Failed:
        """Position mode and balances."""
        ...

    async def read_key(self) -> KeyFacts | Failed:
        """What the key that we sign with may do (S3)."""
        ...

    async def prepare_symbol(
        self, symbol: Symbol, leverage: int, margin_type: MarginType
    ) -> SymbolFacts | Failed:
        """Set leverage and margin type where they differ, then read them back; a difference is a refusal."""
        ...

    async def read_clock_offset_ms(self) -> int | Unknown:
        """Venue clock minus ours, median of a few samples; what signing uses is updated too."""
        ...

    def on_key_doubt(self, tell: Callable[[], None]) -> None:
        """Call this when the venue refuses the key, once until it has said again what that may do."""
        ...

    def key_is_doubted(self) -> bool:
        """Whether the venue has refused the key since it last said, in `read_key`, what it may do."""
        ...

    def pace_refusal(self) -> str | None:
        """Why what only entries need, and takes minutes, must wait for a moment (K2)."""
        ...

    def share(self, *, with_engine: bool) -> None:
        """Whether an engine of ours asks from the same address: a ceiling of the address is its first (K2)."""
        ...

    async def close(self) -> None:
        """Close connections. Never touches an order (shutting down never cancels a stop)."""
        ...
