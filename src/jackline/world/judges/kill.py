"""K1, K3, K4: the kill switch, from its durable acknowledgement to its reset."""

from __future__ import annotations

from typing import Final

from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import FLATTEN_MS
from jackline.world.judges.journal import RunEnd
from jackline.world.judges.lives import ENGINE
from jackline.world.judges.scene import Scene
from jackline.world.watching import Departure

LEVELS: Final = ("normal", "no_new_risk", "flatten", "locked")
KILL: Final = "kill:"
RESET: Final = "reset"
_FLATTEN: Final = LEVELS.index("flatten")


def is_reset(kind: str) -> bool:
    """The command lets entries go again."""
    return kind in {RESET, KILL + LEVELS[0]}


class KillJudge(Judge):
    """A kill binds from the moment the operator saw it acknowledged; a reset frees from the moment it was given."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.rank = 0
        self._acknowledged_ms = 0.0
        self._epoch = scene.journal.view.epoch
        self._given_ms: dict[str, float] = {}
        self._resets = 0
        self._reset_ms = -1.0
        self._open = False
        self._open_able_ms = 0.0

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """Raise at an acknowledged kill; let go at a reset."""
        if is_reset(kind):
            if not acknowledged:
                self._resets += 1
            self.rank, self._reset_ms, self._open_able_ms = 0, at_ms, 0.0
        elif kind.startswith(KILL) and not acknowledged:
            self._given_ms[kind] = at_ms
        elif kind.startswith(KILL) and self._given_ms.get(kind, at_ms) > self._reset_ms:
            # Commands are taken in turn: one given before the last reset was undone by it.
            self.rank = max(self.rank, LEVELS.index(kind.removeprefix(KILL)))
            self._acknowledged_ms = at_ms
            # What is durable is bound to its disk: one that was lost or put back from a copy binds nobody.
            self._epoch = self.scene.journal.view.epoch

    def on_departure(self, departure: Departure) -> None:
        """No entry leaves under a kill, neither from the process that acknowledged it nor from a later one."""
        if self.rank == 0:
            return
        request = self.scene.request(departure)
        if request.is_entry and self.scene.journal.view.epoch == self._epoch:
            later = self.scene.lives.started_ms(departure.process) >= self._acknowledged_ms
            text = f"{departure.process} enters {request.client_id} under {LEVELS[self.rank]}"
            self.breach("K1" if later else "K3", departure.at_ms, text)

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Under flatten or locked a position stays open for a bounded able time."""
        if self.rank < _FLATTEN or not self._open:
            return
        before_ms = self._open_able_ms
        self._open_able_ms += self.scene.lives.able_ms(from_ms, to_ms, ENGINE)
        if before_ms <= FLATTEN_MS < self._open_able_ms:
            self.breach("K3", to_ms, f"a position is open {FLATTEN_MS} able ms under {LEVELS[self.rank]}")

    def on_venue(self, at_ms: float) -> None:
        """Is anything open?"""
        if self.rank < _FLATTEN:
            return
        self._open = bool(self.scene.open_positions())
        if not self._open:
            self._open_able_ms = 0.0

    def finish(self, end: RunEnd) -> None:
        """K4: in the journal the level falls only with a reset and its written reason."""
        rank = falls = 0
        for row in self.scene.journal.kills:
            after = LEVELS.index(row.level) if row.level in LEVELS else rank
            if after < rank:
                falls += 1
                if not row.reason.strip():
                    self.breach("K4", end.at_ms, f"kill level fell to {row.level} without a written reason")
            rank = after
        if falls > self._resets:
            self.breach("K4", end.at_ms, f"kill level fell {falls} times; {self._resets} resets were given")
