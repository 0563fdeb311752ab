"""K3 while no engine acts: what was acknowledged to an operator is closed by the watchdog in a bounded time."""

from __future__ import annotations

from typing import Final

from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import ADOPT_MS, FLATTEN_MS
from jackline.world.judges.kill import KILL, LEVELS, is_reset
from jackline.world.judges.lives import ENGINE, WATCHDOG
from jackline.world.judges.scene import PositionKey, Scene

TAKEN: Final = "watchdog:"
"""Before the name of a command whose answer is the watchdog's."""
CLOSE_ALL: Final = "close_all"
_CLOSING: Final = frozenset(KILL + level for level in LEVELS[LEVELS.index("flatten") :])


class StandInJudge(Judge):
    """Counts the time in which a position is open, the watchdog is able to close it and no engine is.

    A kill stands until a reset was given, whoever has acknowledged it; a close of everything that the watchdog took,
    until flat was seen or an engine has answered; one that an engine has answered, until each position that was open
    and known to it then is gone.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._standing: set[str] = set()
        self._accepted: set[str] = set()
        self._since_ms: dict[tuple[PositionKey, int], float] = {}
        self._owed: set[tuple[PositionKey, int]] = set()
        self._epoch = scene.journal.view.epoch
        self._given_ms: dict[str, float] = {}
        self._reset_ms = -1.0
        self._open_able_ms = 0.0

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """Taken by the watchdog; or taken from it by an engine, or by a reset."""
        taken = kind.removeprefix(TAKEN)
        if taken != kind and taken in {CLOSE_ALL, *_CLOSING}:
            self._standing.add(taken)
        elif is_reset(kind):
            self._standing.clear()
            self._accepted.clear()
            if not acknowledged:
                self._reset_ms = at_ms
        elif acknowledged:
            # An engine answers in turn: what was given before is its own now, and its record's.
            self._standing.clear()
            if kind in _CLOSING and self._given_ms.get(kind, at_ms) > self._reset_ms:
                self._accepted.add(kind)
                self._epoch = self.scene.journal.view.epoch
            elif kind == CLOSE_ALL:
                self._owed = {key for key, since_ms in self._since_ms.items() if at_ms - since_ms >= ADOPT_MS}
                self._epoch = self.scene.journal.view.epoch
        else:
            self._given_ms[kind] = at_ms

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Nobody but the watchdog could have closed it in this time."""
        if self.scene.journal.view.epoch != self._epoch:
            self._accepted.clear()  # it stood in a record that was lost, or put back from a copy
            self._owed.clear()
        bound = self._standing | self._accepted if self._since_ms else set()
        if self._owed:
            bound = bound | {CLOSE_ALL}
        if not bound:
            return
        lives, before_ms = self.scene.lives, self._open_able_ms
        alone_ms = lives.able_ms(from_ms, to_ms, WATCHDOG) - lives.able_ms(from_ms, to_ms, ENGINE)
        self._open_able_ms += max(0.0, alone_ms)
        if before_ms <= FLATTEN_MS < self._open_able_ms:
            text = (
                f"a position is open {FLATTEN_MS} able ms after {sorted(bound)}, and only the watchdog lives"
            )
            self.breach("K3", to_ms, text)

    def on_venue(self, at_ms: float) -> None:
        """Is anything open?"""
        found = {
            ((one.symbol, one.side), 1 if one.amount > 0 else -1): at_ms
            for one in self.scene.open_positions()
        }
        self._since_ms = {key: self._since_ms.get(key, now_ms) for key, now_ms in found.items()}
        self._owed &= found.keys()
        if not found:
            self._open_able_ms = 0.0
            self._standing.discard(CLOSE_ALL)
