"""The canary: what the running engine has proven, or when one sang last; with `--canary` one now.

It is the engine's own canary, under the engine's own lease: while the doctor holds that, no engine enters. Each step is
in the audit before it leaves, for the journal has one writer, and that is the engine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator
from dataclasses import replace

from jackline.cli import keyring_acts as acts
from jackline.cli.config import Config
from jackline.cli.doctor.finding import Finding, fail, ok, skip, warn
from jackline.cli.doctor.venue import SYMBOLS_MAX, Visit
from jackline.cli.stored import engine_holder, read_store
from jackline.core.ids import Role, account_tag, mint_trade_id, parse_client_id
from jackline.core.orders import Snapshot
from jackline.core.requests import CancelOrder, ReadSnapshot, SendEntry, SendStop
from jackline.core.values import Symbol, WireMs
from jackline.engine.host import HostWorld
from jackline.engine.opening import CANARY_ORDINAL
from jackline.engine.process import ENTRY_DENIED
from jackline.store import published
from jackline.store.audit import record
from jackline.store.batch import JournalKind
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.lease import Lease, LeaseHeld, acquire
from jackline.venue.canary import CanaryProof, CanaryTask, prove_rung
from jackline.venue.canary_attached import prove_attached

CHECK = "canary"
NARROW_S = 1.2
"""Where a second takes a few orders, one of them is an entry: the next symbol's turn comes in the next."""
FIX = "the reason is the venue's; until it is gone nothing enters there: jackline explain C4"


def permit(request: SendEntry) -> str | None:
    """The only entry that a doctor may send: a canary's, which is far away and immediate or nothing."""
    name = parse_client_id(request.client_id)
    return None if name is not None and name.role is Role.CANARY else ENTRY_DENIED


def told(config: Config) -> Iterator[Finding]:
    """What is known without sending anything."""
    if engine_holder(config) is None:
        yield _on_record(config)
        return
    seen = published.read(HostDisk(), config.state_dir)
    markets = () if seen is None else seen.account.markets
    for one in markets:
        if one.rung is None:
            yield warn(CHECK, f"{one.symbol}: not proven: {one.rung_detail or 'not yet'}", FIX)
    proven = [f"{one.symbol} {one.rung}" for one in markets if one.rung is not None]
    if proven:
        yield ok(CHECK, f"proven by the running engine: {', '.join(proven)}")
    if not markets:
        yield ok(CHECK, "the running process enters nothing, and proves nothing")


def _on_record(config: Config) -> Finding:
    if not (config.state_dir / ENGINE_FILE).exists():
        return skip(CHECK, "none on record; the first start sends one, and so does --canary")
    rows = read_store(config, lambda store: store.journal_of((JournalKind.CANARY,), after_seq=0))
    if not rows:
        return skip(CHECK, "none on record; the next start sends one, and so does --canary")
    hours = (time.time() * 1_000 - rows[-1].wire_ms) / 3_600_000
    return ok(CHECK, f"the last one {hours:.1f} h ago; each start sends another, and so does --canary")


async def sung(visit: Visit) -> list[Finding]:
    """One canary a symbol, where no engine runs and nothing is open."""
    config = visit.config
    try:
        lease = acquire(
            HostDisk(),
            config.state_dir,
            world=HostWorld(),
            mode=config.mode.value,
            wire_ms=WireMs(time.time_ns() // 1_000_000),
        )
    except LeaseHeld as held:
        text = f"process {held.holder.pid} runs, and sends its own: leave out --canary to see it"
        return [skip(CHECK, text)]
    try:
        found = []
        for number, symbol in enumerate(config.symbols[:SYMBOLS_MAX]):
            if number and visit.venue.profile.traits.is_narrow:
                await asyncio.sleep(NARROW_S)
            found.append(await _of(visit, lease, symbol, number))
        return found
    finally:
        lease.release()


async def _of(visit: Visit, lease: Lease, symbol: Symbol, number: int) -> Finding:
    instrument = visit.instruments.get(symbol)
    bars = await visit.venue.read_bars(symbol, visit.config.engine_options().interval_ms, 2)
    if instrument is None or not isinstance(bars, tuple) or not bars:
        return skip(CHECK, f"{symbol}: no completed bar yet, so no price to stay away from")
    look = await visit.venue.read_snapshot(ReadSnapshot(asked=0, symbols=(symbol,), money=False))
    if not isinstance(look, Snapshot) or any(one.symbol == symbol for one in look.positions):
        return skip(CHECK, f"{symbol}: only a symbol that is known to be flat is sung on")
    config = visit.config
    task = CanaryTask(
        trade_id=mint_trade_id(
            tag=account_tag(config.account.name), fence=lease.fence, ordinal=CANARY_ORDINAL
        ),
        attempt=3 * number,
        instrument=instrument,
        mark=bars[-1].close,
        position_mode=config.venue.position_mode,
        price_source=config.risk.stop_price_source,
    )
    proof = await _proof(visit, task)
    if proof.rung is None:
        return fail(CHECK, f"{symbol}: not proven: {proof.evidence}", FIX)
    return ok(CHECK, f"{symbol} {proof.rung}: {proof.evidence}")


def _proof(visit: Visit, task: CanaryTask) -> Awaitable[CanaryProof]:
    store, by = acts.access_store(visit.config), acts.by()

    async def write_ahead(request: SendStop | SendEntry) -> None:
        record(store, by.act("doctor.canary", after=f"{request.client_id} {task.instrument.symbol}"))

    def told_of(cancel: CancelOrder) -> None:
        record(store, replace(by, wire_ms=acts.now_ms()).act("doctor.canary", before=str(cancel.key)))

    if visit.venue.profile.leg_scope is None:
        return prove_rung(
            venue=visit.venue, task=task, on_stop=write_ahead, on_cancel=told_of, clock=visit.clock
        )
    return prove_attached(
        venue=visit.venue, task=task, on_entry=write_ahead, on_cancel=told_of, clock=visit.clock
    )
