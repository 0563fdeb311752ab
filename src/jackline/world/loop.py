"""An asyncio event loop on virtual time: nothing sleeps, and one seed decides which ready callback runs next.

Every callback belongs to the simulated process in whose context it was scheduled, or to the world itself. The loop
runs one at a time, drops those of a killed process, and holds back those of a paused one.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from asyncio import base_events, events
from collections import deque
from collections.abc import Callable, Coroutine
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any, NoReturn

from jackline.world.errors import Deadlock, Escape, Livelock

if TYPE_CHECKING:
    from jackline.world.process import Process

OWNER: contextvars.ContextVar[Process | None] = contextvars.ContextVar("owner", default=None)
"""The process whose code runs; None is the world."""
COMPACT_AT = 4_096
"""Timers kept before those of dead processes and cancelled ones are thrown out."""


class Order(StrEnum):
    """Who may overtake whom among callbacks that are ready at the same instant."""

    FIFO = "fifo"
    PROCESSES = "processes"
    """Processes run in any order; within one, asyncio's own first-in first-out holds."""
    ANY = "any"


class SimTask(asyncio.Task[Any]):
    """A task whose hash is its number: sets of tasks, as TaskGroup keeps, iterate alike in every run."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(base_events.BaseEventLoop):
    """The loop of one simulated world. `now_s` starts at 0.

    Attributes:
        steps: callbacks run so far.
        troubles: what callbacks raised; in the world's own it is a bug of the simulator.
        after_step: called after each callback of a process, with that process; may kill it.
    """

    # BaseEventLoop's own queues, which typeshed does not show.
    _ready: deque[events.Handle]
    _scheduled: list[events.TimerHandle]
    _timer_cancelled_count: int

    def __init__(self, rng: Random, order: Order, *, steps_max: int) -> None:
        super().__init__()
        self._rng, self._order, self._steps_max = rng, order, steps_max
        self._now_s = 0.0
        self._tasks_made = 0
        self._clock_resolution = 0.0
        self.steps = 0
        self.choices = 0
        self.after_step: Callable[[Process], None] = _nothing
        self.troubles: list[BaseException] = []
        self.set_exception_handler(self._note_trouble)
        self.set_task_factory(self._make_task)  # type: ignore[arg-type] # typeshed wants a generic factory

    # -- time and scheduling ---------------------------------------------------------------------------------

    def time(self) -> float:
        """Virtual seconds since the world began."""
        return self._now_s

    def _run_once(self) -> None:
        """Run one ready callback; where there is none, let time pass to the next timer."""
        self._wake_due()
        while not self._ready:
            if not self._scheduled:
                raise Deadlock(f"nothing is ready and nothing scheduled at {self._now_s:.3f} s")
            self._now_s = max(self._now_s, self._scheduled[0].when())
            self._wake_due()
        handle = self._take()
        if handle._cancelled:
            return
        owner = _owner(handle)
        if owner is not None and not owner.takes(handle):
            return
        self.steps += 1
        if self.steps > self._steps_max:
            raise Livelock(f"{self.steps} steps by {self._now_s:.3f} s")
        handle._run()
        if owner is not None:
            self.after_step(owner)

    def _wake_due(self) -> None:
        scheduled = self._scheduled
        while scheduled and scheduled[0].when() <= self._now_s:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False  # type: ignore[attr-defined] # as the loop of the library does
            if timer._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)
        if len(scheduled) > COMPACT_AT and self._timer_cancelled_count * 2 > len(scheduled):
            self._compact()

    def _compact(self) -> None:
        kept = [timer for timer in self._scheduled if not timer._cancelled]
        heapq.heapify(kept)
        self._scheduled[:] = kept
        self._timer_cancelled_count = 0

    def _take(self) -> events.Handle:
        """The next callback: usually there is only one, and nothing to choose."""
        ready = self._ready
        if len(ready) == 1 or self._order is Order.FIFO:
            return ready.popleft()
        self.choices += 1
        if self._order is Order.ANY:
            index = int(self._rng.random() * len(ready))
        else:
            owners = [_owner(handle) for handle in ready]
            firsts = list({owner: index for index, owner in reversed(list(enumerate(owners)))}.values())
            index = firsts[int(self._rng.random() * len(firsts))]
        handle = ready[index]
        del ready[index]
        return handle

    # -- what BaseEventLoop asks for -------------------------------------------------------------------------

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, Any],
        context: contextvars.Context | None = None,
        **named: Any,
    ) -> SimTask:
        task = SimTask(coro, loop=loop, context=context, **named)
        # asyncio's list of all tasks outlives the world, and numbers begin anew in the next one.
        asyncio.tasks._unregister_task(task)
        self._tasks_made += 1
        task.number = self._tasks_made
        owner = OWNER.get() if context is None else context.get(OWNER)
        if owner is not None:
            owner.own(task)
        return task

    def _note_trouble(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None:
            self.troubles.append(error)

    def _write_to_self(self) -> None:
        """No other thread, nobody to wake."""

    def run_in_executor(self, *_: object) -> NoReturn:
        """Threads do not exist in here."""
        raise Escape("run_in_executor")

    async def getaddrinfo(self, *_: object, **__: object) -> NoReturn:
        """Nor do real networks."""
        raise Escape("getaddrinfo")

    async def create_connection(self, *_: object, **__: object) -> NoReturn:
        """Nor do real networks."""
        raise Escape("create_connection")

    def add_signal_handler(self, *_: object) -> NoReturn:
        """A simulated process is told to stop by its event."""
        raise Escape("add_signal_handler")


def _owner(handle: events.Handle) -> Process | None:
    owner: Process | None = handle._context.get(OWNER)  # type: ignore[attr-defined] # not in typeshed
    return owner


def _nothing(_: Process) -> None:
    return None
