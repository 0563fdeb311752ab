"""How well the line holds: how many of the last requests met a connection that broke. Pure."""

from __future__ import annotations

from collections import deque

REMEMBERED = 8
"""Two looks' worth: what broke earlier says nothing of now."""
BROKEN_MAX = 3
"""At fifteen connections in a hundred breaking, an entry in fifty is held back; at three of four hardly any leaves."""


class Line:
    """Counts. A request that broke and was sent again counts each time."""

    def __init__(self) -> None:
        self._broke = deque[bool](maxlen=REMEMBERED)

    def note(self, *, broke: bool) -> None:
        """One request was answered, or its connection broke."""
        self._broke.append(broke)

    def entry_refusal(self) -> str | None:
        """Why nothing may enter: its stop would have to go the same way (P1). None when it may."""
        broken = sum(self._broke)
        if broken > BROKEN_MAX:
            return f"{broken} of the last {len(self._broke)} connections broke"
        return None
