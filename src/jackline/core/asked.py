"""What an entry gate is asked about: a signal, the state it meets, and the plan once there is one."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.events import Signalled
from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import ProtectedEntry
from jackline.core.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The same question for every gate. `plan` is None before it is made, and where it cannot be made."""

    turn: Turn
    signal: Signalled
    plan: ProtectedEntry | Denied | None = None


def no(reason: Reason, detail: str) -> Denied:
    """A denial; the table adds the gate's name."""
    return Denied(reason=reason, detail=detail)
