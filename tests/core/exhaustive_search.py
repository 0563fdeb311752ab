"""Depth first through every move of every world, equal worlds merged, and the figures of what was seen."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass

from jackline.core.plan import Rung
from tests.core.exhaustive_judge import Breach
from tests.core.exhaustive_world import Budget, Key, Move, World, first_world

ON_THE_PATH = -1
PATH_MAX = 1_000
"""Moves from the first world; a trade of these worlds ends within 200."""


@dataclass(slots=True, kw_only=True)
class Figures:
    """What a complete search saw.

    Attributes:
        worlds: different worlds, the first and the last ones included.
        moves: moves from one to another; all but `worlds` − 1 of them led to a world that was known.
        crash_points: worlds in which the process was killed, in every way.
        endings: different worlds in which everything is over.
        orders: different ways from the first world to an ending: the schedules that this search stands for.
        flying_max: most messages on their way at once.
        naked_ms_max: longest time an uncovered position was seen while a process was up.
    """

    worlds: int = 0
    moves: int = 0
    crash_points: int = 0
    endings: int = 0
    orders: int = 0
    flying_max: int = 0
    naked_ms_max: int = 0

    @property
    def merged(self) -> int:
        return self.moves - (self.worlds - 1)


@dataclass(slots=True)
class Visit:
    """A world on the path being searched, and how many ways to an ending were found below it."""

    key: Key
    moves: Iterator[tuple[Move, World]]
    orders: int = 0
    move: Move = ("begin", None)


def explore(rung: Rung, budget: Budget) -> Figures:
    """Search one rung completely.

    Raises:
        Breach: with the moves that led to it.
    """
    search = Search()
    # Nothing of a search is garbage before its end: looking for it again and again costs a third of the time.
    gc.disable()
    try:
        search.run(first_world(rung, budget))
    finally:
        gc.enable()
    return search.figures


class Search:
    """The search's memory: the ways below each world that is done."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.ways: dict[Key, int] = {}
        self.path: list[Visit] = []

    def run(self, first: World) -> None:
        self.enter(first, first.key())
        try:
            while self.path:
                self.advance()
        except AssertionError as breach:
            breach.add_note("\n".join(_told(visit.move) for visit in self.path))
            raise

    def advance(self) -> None:
        """Take one more move from the last world of the path, or leave it when it has none."""
        last = self.path[-1]
        found = next(last.moves, None)
        if found is None:
            self.leave(last)
            return
        last.move, world = found
        self.figures.moves += 1
        key = world.key()
        ways = self.ways.get(key)
        if ways is None:
            self.enter(world, key)
        elif ways == ON_THE_PATH:
            raise Breach("L1", "this world comes round and round")
        else:
            last.orders += ways

    def enter(self, world: World, key: Key) -> None:
        figures = self.figures
        if len(self.path) > PATH_MAX:
            raise Breach("L1", "no end is in sight")
        figures.worlds += 1
        figures.flying_max = max(figures.flying_max, len(world.flying))
        figures.naked_ms_max = max(figures.naked_ms_max, world.naked_ms)
        if world.is_over:
            figures.endings += 1
            self.ways[key] = 1
            self.path[-1].orders += 1
            return
        figures.crash_points += world.budget.crashes > 0
        self.ways[key] = ON_THE_PATH
        self.path.append(Visit(key, world.moves()))

    def leave(self, visit: Visit) -> None:
        self.ways[visit.key] = visit.orders
        self.path.pop()
        if self.path:
            self.path[-1].orders += visit.orders
        else:
            self.figures.orders = visit.orders


def _told(move: Move) -> str:
    verb, message = move
    return verb if message is None else f"{verb} {message.way} {message.load}"
