"""The acts of a run: trade, kill, close everything, gather, judge."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Final

from jackline.cli.demo.breaches import Breach, Evidence, ledger_differences, orphans
from jackline.cli.demo.director import RECOVERY_S_MAX, Director
from jackline.cli.demo.report import Frame, Kill, Report, build_report
from jackline.cli.demo.stage import Run
from jackline.cli.demo.words import Tone
from jackline.cli.errors import ExitCode
from jackline.core.values import WireMs
from jackline.engine import heartbeat
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import totals

ENGINE_READY_S: Final = 30.0
"""Imports, history and three canaries take about 5 s on a slow machine."""

ANSWER_S: Final = 5.0
"""An engine polls its commands five times a second; one that has not answered by then is not there."""

FLAT_S: Final = 40.0
"""Closing takes one round trip, sweeping two flat reads 3 s apart; the rest is for a retry of each."""

DIRECT_S: Final = 60.0
"""`close-all --direct` bounds itself well below."""

BOOKED_S: Final = 5.0
"""Fills are read as they happen. Funding is booked by the engine's orderly stop."""

OVERTIME_S: Final = 90.0
"""Holds, slow motion and a slipping market clock, beyond the time the market itself takes."""


async def play(run: Run, *, interrupted: asyncio.Event) -> Report:
    """All acts. `interrupted` ends the trading early; closing and report follow in any case."""
    async with asyncio.TaskGroup() as group:
        eyes = group.create_task(run.observer.run())
        await _await_engine(run)
        trading = group.create_task(_trade(run))
        cut = group.create_task(interrupted.wait())
        await asyncio.wait({trading, cut}, return_when=asyncio.FIRST_COMPLETED)
        for task in (trading, cut):
            task.cancel()
        await asyncio.wait({trading, cut})
        if not trading.cancelled():
            trading.result()
        else:
            run.notes.append("ended early on request")
        await _close(run)
        eyes.cancel()
    return await _gather(run)


async def _trade(run: Run) -> None:
    """The market runs; the engine is killed on the way."""
    market = await run.witness.resume(run.plan.ratio)
    span_s = (market.end_ms - market.market_ms) / 1_000 / run.plan.ratio
    deadline = time.monotonic() + span_s + OVERTIME_S
    if run.wishes.kill:
        director = Director(
            plan=run.plan,
            witness=run.witness,
            observer=run.observer,
            engine=run.engine,
            restart=run.start_engine,
        )
        kill = await director.run(within_s=deadline - time.monotonic())
        if kill is not None:
            run.kills.append(kill)
        else:
            run.notes.append("no kill: no position was open at a moment to do it")
    observer = run.observer

    def over() -> bool:
        return not run.engine.is_running or (observer.market is not None and observer.market.ended)

    await observer.until(over, within_s=max(1.0, deadline - time.monotonic()))
    if not run.engine.is_running:
        words = run.engine.last_words()
        run.failures.append(Breach(code="L2", detail=f"the engine ended by itself: {words}"))


async def _await_engine(run: Run) -> None:
    """Wait until the engine could enter: venue read back, protected, canaries sung."""
    run.observer.tell("reading the venue back, proving the rung with a canary stop")

    def settled() -> bool:
        beat = heartbeat.read(HostDisk(), run.config.state_dir)
        ready = beat is not None and beat.pid == run.engine.pid and beat.ready
        return ready or not run.engine.is_running

    in_time = await run.observer.until(settled, within_s=ENGINE_READY_S)
    if not run.engine.is_running:
        raise run.engine.failed("ended at its start")
    if not in_time:
        raise run.engine.failed("was not ready to trade in time")
    run.observer.tell("exchange, engine and watchdog are up; the market opens", Tone.GOOD)


async def _close(run: Run) -> None:
    """Hold the market, ask the engine to close everything, wait until the venue is flat and swept."""
    await run.witness.hold()
    run.observer.tell("the market has ended: closing what is open")
    command = Command(
        command_id=uuid.uuid4().hex,
        created_ms=WireMs(int(time.time() * 1_000)),
        actor="demo",
        kind=CommandKind.CLOSE_ALL,
        symbol=None,
        side=None,
        reason="end of the demo",
    )
    CommandDesk(HostDisk(), run.place.commands).submit(command)
    follower = run.observer.follower
    answered = await run.observer.until(lambda: follower.is_answered(command.command_id), within_s=ANSWER_S)
    if not answered:
        run.failures.append(
            Breach(code="L2", detail="the engine did not answer; closed without it (--direct)")
        )
        await run.engine.stop()
        await _close_direct(run)
    flat = await _until(run, lambda: _is_swept(run, engine=answered), within_s=FLAT_S)
    if not flat and not follower.live:
        run.notes.append("not everything was flat and swept in time")
    elif not flat:
        live = ", ".join(f"{one.trade.symbol} {one.trade.phase}" for one in follower.live)
        run.failures.append(Breach(code="L1", detail=f"not flat and swept within {FLAT_S:.0f} s: {live}"))
    await _until(run, lambda: _is_booked(run), within_s=BOOKED_S)
    await run.engine.stop()
    await run.watchdog.stop()


async def _close_direct(run: Run) -> None:
    arguments = ("close-all", "--direct", "--yes", "--config", str(run.place.config))
    child = await run.children.start("close-all", *arguments)
    await run.observer.until(lambda: not child.is_running, within_s=DIRECT_S)


async def _until(run: Run, wanted: Callable[[], bool], *, within_s: float) -> bool:
    """As `Observer.until`, each time over a fresh testimony."""
    deadline = time.monotonic() + within_s
    while True:
        await run.observer.testify()
        if wanted():
            return True
        if time.monotonic() >= deadline:
            return False
        await run.observer.next_look()


def _is_swept(run: Run, *, engine: bool) -> bool:
    testimony = run.observer.testimony
    if testimony is None or testimony.account.positions or orphans(testimony):
        return False
    return not (engine and run.observer.follower.live)


def _is_booked(run: Run) -> bool:
    testimony = run.observer.testimony
    try:
        booked = totals(run.observer.follower.ledger())
    except StoreError:
        return False
    if testimony is None:
        return False
    return not {"realised", "fees"} & ledger_differences(booked, testimony.account).keys()


async def _gather(run: Run) -> Report:
    """The last testimony and the closed journal, judged."""
    testimony = await run.witness.testimony()
    market = await run.witness.market()
    follower = run.observer.follower
    run.observer.read_journal()
    follower.catch_up()
    ledger = follower.ledger()
    evidence = Evidence(
        testimony=testimony,
        trades={trade_id: saved.trade for trade_id, saved in follower.trades.items()},
        totals=totals(ledger),
        lives=run.children.lives("engine", "watchdog"),
        failures=(*run.failures, *_unrecovered(run.kills)),
    )
    wishes = run.wishes
    frame = Frame(
        source=f"seed {wishes.seed}" if wishes.data is None else wishes.data.name,
        symbols=tuple(market.symbols),
        start_ms=market.start_ms,
        end_ms=min(market.market_ms, market.end_ms),
        ratio=run.plan.ratio,
        wall_s=round(time.monotonic() - run.started_s, 1),
        notes=tuple(run.notes),
    )
    protection = run.config.protection_settings()
    return build_report(
        frame=frame, evidence=evidence, ledger=ledger, kills=tuple(run.kills), protection=protection
    )


def _unrecovered(kills: list[Kill]) -> tuple[Breach, ...]:
    late = f"the engine had not recovered {RECOVERY_S_MAX:.0f} s after its restart"
    return tuple(Breach(code="L1", detail=late) for kill in kills if kill.recovered_ms is None)


def is_empty(report: Report) -> bool:
    """Nothing was ever open: the run shows nothing."""
    return not report.lines and report.exposed_ms == 0


def exit_code(report: Report) -> ExitCode:
    """1 when a promise was broken, 3 when nothing happened, else 0."""
    if report.breaches:
        return ExitCode.BREACH
    return ExitCode.NOTHING if is_empty(report) else ExitCode.DONE
