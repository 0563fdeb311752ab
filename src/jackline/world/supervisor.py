"""Starts the processes of ours, restarts what ended as a service manager would, and mends what only a person can."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from jackline.engine.clock import TwoClocks
from jackline.engine.options import EngineOptions, StartRefused
from jackline.engine.process import Permit, Surroundings, run_engine, run_watchdog
from jackline.engine.startup import StreamingVenue
from jackline.store.boot import ENGINE_FILE, WATCHDOG_FILE, quarantine
from jackline.store.disk import LockBusy
from jackline.store.errors import StoreDamaged, StoreError
from jackline.store.lease import LeaseHeld
from jackline.world.disk import SimulatedDisk
from jackline.world.errors import ProcessDead
from jackline.world.loop import VirtualLoop
from jackline.world.network import Network
from jackline.world.process import HostClock, Process
from jackline.world.process_net import ProcessNet
from jackline.world.trace import Trace
from jackline.world.watching import ProcessEvent

RESTART_S = 1.0
"""Restart=always, RestartSec=1."""
MEND_S = 3.0
"""A person reads the error text and does what it says. Quick for a person; the world is short."""

ENGINE, WATCHDOG = "engine", "watchdog"

OpenVenue = Callable[[TwoClocks, Permit, ProcessNet], Awaitable[StreamingVenue]]
"""Connects a process to the venue of its world."""


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Every life of every process of ours, on one host with one clock and one disk.

    Attributes:
        wanted: roles that are restarted when they end or are killed.
        before_mend: the last moment to read a store that is about to be set aside.
        bugs: how a process ended that neither the venue, the disk nor a person explains.
    """

    loop: VirtualLoop
    network: Network
    disk: SimulatedDisk
    clock: HostClock
    trace: Trace
    options: EngineOptions
    open_venue: OpenVenue
    seed: int
    tell: Callable[[str, ProcessEvent, float], None]
    on_kill: Callable[[Process], None] = lambda _: None
    before_mend: Callable[[], None] = lambda: None
    wanted: set[str] = field(default_factory=set)
    living: dict[str, Process] = field(default_factory=dict)
    every: list[Process] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)
    refused_second: int = 0
    kills: int = 0

    def start(self, role: str) -> Process:
        """Start a life of a role: "engine", "watchdog"."""
        number = len(self.every) + 1
        name = f"{role}-{number}"
        process = Process(
            loop=self.loop, clock=self.clock, name=name, number=number, rng=Random(f"{self.seed}/{name}")
        )
        self.every.append(process)
        if role not in self.living:
            self.living[role] = process
        around = Surroundings(
            world=process,
            disk=self.disk.process(process),
            open_venue=lambda clock, permit: self.open_venue(
                clock, permit, ProcessNet(self.network, process)
            ),
        )
        program = run_engine if role == ENGINE else run_watchdog
        self._note(process, ProcessEvent.STARTED)
        process.run(lambda: program(self.options, around, process.stop), partial(self._ended, role))
        return process

    def want(self, role: str) -> None:
        """Keep this role running."""
        self.wanted.add(role)
        if role not in self.living:
            self.start(role)

    def kill(self, role: str, *, down_s: float) -> None:
        """SIGKILL the living process of a role; it is back after `down_s`, if it is wanted then."""
        process = self.living.get(role)
        if process is not None:
            self.kill_process(process, down_s=down_s)

    def kill_process(self, process: Process, *, down_s: float) -> None:
        """The same for any process."""
        if not process.alive or process.finished:
            return
        self.kills += 1
        self.on_kill(process)
        process.kill()
        self._note(process, ProcessEvent.KILLED)
        self._gone(process, down_s)

    def pause(self, role: str, lasts_s: float) -> None:
        """SIGSTOP, and SIGCONT after a while."""
        process = self.living.get(role)
        if process is None or process.paused:
            return
        process.pause()
        self._note(process, ProcessEvent.PAUSED)

        def wake() -> None:
            if process.alive and process.paused:
                process.wake()
                self._note(process, ProcessEvent.WOKEN)

        self.network.later(lasts_s, wake)

    def wake_all(self) -> None:
        """Nobody stays stopped."""
        for process in self.living.values():
            if process.paused:
                process.wake()
                self._note(process, ProcessEvent.WOKEN)

    def bury_all(self) -> None:
        """The world is over."""
        for process in self.every:
            process.kill()
        for process in self.every:
            process.bury()

    # -- endings ---------------------------------------------------------------------------------------------

    def _ended(self, role: str, process: Process) -> None:
        """A program ended by itself: in order, refused, or with a bug."""
        error = process.error
        self._note(process, ProcessEvent.ENDED, "" if error is None else f"{type(error).__name__}: {error}")
        process.kill()
        cause = _first(error)
        down_s = RESTART_S
        match cause:
            case None | StartRefused() | ProcessDead():
                pass
            case LeaseHeld() | LockBusy():
                self.refused_second += 1
            case StoreDamaged():
                self.network.later(MEND_S, partial(self._mend, role))
                down_s = MEND_S + RESTART_S
            case StoreError() | OSError():
                pass
            case _:
                self.bugs.append(f"{process.name}: {type(cause).__name__}: {cause}")
        self._gone(process, down_s)

    def _mend(self, role: str) -> None:
        """What the error text of a damaged store tells a person to do: set it aside, whole. Not one that is in use."""
        if role in self.living:
            return
        person = Process(
            loop=self.loop, clock=self.clock, name="person-0", number=0, rng=Random(f"{self.seed}/person")
        )
        file = ENGINE_FILE if role == ENGINE else WATCHDOG_FILE
        self.before_mend()
        try:
            quarantine(self.disk.process(person), self.options.state_dir / file, wire_ms=self.clock.wire_ms())
            self.trace.note(self.network.now_ms(), "operator", f"quarantined {file}")
        except (StoreError, OSError) as error:
            self.trace.note(self.network.now_ms(), "operator", f"could not quarantine {file}: {error}")
        finally:
            person.kill()

    def _gone(self, process: Process, down_s: float) -> None:
        role = process.name.partition("-")[0]
        if self.living.get(role) is not process:
            return
        del self.living[role]

        def again() -> None:
            if role in self.wanted and role not in self.living:
                self.start(role)

        self.network.later(down_s, again)

    def _note(self, process: Process, event: ProcessEvent, why: str = "") -> None:
        at_ms = self.network.now_ms()
        self.trace.note(at_ms, process.name, f"{event} {why}".rstrip())
        self.tell(process.name, event, at_ms)


def _first(error: BaseException | None) -> BaseException | None:
    """What really happened inside a group of exceptions."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


STATE_DIR = Path("/state")
"""A path of the simulated disk."""
