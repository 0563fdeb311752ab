"""The judge: which rules of the promise a finished run broke, from the venue's truth.

The engine's own records are used for one thing only: what it had planned and booked, to compare with what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from jackline.cli.demo.witness import Account, Episode, Order, Testimony
from jackline.core.ids import Role, TradeId, parse_client_id
from jackline.core.settings import ProtectionSettings
from jackline.core.trade import Trade
from jackline.store.ledger import Totals

START_GRACE_MS: Final = 2_000.0
"""A process is able to act from this long after its start (promise, *able to act*)."""

OPENING_MS: Final = 1.0
"""A naked span that starts within this of the position's opening is its first exposure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A broken rule: its code, and what shows it."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Wire time, exact milliseconds."""

    start_ms: float
    end_ms: float

    def shared_ms(self, other: Span) -> float:
        """How long both hold."""
        return max(0.0, min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a run is judged by.

    Attributes:
        lives: the life of every engine and watchdog process, from its start to its death.
        trades: every trade of the journal.
        failures: what the stage itself saw go wrong, already as breaches.
    """

    testimony: Testimony
    trades: Mapping[TradeId, Trade]
    totals: Totals
    lives: tuple[Span, ...]
    failures: tuple[Breach, ...] = ()


def judge(evidence: Evidence, protection: ProtectionSettings) -> tuple[Breach, ...]:
    """Every breach found, in the order of the promise."""
    return (
        *_naked_too_long(evidence, protection),
        *_opened_without_a_plan(evidence),
        *_left_over(evidence.testimony),
        *_entered_twice(evidence),
        *_not_flat(evidence.testimony),
        *_money(evidence),
        *evidence.failures,
    )


def able_ms(naked: Span, lives: tuple[Span, ...]) -> float:
    """How much of a naked span some process of ours was able to act in. The venue answers throughout a demo."""
    able = sorted(
        (life.start_ms + START_GRACE_MS, life.end_ms)
        for life in lives
        if life.end_ms > life.start_ms + START_GRACE_MS
    )
    total, reached_ms = 0.0, naked.start_ms
    for start_ms, end_ms in able:
        span = Span(start_ms=max(start_ms, reached_ms), end_ms=end_ms)
        total += naked.shared_ms(span)
        reached_ms = max(reached_ms, end_ms)
    return total


def entry_orders(testimony: Testimony) -> Mapping[TradeId, tuple[Order, ...]]:
    """The entry orders that filled at the venue, by the trade whose id they carry."""
    found: dict[TradeId, tuple[Order, ...]] = {}
    for order in testimony.orders:
        name = parse_client_id(order.client_id)
        if name is not None and name.role is Role.ENTRY and order.executed > 0:
            found[name.trade_id] = (*found.get(name.trade_id, ()), order)
    return found


def double_entries(testimony: Testimony, trades: Mapping[TradeId, Trade]) -> tuple[TradeId, ...]:
    """Trades that entered more often, or for more, than they had planned."""
    return tuple(
        trade_id
        for trade_id, orders in entry_orders(testimony).items()
        if len(orders) > max(1, _plans(trades.get(trade_id)))
        or _executed(orders) > _planned(trades.get(trade_id))
    )


def orphans(testimony: Testimony) -> tuple[str, ...]:
    """Client ids of our orders that rest where there is no position."""
    return tuple(one.client_id for one in testimony.orphans if parse_client_id(one.client_id) is not None)


def ledger_differences(totals: Totals, account: Account) -> Mapping[str, Decimal]:
    """Ledger minus exchange, per kind of money; empty when they agree to the last unit (A1)."""
    differences = {
        "realised": totals.realised_quote - account.realised,
        "fees": totals.fees_quote - account.fees,
        "funding": totals.funding_quote - account.funding,
        "wallet": totals.wallet_quote - account.wallet,
    }
    return {kind: amount for kind, amount in differences.items() if amount != 0}


def _naked_too_long(evidence: Evidence, protection: ProtectionSettings) -> Iterator[Breach]:
    for episode in evidence.testimony.episodes:
        for start_ms, end_ms in episode.naked_intervals:
            first = start_ms - episode.opened_wire_ms <= OPENING_MS
            allowed_ms = protection.protect_deadline_ms if first else protection.repair_deadline_ms
            naked_ms = able_ms(Span(start_ms=start_ms, end_ms=end_ms), evidence.lives)
            if naked_ms > allowed_ms:
                since = "its opening" if first else "its stop ceased to work"
                detail = (
                    f"{_named(episode)} was naked for {naked_ms:.0f} ms since {since}; {allowed_ms} allowed"
                )
                yield Breach(code="P1", detail=detail)


def _opened_without_a_plan(evidence: Evidence) -> Iterator[Breach]:
    orders = {order.client_id: order for order in evidence.testimony.orders}
    for episode in evidence.testimony.episodes:
        order = orders.get(episode.entry_client_id)
        name = parse_client_id(episode.entry_client_id)
        if order is not None and (order.reducing or order.algo_id is not None):
            yield Breach(
                code="P3", detail=f"{_named(episode)} was opened by the reducing order {order.client_id}"
            )
        elif name is None or name.role is not Role.ENTRY:
            detail = f"{_named(episode)} was opened by {episode.entry_client_id!r}, which is no entry of ours"
            yield Breach(code="P2", detail=detail)
        elif name.trade_id not in evidence.trades:
            yield Breach(code="O4", detail=f"{_named(episode)} has no intent in the journal: {name.trade_id}")


def _left_over(testimony: Testimony) -> Iterator[Breach]:
    for client_id in orphans(testimony):
        yield Breach(code="P6", detail=f"the order {client_id} still rests on a flat symbol")


def _entered_twice(evidence: Evidence) -> Iterator[Breach]:
    orders = entry_orders(evidence.testimony)
    for trade_id in double_entries(evidence.testimony, evidence.trades):
        entered, planned = orders[trade_id], _planned(evidence.trades.get(trade_id))
        detail = f"trade {trade_id} filled {_executed(entered)} in {len(entered)} entries; planned {planned} "
        detail += f"in {max(1, _plans(evidence.trades.get(trade_id)))}"
        yield Breach(code="O1", detail=detail)


def _not_flat(testimony: Testimony) -> Iterator[Breach]:
    for position in testimony.account.positions:
        yield Breach(
            code="K3", detail=f"{position.symbol} still holds {position.amount} after closing everything"
        )


def _money(evidence: Evidence) -> Iterator[Breach]:
    for kind, amount in ledger_differences(evidence.totals, evidence.testimony.account).items():
        yield Breach(code="A1", detail=f"{kind}: the ledger differs from the exchange by {amount:+f}")


def _executed(orders: tuple[Order, ...]) -> Decimal:
    return sum((order.executed for order in orders), Decimal(0))


def _planned(trade: Trade | None) -> Decimal:
    return sum((plan.quantity for plan in trade.entries), Decimal(0)) if trade is not None else Decimal(0)


def _plans(trade: Trade | None) -> int:
    return 0 if trade is None else len(trade.entries)


def _named(episode: Episode) -> str:
    side = "long" if episode.side == "BUY" else "short"
    return f"{episode.symbol} {side} of market time {episode.opened_market_ms}"
