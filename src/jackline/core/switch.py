"""The kill switch: its level rises at once and falls only by a durable, reasoned reset (K1, K3, K4)."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.effects import Level, SaveKill
from jackline.core.events import KillAsked, Receipt, ResetAsked
from jackline.core.state import KillLevel
from jackline.core.turn import Turn


def on_kill(turn: Turn, event: KillAsked) -> None:
    """An operator raises the level. In force before it is durable: it can only reduce."""
    raise_level(turn, event.level, actor=event.actor, reason=event.reason, receipt=event.receipt)


def raise_level(
    turn: Turn, level: KillLevel, *, actor: str, reason: str, receipt: Receipt | None = None
) -> None:
    """Raise the level; a lower one changes nothing. It is written and answered either way.

    A reset that is still on its way to the disk is overruled: the later word is the careful one.
    """
    before = turn.state.kill_level
    after = max(before, level, key=lambda one: one.rank)
    turn.state = replace(turn.state, kill_level=after, reset_pending=False)
    turn.effects.append(
        SaveKill(before=before, level=after, actor=actor, reason=reason, receipt=receipt, awaited=False)
    )
    if after is not before:
        turn.alert(Level.CRITICAL, "K3", f"kill level {before} → {after} by {actor}: {reason}")


def on_reset(turn: Turn, event: ResetAsked) -> None:
    """An operator resets the switch: written first, in force only once it is durable (`on_reset_durable`)."""
    turn.state = replace(turn.state, reset_pending=True)
    turn.effects.append(
        SaveKill(
            before=turn.state.kill_level,
            level=KillLevel.NORMAL,
            actor=event.actor,
            reason=event.reason,
            receipt=event.receipt,
            awaited=True,
        )
    )


def on_reset_durable(turn: Turn) -> None:
    """The reset is on disk. It holds unless the level was raised meanwhile."""
    if not turn.state.reset_pending:
        return
    before = turn.state.kill_level
    turn.state = replace(turn.state, kill_level=KillLevel.NORMAL, reset_pending=False)
    turn.alert(Level.WARNING, "K4", f"kill level {before} → {KillLevel.NORMAL}: reset")
