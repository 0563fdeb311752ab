"""Processes: killed, cancelled, stopped, paused, doubled, missing."""

from __future__ import annotations

from decimal import Decimal

from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result
from jackline.world.supervisor import ENGINE, WATCHDOG

GONE_S = 18.0
"""Beside what is drawn."""
NOBODY_S = 3.0
"""So long nobody takes the other side of a close: the engine that has accepted it dies of something else first."""


def kill_engine(means: Means, act: Act) -> Result:
    """SIGKILL, and a restart after up to four seconds."""
    means.stage.processes.kill(ENGINE, down_s=act.lasts_s / 3)
    return DONE


def kill_watchdog(means: Means, act: Act) -> Result:
    """SIGKILL."""
    means.stage.processes.kill(WATCHDOG, down_s=act.lasts_s)
    return DONE


def kill_both(means: Means, act: Act) -> Result:
    """Nobody is there for a while."""
    means.stage.processes.kill(ENGINE, down_s=act.lasts_s / 3)
    means.stage.processes.kill(WATCHDOG, down_s=act.lasts_s / 2)
    return DONE


def kill_at_request(means: Means, act: Act) -> Result:
    """SIGKILL around the engine's next request."""
    means.crashing.at_request(act)
    return DONE


def kill_at_step(means: Means, act: Act) -> Result:
    """SIGKILL after a drawn number of scheduling steps."""
    means.crashing.at_step(act)
    return DONE


def cancel_engine(means: Means, act: Act) -> Result:
    """All its tasks are cancelled: clean-up code runs."""
    return DONE if means.crashing.cancel(act) else NOTHING_THERE


def stop_engine(means: Means, act: Act) -> Result:
    """SIGTERM: an orderly stop, and a start by the service manager."""
    process = means.stage.processes.living.get(ENGINE)
    if process is None:
        return NOTHING_THERE
    process.ask_to_stop()
    return DONE


def stop_watchdog(means: Means, act: Act) -> Result:
    """SIGTERM, and a start by the service manager."""
    process = means.stage.processes.living.get(WATCHDOG)
    if process is None:
        return NOTHING_THERE
    process.ask_to_stop()
    return DONE


def pause_engine(means: Means, act: Act) -> Result:
    """SIGSTOP: it wakes with what it knew before."""
    means.stage.processes.pause(ENGINE, act.lasts_s)
    return DONE


def pause_watchdog(means: Means, act: Act) -> Result:
    """SIGSTOP."""
    means.stage.processes.pause(WATCHDOG, act.lasts_s)
    return DONE


def second_engine(means: Means, act: Act) -> Result:
    """Somebody starts another engine on the same state directory."""
    if ENGINE not in means.stage.processes.living:
        return NOTHING_THERE
    means.stage.processes.start(ENGINE)
    return DONE


def no_watchdog(means: Means, act: Act) -> Result:
    """The watchdog is dead and nobody restarts it."""
    processes = means.stage.processes
    if WATCHDOG not in processes.wanted:
        return NOTHING_THERE
    processes.wanted.discard(WATCHDOG)
    processes.kill(WATCHDOG, down_s=1.0)
    return lambda: processes.want(WATCHDOG)


def no_engine(means: Means, act: Act) -> Result:
    """The engine is dead and nobody restarts it, for longer than anybody may take to close what is open (K3)."""
    processes = means.stage.processes
    if ENGINE not in processes.wanted:
        return NOTHING_THERE
    processes.wanted.discard(ENGINE)
    processes.kill(ENGINE, down_s=1.0)
    return lambda: means.stage.network.later(GONE_S, lambda: processes.want(ENGINE))


def answers_and_dies(means: Means, act: Act) -> Result:
    """An order to close is answered and cannot be carried out; then its engine dies and stays away (K3)."""
    stage, processes, operator = means.stage, means.stage.processes, means.operator
    positions = stage.account.open_positions()
    if ENGINE not in processes.wanted or not positions:
        return NOTHING_THERE
    depths = stage.venue.whims.market_depth
    symbols = sorted({position.symbol for position in positions})
    depths.update(dict.fromkeys(symbols, Decimal(0)))
    waits = [True]

    def dies() -> None:
        if waits and ENGINE in processes.wanted:
            processes.wanted.discard(ENGINE)
            processes.kill(ENGINE, down_s=1.0)

    def somebody() -> None:
        for symbol in symbols:
            depths.pop(symbol, None)

    stage.network.later(NOBODY_S, somebody)
    raises = act.pick < 0.5
    if raises:
        operator.flatten(then=dies)
    else:
        operator.close_all(then=dies)

    def comes_back() -> None:
        processes.want(ENGINE)
        if raises:
            operator.reset()

    def undo() -> None:
        waits.clear()
        stage.network.later(GONE_S, comes_back)

    return undo
