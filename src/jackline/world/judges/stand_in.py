"""K3 while no engine acts: what an operator saw the watchdog take is closed by it in a bounded time."""

from __future__ import annotations

from typing import Final

from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import FLATTEN_MS
from jackline.world.judges.kill import KILL, LEVELS, is_reset
from jackline.world.judges.lives import ENGINE, WATCHDOG
from jackline.world.judges.scene import Scene

TAKEN: Final = "watchdog:"
"""Before the name of a command whose answer is the watchdog's."""
CLOSE_ALL: Final = "close_all"
_CLOSING: Final = frozenset(KILL + level for level in LEVELS[LEVELS.index("flatten") :])


class StandInJudge(Judge):
    """Counts the time in which a position is open, the watchdog is able to close it and no engine is.

    A kill stands until an engine has answered or a reset was given; a close of everything until flat was seen.
    """

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._standing: set[str] = set()
        self._open = False
        self._open_able_ms = 0.0

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """Taken by the watchdog; or taken from it by an engine, or by a reset."""
        taken = kind.removeprefix(TAKEN)
        if taken != kind and taken in {CLOSE_ALL, *_CLOSING}:
            self._standing.add(taken)
        elif is_reset(kind) or acknowledged:
            # An engine answers in turn: what was given before is its own now.
            self._standing.clear()

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Nobody but the watchdog could have closed it in this time."""
        if not (self._standing and self._open):
            return
        lives, before_ms = self.scene.lives, self._open_able_ms
        alone_ms = lives.able_ms(from_ms, to_ms, WATCHDOG) - lives.able_ms(from_ms, to_ms, ENGINE)
        self._open_able_ms += max(0.0, alone_ms)
        if before_ms <= FLATTEN_MS < self._open_able_ms:
            text = f"a position is open {FLATTEN_MS} able ms after the watchdog took {sorted(self._standing)}"
            self.breach("K3", to_ms, text)

    def on_venue(self, at_ms: float) -> None:
        """Is anything open?"""
        self._open = bool(self.scene.open_positions())
        if not self._open:
            self._open_able_ms = 0.0
            self._standing.discard(CLOSE_ALL)
