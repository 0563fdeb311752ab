"""A simulated process: code of ours with its own clock, disk and network, that can be killed between two steps.

A kill is what SIGKILL does: the process is never stepped again, no `finally` runs, what it had sent is on its way and
what it had not synced is lost. Its tasks are kept until the world ends, because giving memory back would run their
clean-up code.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any

from jackline.core.values import WireMs
from jackline.world.errors import ProcessDead
from jackline.world.loop import OWNER, SimTask, VirtualLoop

FIRST_PID = 1_000


class HostClock:
    """The wall clock of a simulated host: virtual time, and everything that can be wrong with a clock.

    Attributes:
        offset_ms: how far it is ahead of the truth, beside what it has drifted.
        asleep_s: how long the host has slept: its steady clock is behind by so much.
    """

    def __init__(self, loop: VirtualLoop, *, epoch_ms: int) -> None:
        self._loop, self._epoch_ms = loop, epoch_ms
        self._drifted_ms, self._since_s, self._ppm = 0.0, 0.0, 0.0
        self.offset_ms = 0.0
        self.asleep_s = 0.0

    def wire_ms(self) -> WireMs:
        """What the host believes."""
        now_s = self._loop.time()
        return WireMs(int(self._epoch_ms + now_s * 1_000 + self.offset_ms + self._drift_ms(now_s)))

    def drift(self, ppm: float) -> None:
        """From now on it runs so many millionths too fast."""
        now_s = self._loop.time()
        self._drifted_ms, self._since_s, self._ppm = self._drift_ms(now_s), now_s, ppm

    def set_right(self) -> None:
        """Step to the truth, as a time service does."""
        self._drifted_ms, self._ppm, self.offset_ms = 0.0, 0.0, 0.0

    def _drift_ms(self, now_s: float) -> float:
        return self._drifted_ms + (now_s - self._since_s) * self._ppm / 1_000


class Process:
    """One life of one program. `World` for the code inside it.

    Attributes:
        name: role and life, "engine-2".
        finished: the main task ended by itself; `error`: how, None for an orderly end.
        started_s: virtual time of the start.
    """

    def __init__(self, *, loop: VirtualLoop, clock: HostClock, name: str, number: int, rng: Random) -> None:
        self._loop, self._clock, self._rng = loop, clock, rng
        self._number = number
        self._tasks: list[SimTask] = []
        self._parked: deque[events.Handle] = deque()
        self._paused = False
        self.name = name
        self.alive = True
        self.steps = 0
        self._step: events.Handle | None = None
        self.kill_at_step: int | None = None
        self.started_s = loop.time()
        self.error: BaseException | None = None
        self.finished = False
        self.stop: asyncio.Event = asyncio.Event()
        self._dying_wishes: list[Callable[[], None]] = []
        self._main: SimTask | None = None

    # -- `World` ---------------------------------------------------------------------------------------------

    def wire_ms(self) -> WireMs:
        """The host's wall clock."""
        self.check()
        return self._clock.wire_ms()

    def monotonic_s(self) -> float:
        """Steady: it neither steps nor drifts by more than it matters here, and stands still while the host sleeps."""
        self.check()
        return self._loop.time() - self._clock.asleep_s

    def pid(self) -> int:
        """A number no other process of this world has."""
        return FIRST_PID + self._number

    def host(self) -> str:
        """Always the same machine."""
        return "simulated"

    def random(self) -> float:
        """From a stream of this process alone."""
        self.check()
        return self._rng.random()

    # -- life and death --------------------------------------------------------------------------------------

    def run(self, main: Callable[[], Coroutine[Any, Any, None]], on_end: Callable[[Process], None]) -> None:
        """Start the program."""

        def finish(task: asyncio.Task[None]) -> None:
            self.finished = True
            if not task.cancelled():
                self.error = task.exception()
            if self.alive:
                on_end(self)

        def begin() -> None:
            OWNER.set(self)
            task = self._loop.create_task(main(), name=self.name)
            task.add_done_callback(finish, context=contextvars.Context())

        contextvars.Context().run(begin)

    def kill(self) -> None:
        """SIGKILL."""
        if not self.alive:
            return
        self.alive = False
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined] # the loop's own, not in typeshed
        for wish in self._dying_wishes:
            wish()

    def cancel(self) -> None:
        """Cancel every task, so that clean-up code runs while the process still has its disk and network."""
        for task in self.live_tasks():
            task.cancel()

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        self.stop.set()

    def pause(self) -> None:
        """SIGSTOP."""
        self._paused = True

    def wake(self) -> None:
        """SIGCONT: everything that became ready meanwhile runs now, with whatever it knew before."""
        self._paused = False
        self._loop._ready.extend(self._parked)
        self._parked.clear()

    @property
    def paused(self) -> bool:
        """Whether SIGSTOP holds it."""
        return self._paused

    def check(self) -> None:
        """Called by every seam. Raises ProcessDead."""
        if not self.alive:
            raise ProcessDead(self.name)

    def at_death(self, wish: Callable[[], None]) -> None:
        """What the operating system does when the process is gone: locks and connections end."""
        self._dying_wishes.append(wish)

    def takes(self, handle: events.Handle) -> bool:
        """Whether a callback of this process may run now; a paused one keeps it for later."""
        if not self.alive:
            return False
        if self._paused:
            self._parked.append(handle)
            return False
        self.steps += 1
        self._step = handle
        return True

    @property
    def stepped(self) -> SimTask | None:
        """The task that ran in the last step; None where it was another callback, or where that task has ended."""
        task = getattr(self._step and self._step._callback, "__self__", None)  # type: ignore[attr-defined] # not in typeshed
        return task if isinstance(task, SimTask) and not task.done() else None

    def own(self, task: SimTask) -> None:
        """A task was made by this process."""
        self._tasks.append(task)
        if len(self._tasks) > 512:
            self._tasks = [kept for kept in self._tasks if not kept.done()]

    def live_tasks(self) -> list[SimTask]:
        """Tasks that have not ended, in the order they were made."""
        return [task for task in self._tasks if not task.done()]

    def bury(self) -> None:
        """Give the memory of a dead process back: its clean-up code runs now, and every seam refuses it."""
        for task in self.live_tasks():
            task._log_destroy_pending = False  # type: ignore[attr-defined] # the loop's own, not in typeshed
            coroutine: Any = task.get_coro()
            with suppress(BaseException):
                coroutine.close()
        self._tasks.clear()
        self._parked.clear()
