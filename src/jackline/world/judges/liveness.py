"""L1: when faults end, everything settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from jackline.exchange.cover import coverage
from jackline.world.judges.breach import Judge
from jackline.world.judges.deadlines import CONVERGE_MS
from jackline.world.judges.journal import RunEnd, TradeRow
from jackline.world.judges.scene import Scene

SETTLED_PHASES: Final = ("protected", "done")


def unsettled(scene: Scene, *, trades: Sequence[TradeRow], inboxes: Mapping[str, int]) -> list[str]:
    """What is still under way; empty when the world may stop. `trades`: the engine's table on the disk."""
    found: list[str] = []
    for position in scene.open_positions():
        mark = scene.venue.state.markets[position.symbol].mark
        covered = coverage(scene.account, position, mark)
        if covered < abs(position.amount):
            found.append(f"{position.symbol} {position.side}: {covered} of {abs(position.amount)} is covered")
    found += [
        f"trade {trade.trade_id} is {trade.phase}" for trade in trades if trade.phase not in SETTLED_PHASES
    ]
    found += [f"{process} has {count} events in its inbox" for process, count in inboxes.items() if count]
    return found


class LivenessJudge(Judge):
    """Judges the end of a healed run."""

    def finish(self, end: RunEnd) -> None:
        """Everything is protected or flat, resolved and handled."""
        if not end.healed:
            return
        for what in unsettled(self.scene, trades=end.trades, inboxes=end.inboxes):
            self.breach(
                "L1", end.at_ms, f"{what} {end.calm_ms:.0f} ms after the last fault (of {CONVERGE_MS})"
            )
