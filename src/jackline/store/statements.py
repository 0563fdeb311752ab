"""Statements of the ledger: what each trade and each UTC day earned, from venue fills, fees and funding alone (A1, A2).

Sums are exact. An average price is the one quotient here, and no sum is made from it. What cannot be told stays None:
a price is never invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from jackline.core.ids import TradeId
from jackline.core.trade import ExitReason, Trade
from jackline.core.values import ZERO, MarketMs, Price, Quantity, Quote, Side, Symbol, WireMs
from jackline.store.ledger import EntryKind, LedgerEntry, Totals, totals

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeStatement:
    """What one trade did. Quantities are of the base, money is quote currency.

    Attributes:
        opened_ms, closed_ms: market time of its first and last fill; None while it is open, or none of its fills is
            in this ledger.
        entry_price, exit_price: averages over its fills; None where it has no such fill in this ledger.
        open_quantity: what is left of it by its fills.
        open_price: average entry of what is left, as the venue keeps it: a reduction does not move it.
        unrealised_quote: of what is left, at a mark; None where no mark was given.
        entries: orders that it was entered with; 0 of an adopted position, and where no record of it is left.
    """

    trade_id: TradeId
    symbol: Symbol
    side: Side
    opened_ms: MarketMs | None
    closed_ms: MarketMs | None
    entry_quantity: Quantity
    entry_price: Price | None
    exit_quantity: Quantity
    exit_price: Price | None
    open_quantity: Quantity
    open_price: Price | None
    exit_reason: ExitReason | None
    sums: Totals
    unrealised_quote: Quote | None = None
    entries: int = 0

    def at(self, mark: Price) -> TradeStatement:
        """With the unrealised profit of what is left: quantity × price difference × sign (A2)."""
        if self.open_price is None:
            return self
        moved = (mark - self.open_price) * self.side.sign
        return replace(self, unrealised_quote=Quote(self.open_quantity * moved))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStatement:
    """One UTC day of market time. `number`: days since 1970. `wallet_quote`: what the ledger explains at its end."""

    number: int
    fills: int
    trades_closed: int
    sums: Totals
    wallet_quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The whole ledger: every entry is in exactly one trade, or in `unattributed`.

    `unattributed`: capital, fills of nobody's trade, and income of a moment in which no trade, or more than one, held
    the symbol. The nets of the trades and of `unattributed`, with the capital, are the wallet.
    """

    trades: tuple[TradeStatement, ...]
    days: tuple[DayStatement, ...]
    unattributed: Totals
    whole: Totals


def statement(entries: Iterable[LedgerEntry], trades: Iterable[Trade] = ()) -> Statement:
    """All statements of a ledger. `trades`: what is on record of them, for side, reason and an adopted one's span."""
    ordered = sorted(entries, key=lambda entry: (entry.wire_ms, entry.entry_id))
    known = {trade.trade_id: trade for trade in trades}
    owned = _by_trade(attributed(ordered, known))
    rest = owned.pop(None, [])
    found = [_trade(trade_id, mine, known.get(trade_id)) for trade_id, mine in owned.items() if trade_id]
    found += [_adopted(trade) for trade in known.values() if trade.trade_id not in owned and trade.quantity]
    stated = tuple(sorted((one for one in found if one is not None), key=lambda one: one.trade_id))
    return Statement(
        trades=stated, days=_days(ordered, stated), unattributed=totals(rest), whole=totals(ordered)
    )


def attributed(entries: Sequence[LedgerEntry], known: Mapping[TradeId, Trade]) -> tuple[LedgerEntry, ...]:
    """The entries, with each income row given to the trade that held its symbol then.

    The venue names no trade in its listing. Where both sides of a hedge were open, or none, the row stays nobody's.
    """
    spans = [
        span
        for trade_id, mine in _by_trade(entries).items()
        if trade_id is not None and (span := _span(trade_id, mine, known.get(trade_id))) is not None
    ]
    given = []
    for entry in entries:
        is_income = entry.kind in {EntryKind.FUNDING, EntryKind.OTHER} and entry.trade_id is None
        holders = [span.trade_id for span in spans if is_income and span.holds(entry)]
        given.append(replace(entry, trade_id=holders[0]) if len(holders) == 1 else entry)
    return tuple(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """When a trade held its symbol, wire time."""

    trade_id: TradeId
    symbol: Symbol
    from_ms: WireMs
    to_ms: WireMs | None

    def holds(self, entry: LedgerEntry) -> bool:
        if entry.symbol != self.symbol or entry.wire_ms < self.from_ms:
            return False
        return self.to_ms is None or entry.wire_ms <= self.to_ms


def _span(trade_id: TradeId, mine: Sequence[LedgerEntry], trade: Trade | None) -> _Span | None:
    fills = [entry for entry in mine if entry.kind is EntryKind.FILL]
    if not fills or fills[0].symbol is None:
        return None
    walk = _walk(fills, _side(fills, trade))
    from_ms = fills[0].wire_ms
    if walk.entry_quantity == ZERO and trade is not None and trade.first_exposed_ms is not None:
        from_ms = min(from_ms, trade.first_exposed_ms)  # adopted: its opening fills are older than its record
    to_ms = None if walk.open_quantity else fills[-1].wire_ms
    return _Span(trade_id=trade_id, symbol=fills[0].symbol, from_ms=from_ms, to_ms=to_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """Fills of one trade walked through in order. Sums of quantity × price are exact; `open_price` is a quotient."""

    entry_quantity: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_quantity: Decimal = ZERO
    exit_value: Decimal = ZERO
    open_quantity: Decimal = ZERO
    open_price: Decimal | None = None

    def after(self, fill: LedgerEntry, side: Side) -> _Walk:
        quantity, price = fill.quantity or ZERO, fill.price or ZERO
        if fill.side is side.opens_with:
            held = self.open_quantity + quantity
            worth = self.open_quantity * (self.open_price or ZERO) + quantity * price
            return replace(
                self,
                entry_quantity=self.entry_quantity + quantity,
                entry_value=self.entry_value + quantity * price,
                open_quantity=held,
                open_price=worth / held if held else None,
            )
        left = max(
            ZERO, self.open_quantity - quantity
        )  # an adopted position's exit exceeds what was seen of it
        return replace(
            self,
            exit_quantity=self.exit_quantity + quantity,
            exit_value=self.exit_value + quantity * price,
            open_quantity=left,
            open_price=self.open_price if left else None,
        )


def _walk(fills: Iterable[LedgerEntry], side: Side) -> _Walk:
    walk = _Walk()
    for fill in fills:
        walk = walk.after(fill, side)
    return walk


def _trade(trade_id: TradeId, mine: Sequence[LedgerEntry], trade: Trade | None) -> TradeStatement | None:
    fills = [entry for entry in mine if entry.kind is EntryKind.FILL]
    if not fills or fills[0].symbol is None:
        return None
    side = _side(fills, trade)
    walk = _walk(fills, side)
    return TradeStatement(
        trade_id=trade_id,
        symbol=fills[0].symbol,
        side=side,
        opened_ms=fills[0].market_ms,
        closed_ms=None if walk.open_quantity else fills[-1].market_ms,
        entry_quantity=Quantity(walk.entry_quantity),
        entry_price=Price(walk.entry_value / walk.entry_quantity) if walk.entry_quantity else None,
        exit_quantity=Quantity(walk.exit_quantity),
        exit_price=Price(walk.exit_value / walk.exit_quantity) if walk.exit_quantity else None,
        open_quantity=Quantity(walk.open_quantity),
        open_price=None if walk.open_price is None else Price(walk.open_price),
        entries=0 if trade is None else trade.entries_filled,
        exit_reason=trade.exit_reason if trade is not None else None,
        sums=totals(mine),
    )


def _adopted(trade: Trade) -> TradeStatement:
    """A position whose opening fills are nobody's: how much there is, and at what price, is what the venue says."""
    return TradeStatement(
        trade_id=trade.trade_id,
        symbol=trade.symbol,
        side=trade.side,
        opened_ms=None,
        closed_ms=None,
        entry_quantity=Quantity(ZERO),
        entry_price=None,
        exit_quantity=Quantity(ZERO),
        exit_price=None,
        open_quantity=trade.quantity,
        open_price=trade.entry_price,
        exit_reason=None,
        sums=totals(()),
    )


def _side(fills: Sequence[LedgerEntry], trade: Trade | None) -> Side:
    """As on record; without a record by the hedge leg, or by the first fill, which opened it."""
    if trade is not None:
        return trade.side
    first = fills[0]
    if first.position_side is not None:
        return first.position_side
    return Side.LONG if first.side is Side.LONG.opens_with else Side.SHORT


def _by_trade(entries: Iterable[LedgerEntry]) -> dict[TradeId | None, list[LedgerEntry]]:
    found: dict[TradeId | None, list[LedgerEntry]] = {}
    for entry in entries:
        found.setdefault(entry.trade_id, []).append(entry)
    return found


def _days(entries: Sequence[LedgerEntry], trades: Sequence[TradeStatement]) -> tuple[DayStatement, ...]:
    by_day: dict[int, list[LedgerEntry]] = {}
    # Before the market has spoken a row has no market time: the opening of a ledger belongs to its first day.
    first_ms = min((entry.market_ms for entry in entries if entry.market_ms), default=0)
    for entry in entries:
        market_ms = entry.market_ms or first_ms or entry.wire_ms
        by_day.setdefault(market_ms // DAY_MS, []).append(entry)
    days, before = [], ZERO
    for number, mine in sorted(by_day.items()):
        sums = totals(mine)
        before += sums.wallet_quote
        closed = [one for one in trades if one.closed_ms is not None and one.closed_ms // DAY_MS == number]
        days.append(
            DayStatement(
                number=number,
                fills=sum(entry.kind is EntryKind.FILL for entry in mine),
                trades_closed=len(closed),
                sums=sums,
                wallet_quote=Quote(before),
            )
        )
    return tuple(days)
