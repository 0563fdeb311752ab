"""Evidence for a promotion, collected from journal and ledger by code; nobody types it in."""

from __future__ import annotations

from jackline.core.effects import SaveKill
from jackline.core.phases import (
    Breach,
    ClosedTrade,
    DrillNote,
    Evidence,
    Needs,
    Parity,
    PhaseChange,
    Standing,
    Validation,
    Watched,
    allowed_loss,
    confirm_ms,
    trade_breaches,
    unknown_orders,
)
from jackline.core.trade import Trade
from jackline.core.values import Quote
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.encode import decode
from jackline.store.reader import JournalEntry, StoreReader

BY_LIMIT = "limit"
"""Who raises the kill level where a limit of ours is reached (K5)."""
_KINDS = (JournalKind.WATCHED, JournalKind.DRILL, JournalKind.ENDED, JournalKind.KILL)


def read_standing(reader: StoreReader) -> Standing | None:
    """Where the account stands; None where no engine has written it yet."""
    text = reader.load_account().get(AccountKey.PHASE.value)
    return None if text is None else decode(text, Standing)


def collect(reader: StoreReader, standing: Standing, needs: Needs) -> Evidence:
    """What is on record since the last change of phase; validation and parity of the identity from any time."""
    rows, done = _since(reader, _KINDS)
    proofs = reader.journal_of((JournalKind.VALIDATION, JournalKind.PARITY), after_seq=0)
    validations = [decode(row.body, Validation) for row in proofs if row.kind == JournalKind.VALIDATION]
    parities = [decode(row.body, Parity) for row in proofs if row.kind == JournalKind.PARITY]
    return Evidence(
        closed=tuple(one for trade in done if (one := _closed(trade)) is not None),
        watched=tuple(decode(row.body, Watched) for row in rows if row.kind == JournalKind.WATCHED),
        unknown=unknown_orders(reader.load_trades()),
        breaches=(*_limits(rows), *_broken(done, needs)),
        drills=tuple(decode(row.body, DrillNote) for row in rows if row.kind == JournalKind.DRILL),
        validations=tuple(one for one in validations if one.identity == standing.identity),
        parities=tuple(one for one in parities if one.identity == standing.identity),
    )


def breaches_since(reader: StoreReader, needs: Needs) -> tuple[Breach, ...]:
    """Breaches that no change of phase tells of: a crash may have come between."""
    rows, done = _since(reader, (JournalKind.ENDED, JournalKind.KILL))
    return (*_limits(rows), *_broken(done, needs))


def _since(
    reader: StoreReader, kinds: tuple[JournalKind, ...]
) -> tuple[tuple[JournalEntry, ...], tuple[Trade, ...]]:
    """Rows since the last change of phase, and the trades that ended in them. One that a breach told of is left out."""
    changes = reader.journal_of((JournalKind.PHASE,), after_seq=0)
    rows = reader.journal_of(kinds, after_seq=changes[-1].seq if changes else 0)
    told = {subject for row in changes for subject in decode(row.body, PhaseChange).subjects}
    ended = {row.trade_id for row in rows if row.kind == JournalKind.ENDED} - told
    return rows, tuple(trade for trade in reader.every_trade() if trade.trade_id in ended) if ended else ()


def _closed(trade: Trade) -> ClosedTrade | None:
    """A trade that was planned and had a position; an adopted one shows how a stranger trades."""
    allowed = allowed_loss(trade)
    if allowed is None or trade.first_exposed_ms is None or trade.exit_reason is None:
        return None
    return ClosedTrade(
        trade_id=trade.trade_id,
        reason=trade.exit_reason,
        confirm_ms=confirm_ms(trade),
        lost_quote=Quote(-trade.result_quote),
        allowed_quote=allowed,
    )


def _broken(done: tuple[Trade, ...], needs: Needs) -> tuple[Breach, ...]:
    return tuple(
        breach for trade in done for breach in trade_breaches(trade, deadline_ms=needs.protect_deadline_ms)
    )


def _limits(rows: tuple[JournalEntry, ...]) -> tuple[Breach, ...]:
    """Limits that were reached and raised the switch."""
    raised = [decode(row.body, SaveKill) for row in rows if row.kind == JournalKind.KILL]
    return tuple(
        Breach(code="K5", subject="limit", detail=one.reason)
        for one in raised
        if one.actor == BY_LIMIT and one.level is not one.before
    )
