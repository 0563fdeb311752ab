"""Turns effects and facts into journal batches: each row with the state that it explains."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from jackline.core.effects import Alert, BookFills, NoteDenied, SaveTrade, TradeEnded
from jackline.core.ids import TradeId
from jackline.core.orders import FundingView
from jackline.core.outcomes import Outcome
from jackline.core.ports import Clock
from jackline.core.requests import CancelOrder, Mutation, SendEntry
from jackline.core.trade import ExitReason
from jackline.store.batch import AccountKey, Batch, CommandAnswer, JournalKind, JournalRow
from jackline.store.encode import encode
from jackline.store.journal import Journal
from jackline.store.ledger import LedgerEntry, fill_entries, funding_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNote:
    """A request that is about to leave (O4)."""

    verb: str
    client_id: str
    request: Mutation


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeNote:
    """What became of a request."""

    verb: str
    client_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class EndNote:
    """How a trade ended."""

    reason: ExitReason


class Recorder:
    """Writes to the journal without ever waiting for it, except where an intent asks for the future."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def trade(self, effect: SaveTrade) -> asyncio.Future[int]:
        """Write the new state of a trade; an intent's row is what the entry waits for (rule 1)."""
        kind = JournalKind.INTENT if effect.intent else JournalKind.TRADE
        row = self._row(kind, encode(effect.trade), effect.trade.trade_id)
        return self._journal.append(Batch(rows=(row,), trades=(effect.trade,)))

    def request(self, request: Mutation) -> None:
        """Explain a request that leaves."""
        note = RequestNote(verb=type(request).__name__, client_id=client_id_of(request), request=request)
        self._append(JournalKind.REQUEST, encode(note), trade_id_of(request))

    def outcome(self, request: Mutation, outcome: Outcome) -> None:
        """Explain what came of it."""
        note = OutcomeNote(verb=type(request).__name__, client_id=client_id_of(request), outcome=outcome)
        self._append(JournalKind.OUTCOME, encode(note), trade_id_of(request))

    def fills(self, effect: BookFills) -> None:
        """Book venue fills: two ledger rows each (A1)."""
        trade_id = effect.trade.trade_id if effect.trade is not None else None
        entries = tuple(entry for fill in effect.fills for entry in fill_entries(fill, trade_id))
        row = self._row(JournalKind.FILLS, encode(effect.fills), trade_id)
        self._journal.append(Batch(rows=(row,), ledger=entries))

    def funding(self, payments: tuple[FundingView, ...]) -> None:
        """Book funding payments."""
        entries = tuple(funding_entry(payment, None) for payment in payments)
        self._journal.append(
            Batch(rows=(self._row(JournalKind.FUNDING, encode(payments), None),), ledger=entries)
        )

    def capital(self, entry: LedgerEntry) -> asyncio.Future[int]:
        """Book the opening balance or a transfer."""
        row = self._row(JournalKind.CAPITAL, encode(entry), None)
        return self._journal.append(Batch(rows=(row,), ledger=(entry,)))

    def denied(self, effect: NoteDenied) -> None:
        """Explain an entry that did not happen."""
        self._append(JournalKind.DENIED, encode(effect), None)

    def alert(self, effect: Alert) -> None:
        """Keep what a human was told."""
        self._append(JournalKind.ALERT, encode(effect), None)

    def ended(self, effect: TradeEnded) -> None:
        """Keep how a trade ended."""
        self._append(JournalKind.ENDED, encode(EndNote(reason=effect.reason)), effect.trade.trade_id)

    def canary(self, request: Mutation) -> asyncio.Future[int]:
        """A step of a canary, durable before it leaves."""
        note = RequestNote(verb=type(request).__name__, client_id=client_id_of(request), request=request)
        row = self._row(JournalKind.CANARY, encode(note), trade_id_of(request))
        return self._journal.append(Batch(rows=(row,)))

    def account(self, kind: JournalKind, key: AccountKey, value: str) -> asyncio.Future[int]:
        """Change a fact about the account."""
        return self._journal.append(
            Batch(rows=(self._row(kind, encode(value), None),), account=((key, value),))
        )

    def command(self, answer: CommandAnswer, position: str) -> None:
        """Answer a command and remember how far the command file was read, in one transaction."""
        row = self._row(JournalKind.COMMAND, encode(answer), None)
        account = ((AccountKey.COMMANDS_READ, position),)
        self._journal.append(Batch(rows=(row,), answers=(answer,), account=account))

    def _append(self, kind: JournalKind, body: str, trade_id: TradeId | None) -> None:
        self._journal.append(Batch(rows=(self._row(kind, body, trade_id),)))

    def _row(self, kind: JournalKind, body: str, trade_id: TradeId | None) -> JournalRow:
        now = self._clock.now()
        return JournalRow(
            kind=kind, trade_id=trade_id, wire_ms=now.wire_ms, market_ms=now.market_ms, body=body
        )


def client_id_of(request: Mutation) -> str:
    """The client id a request is about."""
    return request.key.client_id if isinstance(request, CancelOrder) else request.client_id


def trade_id_of(request: Mutation) -> TradeId | None:
    """The trade a request belongs to."""
    return request.entry.trade_id if isinstance(request, SendEntry) else request.trade_id
