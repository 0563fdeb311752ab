"""Worlds of one disk and a few processes, for the tests of the simulated disk."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any

from jackline.core.values import WireMs
from jackline.store.boot import Store
from jackline.store.writer import JournalWriter
from jackline.world.disk import SimulatedDisk
from jackline.world.errors import ProcessDead
from jackline.world.loop import Order, VirtualLoop
from jackline.world.process import HostClock, Process
from tests.store.making import NOW

STATE = Path("/state")
ENGINE_DB = STATE / "engine.db"
STEPS_MAX = 1_000_000


class Host:
    """A virtual loop, one disk, and processes on it."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = VirtualLoop(Random(f"loop/{seed}"), Order.FIFO, steps_max=STEPS_MAX)
        self.draw = Random(f"test/{seed}")
        self.disk = SimulatedDisk(loop=self.loop, rng=Random(f"disk/{seed}"))
        self.clock = HostClock(self.loop, epoch_ms=NOW)
        self.processes: list[Process] = []

    def process(self, name: str = "engine") -> Process:
        made = Process(
            loop=self.loop, clock=self.clock, name=name, number=len(self.processes), rng=Random(name)
        )
        self.processes.append(made)
        return made

    def start(self, process: Process, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a program; what it raises is raised by `play`."""
        process.run(main, _nothing)

    def play(self, seconds: float) -> None:
        """Let virtual time pass. A program that ended with an error, other than by being killed, fails the test."""
        end = self.loop.create_future()
        timer = self.loop.call_later(seconds, end.set_result, None)
        self.loop.run_until_complete(end)
        timer.cancel()
        for process in self.processes:
            if process.error is not None and not isinstance(process.error, ProcessDead):
                raise process.error

    def close(self) -> None:
        """Give the memory back; clean-up code of what is still alive meets a dead process."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.bury()
        self.loop.close()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Heard:
    """What a writer told its loop."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.mends = 0

    def on_broken(self, detail: str) -> None:
        self.broken.append(detail)

    def on_mended(self) -> None:
        self.mends += 1

    def writer(self, store: Store) -> JournalWriter:
        return store.writer(on_broken=self.on_broken, on_mended=self.on_mended)


def now(host: Host) -> WireMs:
    return host.clock.wire_ms()


def _nothing(_: Process) -> None:
    return None
