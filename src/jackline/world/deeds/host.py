"""The host: its power, its disk, its clock."""

from __future__ import annotations

from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result
from jackline.world.supervisor import ENGINE, WATCHDOG


def power_cut(means: Means, act: Act) -> Result:
    """Every process dies; what was not synced is lost or torn."""
    means.crashing.power_cut(act)
    return DONE


def disk_full(means: Means, act: Act) -> Result:
    """ENOSPC."""
    disk = means.stage.disk
    disk.full = True

    def undo() -> None:
        disk.full = False

    return undo


def read_only(means: Means, act: Act) -> Result:
    """EROFS."""
    disk = means.stage.disk
    disk.read_only = True

    def undo() -> None:
        disk.read_only = False

    return undo


def slow_disk(means: Means, act: Act) -> Result:
    """A sync takes up to five seconds."""
    disk = means.stage.disk
    more_ms = 200 + 4_800 * act.size
    disk.slow(more_ms)

    def undo() -> None:
        disk.slow(-more_ms)

    return undo


def sync_fails(means: Means, act: Act) -> Result:
    """EIO at the next sync."""
    means.stage.disk.sync_fails_once = True
    return DONE


def damage(means: Means, act: Act) -> Result:
    """While the engine is down its files change: a page, the tail, an old backup, everything."""
    return DONE if means.crashing.damage(act) else NOTHING_THERE


def clock_step(means: Means, act: Act) -> Result:
    """The wall clock steps by up to five seconds, and back."""
    clock = means.stage.clock
    step_ms = (act.pick - 0.5) * 2 * 5_000 * act.size
    clock.offset_ms += step_ms

    def undo() -> None:
        clock.offset_ms -= step_ms

    return undo


def sleeps(means: Means, act: Act) -> Result:
    """A lid is closed: nothing runs, and the steady clock does not count the time."""
    for role in (ENGINE, WATCHDOG):
        means.stage.processes.pause(role, act.lasts_s)
    means.stage.clock.asleep_s += act.lasts_s
    return DONE


def clock_drift(means: Means, act: Act) -> Result:
    """The wall clock runs up to a hundredth too fast or too slow."""
    clock = means.stage.clock
    clock.drift((act.pick - 0.5) * 2e4 * act.size)
    return lambda: clock.drift(0.0)
