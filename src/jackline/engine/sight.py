"""What a watchdog sees of its account, for whoever asks it how it stands: a dead-man ping."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.values import WireMs

BLIND_MS = 60_000
"""The longest pause between two looks of a calm watchdog, with 250 symbols open, is 51 s; usually it is 2 s."""


@dataclass(slots=True, kw_only=True)
class Sight:
    """Kept by the watchdog itself, as it goes.

    Attributes:
        acting: it has taken the account over, or steps in beside the engine.
        looked_ms: when the last look left that was answered in full; 0 before the first.
    """

    acting: bool = False
    looked_ms: WireMs = WireMs(0)

    def trouble(self, now_ms: WireMs) -> str | None:
        """Why nobody should trust that all is well; None while the watchdog sees the account and leaves it alone."""
        if self.acting:
            return "the watchdog acts on the account"
        if not self.looked_ms:
            return "the watchdog has not seen the account yet"
        blind_ms = now_ms - self.looked_ms
        return f"the watchdog has seen nothing for {blind_ms // 1_000} s" if blind_ms > BLIND_MS else None
