"""Carries acts out: notes every harm, tells the judges, and undoes what lasts when its time is over."""

from __future__ import annotations

import math
from collections.abc import Callable

from jackline.exchange.errors import VenueError
from jackline.world.acts import Act
from jackline.world.deeds.means import NOTHING_THERE, Means, Outcome
from jackline.world.deeds.table import DEEDS


class Hands:
    """Remembers what lasts."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lasting: list[Callable[[], None]] = []

    def do(self, act: Act) -> None:
        """Do it now. What finds nothing to strike, or is refused by the venue, does no harm and is noted so."""
        stage = self._means.stage
        try:
            result = DEEDS[act.kind](self._means, act)
        except VenueError as refusal:
            stage.trace.note(stage.now_ms(), "world", f"{act.kind}: the venue refuses {refusal.code}")
            return
        if result is NOTHING_THERE:
            stage.trace.note(stage.now_ms(), "world", f"{act.kind}: nothing there")
            return
        stage.trace.fault(stage.now_ms(), act.kind)
        stage.tell_act(act.kind.value)
        stage.look()
        if not isinstance(result, Outcome):
            self._until(act, result)

    def end(self) -> None:
        """Everything that lasts ends now."""
        lasting, self._lasting = self._lasting, []
        for end in lasting:
            end()

    def _until(self, act: Act, undo: Callable[[], None]) -> None:
        stage, over = self._means.stage, False

        def end() -> None:
            nonlocal over
            if not over:
                over = True
                stage.trace.note(stage.now_ms(), "world", f"{act.kind} ends")
                undo()

        self._lasting.append(end)
        if math.isfinite(act.lasts_s):
            stage.network.later(act.lasts_s, end)
