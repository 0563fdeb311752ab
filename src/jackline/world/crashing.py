"""How and when processes die: at a request, at a step, with the power, or by their own cancelled tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from jackline.store.boot import ENGINE_FILE
from jackline.store.db import beside
from jackline.world.acts import Act, Kind
from jackline.world.crash_points import CrashPoint, suspended_at
from jackline.world.disk import Backup
from jackline.world.network import Network
from jackline.world.process import Process
from jackline.world.supervisor import ENGINE, WATCHDOG, Supervisor
from jackline.world.trace import Trace
from jackline.world.watching import Arrival, Departure
from jackline.world.wires import is_entry

AIMED_DOWN_S = 0.5
"""How long a process is gone that died where it was aimed at: there are many more places to die at."""


class Moment(StrEnum):
    """Where in a request's life its sender dies."""

    BEFORE = "before it leaves"
    SENT = "when it has left"
    EXECUTED = "when it is executed and not yet answered"


@dataclass(slots=True, kw_only=True)
class _Armed:
    """The next mutation of the engine kills it."""

    moment: Moment
    down_s: float
    entry_only: bool


@dataclass(slots=True, kw_only=True)
class Crashing:
    """Deaths that wait for their moment.

    Attributes:
        hit: every await a process was suspended at when it died.
        aims: awaits at which the first process that stands there dies; each kills once.
        before_damage: the last moment to read what is about to be changed.
    """

    processes: Supervisor
    network: Network
    trace: Trace
    hit: set[CrashPoint] = field(default_factory=set)
    aims: set[CrashPoint] = field(default_factory=set)
    crashes: int = 0
    before_damage: Callable[[], None] = lambda: None
    backup: Backup = field(default_factory=dict)
    _armed: _Armed | None = None
    _executed: dict[int, tuple[Process, float]] = field(default_factory=dict)
    _step_down_s: float = 1.0

    def watch(self) -> None:
        """Take the seams over."""
        self.network.fatal = self._fatal
        self.processes.loop.after_step = self._after_step
        self.processes.on_kill = self._note_kill

    def at_request(self, act: Act) -> None:
        """Kill the engine at its next mutation."""
        moments = list(Moment)
        self._armed = _Armed(
            moment=moments[int(act.pick * len(moments))],
            down_s=0.2 + act.lasts_s / 4,
            entry_only=act.size > 0.5,
        )

    def at_step(self, act: Act) -> None:
        """Kill the engine after so many steps from now."""
        process = self.processes.living.get(ENGINE)
        if process is not None:
            process.kill_at_step = process.steps + 1 + int(400 * act.size)
            self._step_down_s = 0.2 + act.lasts_s / 4

    def cancel(self, act: Act) -> bool:
        """Cancel all its tasks: clean-up code runs, with network and disk still there; then it is gone."""
        process = self.processes.living.get(ENGINE)
        if process is None or process.paused:
            return False
        process.cancel()
        self.network.later(1.0, lambda: self.processes.kill_process(process, down_s=0.5))
        return True

    def power_cut(self, act: Act) -> None:
        """Every process of the host dies, and what the disk had not synced is lost or torn."""
        self.processes.kill(ENGINE, down_s=0.5 + act.lasts_s / 3)
        self.processes.kill(WATCHDOG, down_s=0.5 + act.lasts_s / 3)
        for process in self.processes.every:
            self.processes.kill_process(process, down_s=1.0)
        self.processes.disk.power_cut()

    def damage(self, act: Act) -> bool:
        """While nothing runs, somebody or something changes the engine's files."""
        self.processes.kill(ENGINE, down_s=0.5 + act.lasts_s / 4)
        for process in self.processes.every:
            if process.name.startswith(ENGINE):  # a second one may own the lease
                self.processes.kill_process(process, down_s=0.5 + act.lasts_s / 4)
        directory = self.processes.options.state_dir
        disk = self.processes.disk
        self.before_damage()
        try:
            match act.kind:
                case Kind.PAGE_CORRUPTED:
                    disk.corrupt_page(directory / ENGINE_FILE)
                case Kind.TAIL_CUT:
                    name = ENGINE_FILE if act.pick < 0.5 else ENGINE_FILE + "-wal"
                    disk.truncate(directory / name, kept_fraction=act.size)
                case Kind.OLD_BACKUP:
                    disk.restore_backup(self.backup)
                case _:
                    disk.wipe()
        except FileNotFoundError:
            return False
        return True

    def take_backup(self) -> None:
        """Copy the engine's store, as somebody's nightly job would."""
        path = self.processes.options.state_dir / ENGINE_FILE
        self.backup = self.processes.disk.take_backup(beside(path))

    # -- moments ---------------------------------------------------------------------------------------------

    def _fatal(self, process: Process, departure: Departure, /, *, sent: bool) -> bool:
        armed = self._armed
        if armed is None or departure.method == "GET" or not process.name.startswith(ENGINE):
            return False
        if armed.entry_only and not is_entry(departure):
            return False
        if armed.moment is Moment.EXECUTED:
            if sent:
                self._executed[departure.number] = (process, armed.down_s)
                self._armed = None
            return False
        if sent is not (armed.moment is Moment.SENT):
            return False
        self._armed = None
        # Between two steps is where a process dies: the request, sent or not, is all that this one still does.
        self.network.later(0.0, lambda: self.processes.kill_process(process, down_s=armed.down_s))
        return True

    def on_arrival(self, arrival: Arrival) -> None:
        """A request whose sender dies once it is executed."""
        doomed = self._executed.pop(arrival.departure.number, None)
        if doomed is not None:
            self.processes.kill_process(doomed[0], down_s=doomed[1])

    def _after_step(self, process: Process) -> None:
        if process.kill_at_step is not None and process.steps >= process.kill_at_step:
            self.processes.kill_process(process, down_s=self._step_down_s)
        elif self.aims:
            task = process.stepped  # only it can have come to another place
            if task is not None and not self.aims.isdisjoint(suspended_at(task)):
                self.processes.kill_process(process, down_s=AIMED_DOWN_S)

    def _note_kill(self, process: Process) -> None:
        self.crashes += 1
        for task in process.live_tasks():
            self.hit.update(suspended_at(task))
        self.aims -= self.hit
