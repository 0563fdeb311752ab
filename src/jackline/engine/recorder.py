"""Turns effects and facts into journal batches: each row with the state that it explains."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal

from jackline.core.effects import (
    Alert,
    AnswerCommand,
    BookAdjustment,
    BookFills,
    BookIncome,
    NoteDenied,
    SaveBots,
    SaveDay,
    SaveKill,
    SaveLimits,
    SaveTrade,
    TradeEnded,
)
from jackline.core.events import Receipt
from jackline.core.ids import TradeId
from jackline.core.money import Day
from jackline.core.outcomes import Outcome
from jackline.core.phases import DrillNote, Parity, PhaseChange, Standing, Validation, Watched
from jackline.core.ports import Clock
from jackline.core.requests import CancelOrder, Mutation, SendEntry
from jackline.core.trade import ExitReason
from jackline.core.values import WireMs
from jackline.engine.one_batch import OneBatch
from jackline.store.batch import AccountKey, Batch, CommandAnswer, JournalKind, JournalRow
from jackline.store.encode import encode
from jackline.store.journal import Journal
from jackline.store.ledger import LedgerEntry, adjustment_entry, fill_entries, income_entry

NOTHING_TO_ACCOUNT = "nothing to account for"


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
    """How a trade ended, with the number behind the reason where there is one."""

    reason: ExitReason
    parameter: Decimal | None = None


class Recorder:
    """Writes to the journal without ever waiting for it, except where an intent asks for the future."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = OneBatch(journal)
        self._clock = clock

    def turn(self) -> AbstractContextManager[None]:
        """What is written within is one transaction: what one turn decided is kept whole, or not at all (K5)."""
        return self._journal.turn()

    def trade(self, effect: SaveTrade) -> asyncio.Future[int]:
        """Write the new state of a trade; an intent's row is what the entry waits for (rule 1)."""
        kind = JournalKind.INTENT if effect.intent else JournalKind.TRADE
        row = self._row(kind, encode(effect.trade), effect.trade.trade_id)
        return self._journal.append(Batch(rows=(row,), trades=(effect.trade,)))

    def request(self, request: Mutation) -> asyncio.Future[int]:
        """Explain a request that leaves. The future tells when this, and what was recorded before it, is durable."""
        note = RequestNote(verb=type(request).__name__, client_id=client_id_of(request), request=request)
        return self._append(JournalKind.REQUEST, encode(note), trade_id_of(request))

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

    def income(self, effect: BookIncome) -> None:
        """Book what moved the wallet besides fills."""
        row = self._row(JournalKind.INCOME, encode(effect.rows), None)
        entries = tuple(income_entry(income) for income in effect.rows)
        self._journal.append(Batch(rows=(row,), ledger=entries, account=_day(effect.day)))

    def adjustment(self, effect: BookAdjustment) -> None:
        """Book what an operator accounted for, and answer, in one transaction (A3)."""
        row, receipt = self._row(JournalKind.CAPITAL, encode(effect), None), effect.receipt
        entry = adjustment_entry(
            command_id=receipt.command_id,
            amount_quote=effect.amount_quote,
            wire_ms=row.wire_ms,
            market_ms=row.market_ms,
        )
        result = (
            f"{effect.amount_quote:+f} quote accounted for" if effect.amount_quote else NOTHING_TO_ACCOUNT
        )
        self._journal.append(
            Batch(
                rows=(row,),
                ledger=(entry,) if effect.amount_quote else (),
                account=(*_day(effect.day), _read_to(receipt)),
                answers=(_answer(receipt, row.wire_ms, result),),
            )
        )

    def kill(self, effect: SaveKill) -> asyncio.Future[int]:
        """Change the kill level, and answer the command that asked for it, in one transaction (K1, K4)."""
        row, receipt = self._row(JournalKind.KILL, encode(effect), None), effect.receipt
        level = (AccountKey.KILL_LEVEL, effect.level.value)
        if receipt is None:
            return self._journal.append(Batch(rows=(row,), account=(level,)))
        answer = _answer(receipt, row.wire_ms, effect.level.value)
        return self._journal.append(Batch(rows=(row,), account=(level, _read_to(receipt)), answers=(answer,)))

    def bots(self, effect: SaveBots) -> None:
        """Keep which bots are stopped, and answer, in one transaction: a restart starts none of them."""
        row, receipt = self._row(JournalKind.BOT, encode(effect), None), effect.receipt
        stopped = (AccountKey.BOTS_STOPPED, encode(effect.stopped))
        answer = _answer(receipt, row.wire_ms, effect.result)
        self._journal.append(Batch(rows=(row,), account=(stopped, _read_to(receipt)), answers=(answer,)))

    def limits(self, effect: SaveLimits) -> None:
        """Keep the limits in force, and answer, in one transaction: a restart loosens nothing (K5)."""
        row = self._row(JournalKind.LIMITS, encode(effect), None)
        receipt = Receipt(command_id=effect.command_id, position=effect.position)
        account = [_read_to(receipt)]
        if effect.after != effect.before:
            account.append((AccountKey.LIMITS, encode(effect.after)))
        answer = _answer(receipt, row.wire_ms, effect.result)
        self._journal.append(Batch(rows=(row,), account=tuple(account), answers=(answer,)))

    def day(self, effect: SaveDay) -> None:
        """Keep what the day began with: a restart forgives no loss (K5)."""
        self._journal.append(
            Batch(rows=(self._row(JournalKind.DAY, encode(effect.day), None),), account=_day(effect.day))
        )

    def opening(self, entry: LedgerEntry) -> asyncio.Future[int]:
        """Book the balance that the ledger begins with."""
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
        note = EndNote(reason=effect.reason, parameter=effect.trade.exit_parameter)
        self._append(JournalKind.ENDED, encode(note), effect.trade.trade_id)

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

    def phase(self, change: PhaseChange, standing: Standing, receipt: Receipt | None = None) -> None:
        """Change the phase, durable with what its evidence is bound to, and answer the command that asked for it."""
        row = self._row(JournalKind.PHASE, encode(change), None)
        account = [(AccountKey.PHASE, encode(standing))]
        if receipt is None:
            self._journal.append(Batch(rows=(row,), account=tuple(account)))
            return
        account.append(_read_to(receipt))
        answer = _answer(receipt, row.wire_ms, f"promoted to {standing.stage}")
        self._journal.append(Batch(rows=(row,), account=tuple(account), answers=(answer,)))

    def evidence(self, kind: JournalKind, fact: Watched | DrillNote | Validation | Parity) -> None:
        """Keep a fact that a promotion may rest on."""
        self._append(kind, encode(fact), None)

    def answer(self, receipt: Receipt, result: str) -> None:
        """Answer a command and remember how far the command file was read, in one transaction."""
        answer = _answer(receipt, self._clock.now().wire_ms, result)
        row = self._row(JournalKind.COMMAND, encode(answer), None)
        self._journal.append(Batch(rows=(row,), answers=(answer,), account=(_read_to(receipt),)))

    def wish(self, effect: AnswerCommand) -> None:
        """Keep that a wish was taken, what came of it, or both. The saves before it are written before it."""
        wire_ms, result = self._clock.now().wire_ms, effect.result
        answers: tuple[CommandAnswer, ...] = ()
        account: tuple[tuple[AccountKey, str], ...] = ()
        if result is not None:
            answers = (CommandAnswer(command_id=effect.command_id, wire_ms=wire_ms, result=encode(result)),)
        if effect.position is not None:
            account = ((AccountKey.COMMANDS_READ, str(effect.position)),)
        row = self._row(JournalKind.COMMAND, encode(effect), None)
        self._journal.append(Batch(rows=(row,), answers=answers, account=account))

    def _append(self, kind: JournalKind, body: str, trade_id: TradeId | None) -> asyncio.Future[int]:
        return self._journal.append(Batch(rows=(self._row(kind, body, trade_id),)))

    def _row(self, kind: JournalKind, body: str, trade_id: TradeId | None) -> JournalRow:
        now = self._clock.now()
        return JournalRow(
            kind=kind, trade_id=trade_id, wire_ms=now.wire_ms, market_ms=now.market_ms, body=body
        )


def _answer(receipt: Receipt, wire_ms: WireMs, result: str) -> CommandAnswer:
    return CommandAnswer(command_id=receipt.command_id, wire_ms=wire_ms, result=encode(result))


def _read_to(receipt: Receipt) -> tuple[AccountKey, str]:
    return AccountKey.COMMANDS_READ, str(receipt.position)


def _day(day: Day | None) -> tuple[tuple[AccountKey, str], ...]:
    return () if day is None else ((AccountKey.DAY, encode(day)),)


def client_id_of(request: Mutation) -> str:
    """The client id a request is about."""
    return request.key.client_id if isinstance(request, CancelOrder) else request.client_id


def trade_id_of(request: Mutation) -> TradeId | None:
    """The trade a request belongs to."""
    return request.entry.trade_id if isinstance(request, SendEntry) else request.trade_id
