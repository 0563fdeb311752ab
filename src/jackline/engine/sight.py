"""What a watchdog sees of its account, for whoever asks it how it stands: a dead-man ping."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.values import WireMs

BLIND_MS = 60_000
"""The longest pause between two looks of a calm watchdog, with 250 symbols open, is 51 s; usually it is 2 s."""
FIRST_MS = 15_000
"""How long a watchdog that has just begun may take to see its account before it counts as blind."""
NOT_YET = ""


@dataclass(slots=True, kw_only=True)
class Sight:
    """Kept by the watchdog itself, as it goes.

    Attributes:
        begun_ms: when its process began.
        acting: it has taken the account over, or steps in beside the engine.
        looked_ms: when the last look left that was answered in full; 0 before the first.
        turns: of its loop, which go on whether or not the venue answers (L2).
    """

    begun_ms: WireMs = WireMs(0)
    acting: bool = False
    looked_ms: WireMs = WireMs(0)
    turns: int = 0

    def trouble(self, now_ms: WireMs) -> str | None:
        """Why nobody should trust that all is well; `NOT_YET` where it has just begun and nobody can know.

        None while the watchdog sees the account and leaves it alone.
        """
        if self.acting:
            return "the watchdog acts on the account"
        if not self.looked_ms:
            is_young = now_ms - self.begun_ms < FIRST_MS
            return NOT_YET if is_young else "the watchdog has not seen the account yet"
        blind_ms = now_ms - self.looked_ms
        return f"the watchdog has seen nothing for {blind_ms // 1_000} s" if blind_ms > BLIND_MS else None
