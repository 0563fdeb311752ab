"""The ledger against the venue's own listings: every trade and income row booked exactly once, to the last unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.orders import FillView, IncomeKind, IncomeView
from jackline.core.values import ZERO, Symbol
from jackline.store.ledger import INCOME_ENTRIES, EntryKind, LedgerEntry, fill_entries, income_entry, totals

FROM_LISTINGS = frozenset({EntryKind.FILL, EntryKind.FEE, *INCOME_ENTRIES.values()})
"""What only a listing of the venue may put into a ledger."""


class Trouble(StrEnum):
    """How ledger and venue differ."""

    MISSING = "missing"
    """The venue lists it and the ledger does not hold it."""
    UNLISTED = "unlisted"
    """The ledger holds it and the venue does not list it."""
    DIFFERENT = "different"
    """Both have it, with other figures."""
    TWICE = "listed twice"
    """The venue lists one id twice; a ledger books it once."""
    SUM = "sum"
    """Rows agree one by one, and what the venue says trades earned is another sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. `entry_id` as the ledger names it; the two amounts in quote, None where one has no such row."""

    trouble: Trouble
    entry_id: str
    ledger_quote: Decimal | None
    venue_quote: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listings:
    """What the venue lists since the ledger began: whole, or it cannot be compared."""

    fills: tuple[FillView, ...]
    income: tuple[IncomeView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The comparison. `agrees`: no difference, of so many rows compared."""

    fills: int
    income_rows: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Nothing differs."""
        return not self.differences


def reconcile(
    before: Iterable[LedgerEntry], listings: Listings, after: Iterable[LedgerEntry], *, opened_ms: int
) -> Reconciled:
    """Compare a ledger with the listings.

    `before` and `after` are the ledger before and after the venue was asked: a row that an engine books meanwhile is
    in only one of ledger and listing for a moment, and no difference. `opened_ms`: wire time at which the ledger
    begins; its opening balance stands for everything earlier (A3).
    """
    fills = tuple(one for one in listings.fills if one.wire_ms >= opened_ms)
    income = tuple(one for one in listings.income if one.wire_ms >= opened_ms)
    listed = _listed(fills, income)
    was = {entry.entry_id: entry for entry in before if entry.kind in FROM_LISTINGS}
    booked = {entry.entry_id: entry for entry in after if entry.kind in FROM_LISTINGS}
    found = [*_twice(fills, income), *_one_by_one(listed, was, booked), *_sums(fills, income)]
    return Reconciled(fills=len(fills), income_rows=len(income), differences=tuple(found))


def _listed(fills: Sequence[FillView], income: Sequence[IncomeView]) -> dict[str, LedgerEntry]:
    """What the ledger should hold, by its names."""
    entries = [entry for fill in fills for entry in fill_entries(fill, None)]
    entries += [income_entry(row) for row in income if row.kind is not IncomeKind.TRADE]
    return {entry.entry_id: entry for entry in entries}


def _twice(fills: Sequence[FillView], income: Sequence[IncomeView]) -> Iterable[Difference]:
    names = Counter(f"fill:{fill.symbol}:{fill.fill_id}" for fill in fills)
    names.update(row.key for row in income if row.kind is not IncomeKind.TRADE)
    for name, count in sorted(names.items()):
        if count > 1:
            yield Difference(
                trouble=Trouble.TWICE, entry_id=name, ledger_quote=None, venue_quote=Decimal(count)
            )


def _one_by_one(
    listed: Mapping[str, LedgerEntry], was: Mapping[str, LedgerEntry], booked: Mapping[str, LedgerEntry]
) -> Iterable[Difference]:
    for name in sorted(listed.keys() | was.keys()):
        at_venue, mine = listed.get(name), booked.get(name)
        if at_venue is None:
            amount = was[name].amount_quote
            yield Difference(trouble=Trouble.UNLISTED, entry_id=name, ledger_quote=amount, venue_quote=None)
        elif mine is None:
            yield Difference(
                trouble=Trouble.MISSING, entry_id=name, ledger_quote=None, venue_quote=at_venue.amount_quote
            )
        elif _figures(mine) != _figures(at_venue):
            yield Difference(
                trouble=Trouble.DIFFERENT,
                entry_id=name,
                ledger_quote=mine.amount_quote,
                venue_quote=at_venue.amount_quote,
            )


def _figures(entry: LedgerEntry) -> tuple[object, ...]:
    """All that venue and ledger must agree on; whose trade it is the venue does not know."""
    return (
        entry.kind,
        entry.symbol,
        entry.side,
        entry.quantity,
        entry.price,
        entry.amount_quote,
        entry.order_id,
    )


def _sums(fills: Sequence[FillView], income: Sequence[IncomeView]) -> Iterable[Difference]:
    """The venue says twice what trades earned and cost: in its trade list, and in its income listing."""
    symbols: set[Symbol] = {fill.symbol for fill in fills}
    symbols |= {row.symbol for row in income if row.kind is IncomeKind.TRADE and row.symbol}
    for symbol in sorted(symbols):
        mine = [entry for fill in fills if fill.symbol == symbol for entry in fill_entries(fill, None)]
        traded = totals(mine).net_quote
        rows = [row.amount_quote for row in income if row.kind is IncomeKind.TRADE and row.symbol == symbol]
        told = sum(rows, ZERO)
        if traded != told:
            yield Difference(
                trouble=Trouble.SUM, entry_id=f"trades:{symbol}", ledger_quote=traded, venue_quote=told
            )
