"""What is done to the processes and to the wire. Each begins and ends with everything started and every line open."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from decimal import Decimal

from jackline.core.ids import Role, parse_client_id
from tests.out_of_process.lasting import lasting
from tests.out_of_process.namespace import Namespace
from tests.out_of_process.relay import Lane, Line, Relay
from tests.out_of_process.small_disk import SmallDisk
from tests.out_of_process.stage import CONVERGED_S, OPEN_S, Seat, Stage
from tests.patience import patience
from tests.processes import Json

RECOVERY_MS_MAX = 800.0
"""A second kill strikes within this of a start: imports, venue read-back, lease, journal."""
RUN_MS_MAX = 3_000.0
"""A random kill strikes within this of a running engine: about a dozen bars."""
STRIKES_MAX = 8
"""Of one scenario at entries: on a busy machine the market is often past an entry's price when it arrives."""


async def kill_when_passed(stage: Stage, role: Role) -> None:
    """The engine dies as its next order of this role arrives at the exchange; it is started after an answer's time."""

    async def strike() -> None:
        sprung = _relay(stage.engine).trap(role, lambda: stage.signal(stage.engine, signal.SIGKILL))
        await _spring(stage, sprung, role)
        await stage.kill(stage.engine)
        await lasting(stage.dice.uniform(0, 1_000))
        await stage.start(stage.engine)

    await _until_hit(stage, role, strike)


async def kill_at_random(stage: Stage, *seats: Seat) -> None:
    """Seats die together at a random moment of a running market and come back one after the other."""
    await stage.market(runs=True)
    await lasting(stage.dice.uniform(0, RUN_MS_MAX))
    for seat in seats:
        stage.signal(seat, signal.SIGKILL)
    await asyncio.gather(*(stage.kill(seat) for seat in seats))
    for seat in seats:
        await lasting(stage.dice.uniform(0, 500))
        await stage.start(seat)


async def kill_in_recovery(stage: Stage, times: int) -> None:
    """The engine is killed again and again while it starts."""
    for _ in range(times):
        await lasting(stage.dice.uniform(0, RECOVERY_MS_MAX))
        await stage.kill(stage.engine)
        await stage.start(stage.engine)


async def cut(stage: Stage, state: Line, span_ms: float, *, lanes: tuple[Lane, ...] = tuple(Lane)) -> None:
    """Both lines are gone for a while, whatever is going on."""
    stage.line(state, lanes=lanes)
    await lasting(span_ms)
    await stage.restore()


async def cut_when_passed(stage: Stage, role: Role, state: Line, span_ms: float) -> None:
    """Both lines go as the engine's next order of this role has passed: it executes, and nobody hears of it."""

    async def strike() -> None:
        sprung = _relay(stage.engine).trap(role, lambda: stage.line(state))
        await _spring(stage, sprung, role)
        await lasting(span_ms)
        await stage.restore()

    await _until_hit(stage, role, strike)


async def cut_engine_when_passed(stage: Stage, role: Role, state: Line, span_ms: float) -> None:
    """As `cut_when_passed`, of the engine's line alone: the watchdog still sees everything."""

    async def strike() -> None:
        sprung = _relay(stage.engine).trap(role, lambda: _relay(stage.engine).line(state))
        stage.cuts += 1
        await _spring(stage, sprung, role)
        await lasting(span_ms)
        await stage.restore()

    await _until_hit(stage, role, strike)


async def pause_engine_when_passed(stage: Stage, role: Role, span_ms: float) -> None:
    """The engine stands still as its next order of this role has passed, and wakes with an old picture and lease."""

    async def strike() -> None:
        sprung = _relay(stage.engine).trap(role, lambda: stage.signal(stage.engine, signal.SIGSTOP))
        await _spring(stage, sprung, role)
        await stage.pause(stage.engine, span_ms)

    await _until_hit(stage, role, strike)


async def when_passed(
    stage: Stage, role: Role, strike: Callable[[], None], mend: Callable[[], Awaitable[None]]
) -> None:
    """Something strikes as the engine's next order of this role has passed; `mend` says how long it lasts."""

    async def struck() -> None:
        stage.cuts += 1
        await _spring(stage, _relay(stage.engine).trap(role, strike), role)
        await mend()

    await _until_hit(stage, role, struck)


async def kill_while_cut(stage: Stage, span_ms: float) -> None:
    """Lines gone, then the engine too; it is started, and ends, and is started, until the lines are back."""
    stage.line(Line.CUT)
    await lasting(stage.dice.uniform(0, span_ms / 4))
    await stage.kill(stage.engine)
    await stage.start(stage.engine)
    await lasting(span_ms)
    await stage.restore()


async def slow(stage: Stage, span_ms: float, *, delay_ms: float) -> None:
    """Every message of both processes takes longer, each way."""
    await stage.market(runs=True)
    for seat in stage.seats:
        _relay(seat).delay_ms = delay_ms
    await lasting(span_ms)
    for seat in stage.seats:
        _relay(seat).delay_ms = 0.0


async def _until_hit(stage: Stage, role: Role, strike: Callable[[], Awaitable[None]]) -> None:
    """Strike, and again while the order struck at was an entry that filled nothing: nothing was at stake in it."""
    for _ in range(STRIKES_MAX):
        known = await _entered(stage)
        await strike()
        if role is not Role.ENTRY or await _entered(stage) > known:
            return
    raise AssertionError(f"no entry struck at has filled; seed {stage.seed}: {stage.said()}")


async def _entered(stage: Stage) -> int:
    """Entries of ours that the exchange has filled, in part at least."""
    orders = (await stage.venue.get("witness"))["orders"]
    names = [parse_client_id(order["client_id"]) for order in orders if Decimal(order["executed"]) > 0]
    return sum(name is not None and name.role is Role.ENTRY for name in names)


async def _spring(stage: Stage, sprung: asyncio.Future[None], role: Role) -> None:
    await stage.market(runs=True)
    try:
        async with patience(OPEN_S):
            await sprung
    except TimeoutError:
        raise AssertionError(f"no {role.name} order was sent; seed {stage.seed}: {stage.said()}") from None


def _relay(seat: Seat) -> Relay:
    if seat.relay is None:
        raise LookupError(f"the {seat.verb} has no relay on this stage")
    return seat.relay


async def link_down(
    stage: Stage, apart: Namespace, span_ms: float, *, after_ms_max: float = 0.0, killing: Seat | None = None
) -> None:
    """The kernel's own cut, at a random moment within `after_ms_max`; `killing`: whose process dies meanwhile."""
    await lasting(stage.dice.uniform(0, after_ms_max))
    async with stage.unreached():
        await apart.link(up=False)
        if killing is not None:
            await stage.kill(killing)
            await stage.start(killing)
        await lasting(span_ms)
        await apart.link(up=True)


async def fill_the_disk(stage: Stage, disk: SmallDisk, span_ms: float) -> None:
    """The disk fills over an open position while the market runs on; the engine dies on it and starts on it."""
    await stage.protected()
    disk.fill([seat.child.process.pid for seat in stage.seats if seat.child is not None])
    await stage.heard(stage.engine, "heartbeat_failed")
    await lasting(span_ms)
    await stage.kill(stage.engine)
    await stage.start(stage.engine)
    await lasting(span_ms)
    disk.free()


async def lose_the_stop(stage: Stage) -> None:
    """The account's owner cancels every stop that rests, by hand."""
    stops = resting(await stage.venue.get("witness"))
    assert stops, f"nothing to lose: no stop rests; seed {stage.seed}"
    for name in stops:
        await stage.venue.signed("DELETE", "/fapi/v1/algoOrder", clientAlgoId=name)


async def covered_or_closed(stage: Stage) -> None:
    """Until nothing is naked."""
    await stage.until(
        lambda seen: not any(episode["naked_now"] for episode in seen["episodes"]),
        within_s=CONVERGED_S,
        what="P1: neither covered nor closed",
    )


def resting(testimony: Json) -> set[str]:
    """The names of all stops that rest."""
    return {algo["client_id"] for algo in testimony["algos"] if algo["status"] == "NEW"}


def said(seat: Seat, word: str) -> None:
    """It has logged this word."""
    assert is_said(seat, word), f"no word of {word}: {seat.child.noise[-12:] if seat.child else None}"


def is_said(seat: Seat, word: str) -> bool:
    """Whether it has, in its present life."""
    return seat.child is not None and any(word in line for line in seat.child.noise)
