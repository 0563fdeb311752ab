"""How every scenario ends: everything is closed through the engine, and the witness and the ledger judge."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from jackline.core.ids import Role, TradeId, parse_client_id
from jackline.core.plan import Rung
from jackline.core.settings import ProtectionSettings
from jackline.core.values import WireMs
from jackline.store.commands import Command, CommandKind
from jackline.store.errors import StoreError
from jackline.store.ledger import totals
from tests.out_of_process.figures import Figures, record
from tests.out_of_process.lasting import lasting
from tests.out_of_process.records import read
from tests.out_of_process.spans import Span, shared_ms, spans_of
from tests.out_of_process.stage import LOOK_MS, Stage
from tests.patience import patience
from tests.processes import Json

SETTLE_S = 40.0
"""Two flat snapshots 3 s apart, the fills, the sweep, and a cooled-down retry of each."""
OPENING_MS = 1.0
"""A naked span that begins within this of the position's opening is its first exposure."""
JOURNAL_ROWS_MAX = 1_000_000


class NakedTooLong(AssertionError):
    """P1 broken: naked beyond its deadline while a process of ours could act."""


async def ended(stage: Stage, *, scenario: str | None = None) -> Figures:
    """Converge, close everything, stop the engine, write down the scenario's figures, and only then judge them."""
    await stage.converged()
    await _close_everything(stage)
    assert await stage.stop(stage.engine) == 0, stage.said()
    testimony = await stage.venue.get("witness")
    figures = _measured(testimony, stage)
    if scenario is not None:
        record(scenario, rung=stage.rung, seed=stage.seed, figures=figures)
    _judge_protection(testimony, stage)
    _judge_orders(testimony, stage)
    _judge_money(testimony, stage)
    return figures


async def _close_everything(stage: Stage) -> None:
    """Order the engine to close until the venue shows no position and no order of ours, and no trade is live."""
    desk = stage.records.desk()
    try:
        async with patience(SETTLE_S):
            for number in count():
                command = Command(
                    command_id=f"close-{number}",
                    created_ms=WireMs(0),
                    actor="test",
                    kind=CommandKind.CLOSE_ALL,
                    symbol=None,
                    side=None,
                    reason="the scenario is over",
                )
                desk.submit(command)
                while not _is_answered(stage, command.command_id):
                    await lasting(LOOK_MS)
                seen = await stage.venue.get("witness")
                if not seen["accounts"]["main"]["positions"] and not stage.phases() and not seen["orphans"]:
                    return
                await lasting(LOOK_MS)
    except TimeoutError:
        raise AssertionError(f"L1: not closed; seed {stage.seed}: {stage.said()}") from None


def _is_answered(stage: Stage, command_id: str) -> bool:
    try:
        with read(stage.store) as reader:
            return reader.answer(command_id) is not None
    except StoreError:
        return False


def _measured(testimony: Json, stage: Stage) -> Figures:
    naked = [span for episode in testimony["episodes"] for span in spans_of(episode["naked_intervals"])]
    able = stage.able
    return Figures(
        kills=stage.kills,
        cuts=stage.cuts,
        entries=len(testimony["episodes"]),
        naked_raw_ms_max=max((span.end_ms - span.start_ms for span in naked), default=0.0),
        naked_able_ms_max=max((shared_ms(span, able) for span in naked), default=0.0),
        converged_ms_max=max(stage.converged_ms, default=0.0),
    )


def _judge_protection(testimony: Json, stage: Stage) -> None:
    """P1 while able, from the venue's truth; a stop placed first leaves nothing naked, able or not."""
    deadlines, able = ProtectionSettings(), stage.able
    assert testimony["episodes"], f"no position ever opened: nothing was hit; seed {stage.seed}"
    for episode in testimony["episodes"]:
        assert not episode["liquidated"], f"P7, seed {stage.seed}: {episode}"
        for span in spans_of(episode["naked_intervals"]):
            first = span.start_ms - episode["opened_wire_ms"] <= OPENING_MS
            allowed_ms = deadlines.protect_deadline_ms if first else deadlines.repair_deadline_ms
            if first and stage.rung is Rung.STOP_FIRST:
                allowed_ms = 0
            naked_ms = shared_ms(span, able)
            story = f"naked {_length(span)} ms, {naked_ms:.0f} of them able; seed {stage.seed}: {episode}"
            if naked_ms > allowed_ms:
                raise NakedTooLong(f"P1: {story}; {stage.said()}")


def _length(span: Span) -> str:
    return f"{span.end_ms - span.start_ms:.0f}"


def _judge_orders(testimony: Json, stage: Stage) -> None:
    """Nothing entered twice, everything that entered has an intent, nothing of ours rests on a flat symbol."""
    known = _journalled(stage)
    for episode in testimony["episodes"]:
        name = parse_client_id(episode["entry_client_id"])
        assert name is not None, f"P2, seed {stage.seed}: {episode}"
        assert name.role is Role.ENTRY, f"P3, seed {stage.seed}: {episode}"
    names = [
        parse_client_id(order["client_id"]) for order in testimony["orders"] if Decimal(order["executed"]) > 0
    ]
    entered = [name.trade_id for name in names if name is not None and name.role is Role.ENTRY]
    assert len(entered) == len(set(entered)), f"O1, seed {stage.seed}: entered twice: {entered}"
    assert set(entered) <= known, f"O4, seed {stage.seed}: without an intent: {set(entered) - known}"
    assert testimony["orphans"] == [], f"P6, seed {stage.seed}: {testimony['orphans']}"


def _journalled(stage: Stage) -> set[TradeId]:
    """In the journal, or in one that was given up for an older one."""
    known: set[TradeId] = set()
    for store in (stage.store, *stage.left):
        with read(store) as reader:
            rows = reader.journal_after(0, JOURNAL_ROWS_MAX)
        known |= {row.trade_id for row in rows if row.trade_id is not None}
    return known


def _judge_money(testimony: Json, stage: Stage) -> None:
    """The ledger equals the exchange to the last unit."""
    account = testimony["accounts"]["main"]
    with read(stage.store) as reader:
        booked = totals(reader.ledger_entries())
    told = {key: Decimal(account[key]) for key in ("realised", "fees", "funding", "wallet")}
    ours = {key: getattr(booked, f"{key}_quote") for key in told}
    assert ours == told, f"A1, seed {stage.seed}"
