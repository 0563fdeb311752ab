"""Worker processes that run seeds, and their results in the order of the seeds."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from jackline.world.campaign import Run, failed_run, run, run_of
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES

CHUNK = 4
"""Seeds a task: two seconds of work, so that an interrupt is quick and the pool has little to say."""
AHEAD = 3
"""Tasks a worker that are waiting or done beyond the one that is due: a slow seed does not stop the others."""
LOOK_S = 0.25
"""How often the waiter looks up from waiting."""

T = TypeVar("T")
R = TypeVar("R")


def run_seeds(profile: str, seeds: tuple[int, ...]) -> list[Run]:
    """A worker's task. A seed that breaks the simulator is a finding, and its number must not be lost."""
    done: list[Run] = []
    for seed in seeds:
        began_s = time.process_time()
        try:
            verdict = run(draw(seed, PROFILES[profile]))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported with the seed that raised it
            detail = f"{type(error).__name__}: {error}"
            done.append(failed_run(seed, detail, cpu_s=time.process_time() - began_s))
        else:
            done.append(run_of(verdict, cpu_s=time.process_time() - began_s))
    gc.collect()  # worlds are full of cycles and run without it: a thousand of them would be gigabytes
    return done


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Fresh interpreters: nothing of this process can change what a seed does. Interrupts are the parent's."""
    pool = ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_interrupts_to_the_parent
    )
    try:
        # A process that is started while interrupts are held holds them too, from before its first line of Python.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        for _ in range(jobs):
            pool.submit(int)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(
    pool: ProcessPoolExecutor,
    task: Callable[[T], R],
    items: Iterable[T],
    *,
    ahead: int,
    on_wait: Callable[[], None],
) -> Iterator[R]:
    """The results of `task` in the order of `items`, of which no more are asked for than are needed."""
    source = iter(items)
    waiting: deque[Future[R]] = deque(pool.submit(task, item) for item in islice(source, ahead))
    while waiting:
        due = waiting.popleft()
        while not wait((due,), timeout=LOOK_S).done:
            on_wait()
        yield due.result()
        waiting.extend(pool.submit(task, item) for item in islice(source, 1))


def chunks(seeds: Iterable[int], size: int = CHUNK) -> Iterator[tuple[int, ...]]:
    """Seeds in tasks."""
    source = iter(seeds)
    while chunk := tuple(islice(source, size)):
        yield chunk


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
