"""The ledger: what the venue says money did. Never built from a plan (A1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext
from enum import StrEnum

from jackline.core.ids import TradeId
from jackline.core.orders import FillView, IncomeKind, IncomeView
from jackline.core.values import (
    ZERO,
    MarketMs,
    OrderSide,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
)

_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, DivisionByZero])
"""Sums of money are exact or they raise; 100 digits are more than any venue books."""


class EntryKind(StrEnum):
    """Why money moved."""

    FILL = "fill"
    FEE = "fee"
    FUNDING = "funding"
    OPENING = "opening"
    TRANSFER = "transfer"
    OTHER = "other"
    """What else the venue paid or charged: a rebate, a bonus, a clearing fee."""
    ADJUSTMENT = "adjustment"
    """What an operator accounted for in writing, because the venue lists nothing that does (A3)."""


_CAPITAL = (EntryKind.OPENING, EntryKind.TRANSFER, EntryKind.ADJUSTMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One movement of the wallet; the wallet balance is the sum of all `amount_quote`.

    Attributes:
        entry_id: derived from the venue's id of the event, so booking it twice books it once.
        amount_quote: signed from the account's side: realised P&L, −fee, funding, deposit.
        quantity, price, side, position_side, order_id: of the fill; None on rows that are not one.
    """

    entry_id: str
    kind: EntryKind
    symbol: Symbol | None
    trade_id: TradeId | None
    side: OrderSide | None
    position_side: Side | None
    quantity: Quantity | None
    price: Price | None
    amount_quote: Quote
    order_id: int | None
    wire_ms: WireMs
    market_ms: MarketMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums of a set of entries, quote currency. `fees_quote` is what was paid (≥ 0 unless rebates).

    `net_quote` is realised − fees + funding + other (A2); openings, transfers and adjustments are capital, not
    result.
    """

    realised_quote: Quote
    fees_quote: Quote
    funding_quote: Quote
    other_quote: Quote
    capital_quote: Quote
    net_quote: Quote

    @property
    def wallet_quote(self) -> Quote:
        """Balance these entries explain; a difference to the venue's is an event of its own (A3)."""
        with localcontext(_EXACT):
            return Quote(self.capital_quote + self.net_quote)


def fill_entries(fill: FillView, trade_id: TradeId | None) -> tuple[LedgerEntry, LedgerEntry]:
    """The two rows of a fill: what it realised, and its fee."""
    executed = LedgerEntry(
        entry_id=f"fill:{fill.symbol}:{fill.fill_id}",
        kind=EntryKind.FILL,
        symbol=fill.symbol,
        trade_id=trade_id,
        side=fill.side,
        position_side=fill.position_side,
        quantity=fill.quantity,
        price=fill.price,
        amount_quote=fill.realised_quote,
        order_id=fill.order_id,
        wire_ms=fill.wire_ms,
        market_ms=fill.market_ms,
    )
    fee = LedgerEntry(
        entry_id=f"fee:{fill.symbol}:{fill.fill_id}",
        kind=EntryKind.FEE,
        symbol=fill.symbol,
        trade_id=trade_id,
        side=None,
        position_side=fill.position_side,
        quantity=None,
        price=None,
        amount_quote=Quote(fill.fee_quote.copy_negate() if fill.fee_quote else ZERO),  # no "-0" on disk
        order_id=fill.order_id,
        wire_ms=fill.wire_ms,
        market_ms=fill.market_ms,
    )
    return executed, fee


INCOME_ENTRIES: dict[IncomeKind, EntryKind] = {
    IncomeKind.FUNDING: EntryKind.FUNDING,
    IncomeKind.TRANSFER: EntryKind.TRANSFER,
    IncomeKind.OTHER: EntryKind.OTHER,
}
"""Income that is booked from the listing; what trades earned and cost is booked from the trade list."""


def income_entry(income: IncomeView) -> LedgerEntry:
    """The row of a funding payment, a deposit (> 0), a withdrawal (< 0) or anything else but a trade's."""
    return _plain(
        entry_id=income.key,
        kind=INCOME_ENTRIES[income.kind],
        symbol=income.symbol,
        amount_quote=income.amount_quote,
        wire_ms=income.wire_ms,
        market_ms=income.market_ms,
    )


def opening_entry(*, balance_quote: Quote, wire_ms: WireMs, market_ms: MarketMs) -> LedgerEntry:
    """The wallet balance found at the first start. There is one per ledger."""
    return _plain(
        entry_id="opening",
        kind=EntryKind.OPENING,
        symbol=None,
        amount_quote=balance_quote,
        wire_ms=wire_ms,
        market_ms=market_ms,
    )


def adjustment_entry(
    *, command_id: str, amount_quote: Quote, wire_ms: WireMs, market_ms: MarketMs
) -> LedgerEntry:
    """What the operator's command accounted for."""
    return _plain(
        entry_id=f"adjustment:{command_id}",
        kind=EntryKind.ADJUSTMENT,
        symbol=None,
        amount_quote=amount_quote,
        wire_ms=wire_ms,
        market_ms=market_ms,
    )


def totals(entries: Iterable[LedgerEntry]) -> Totals:
    """Exact sums by kind. Raises decimal.Inexact rather than round."""
    sums = dict.fromkeys(EntryKind, ZERO)
    with localcontext(_EXACT):
        for entry in entries:
            sums[entry.kind] += entry.amount_quote
        return Totals(
            realised_quote=Quote(sums[EntryKind.FILL]),
            fees_quote=Quote(-sums[EntryKind.FEE]),
            funding_quote=Quote(sums[EntryKind.FUNDING]),
            other_quote=Quote(sums[EntryKind.OTHER]),
            capital_quote=Quote(sum((sums[kind] for kind in _CAPITAL), ZERO)),
            net_quote=Quote(sum((sums[kind] for kind in EntryKind if kind not in _CAPITAL), ZERO)),
        )


def by_trade(entries: Iterable[LedgerEntry], trade_id: TradeId) -> tuple[LedgerEntry, ...]:
    """The entries of one trade."""
    return tuple(entry for entry in entries if entry.trade_id == trade_id)


def cash_flow_gap(entries: Iterable[LedgerEntry]) -> Quote | None:
    """Σ sell q·p − Σ buy q·p − Σ realised over the fills given: 0 when the venue booked a flat trade right
    (A2).

    None while the fills do not sum to a flat position: then realised P&L is only part of the cash flow.
    """
    balance = flow = realised = ZERO
    with localcontext(_EXACT):
        for entry in entries:
            if entry.kind is not EntryKind.FILL or entry.quantity is None or entry.price is None:
                continue
            sign = Decimal(-1) if entry.side is OrderSide.BUY else Decimal(1)
            balance -= sign * entry.quantity
            flow += sign * entry.quantity * entry.price
            realised += entry.amount_quote
        return Quote(flow - realised) if balance == ZERO else None


def _plain(
    *,
    entry_id: str,
    kind: EntryKind,
    symbol: Symbol | None,
    amount_quote: Quote,
    wire_ms: WireMs,
    market_ms: MarketMs,
) -> LedgerEntry:
    return LedgerEntry(
        entry_id=entry_id,
        kind=kind,
        symbol=symbol,
        trade_id=None,
        side=None,
        position_side=None,
        quantity=None,
        price=None,
        amount_quote=amount_quote,
        order_id=None,
        wire_ms=wire_ms,
        market_ms=market_ms,
    )
