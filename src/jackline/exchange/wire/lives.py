"""How long things of the wire live: listen keys, sockets, bans. A switch makes them all shorter at once."""

from dataclasses import dataclass
from typing import Final

SPEED_MAX: Final = 1_000_000.0
"""A day in 86 ms of wire time. Beyond it a listen key would end before its first message."""


@dataclass(slots=True, kw_only=True)
class Lives:
    """`speed` is how many times faster than at the venue they end; the windows of weights and orders stay what their
    headers say. May be turned while the exchange runs: it counts for what is asked next, except that a listen key
    and a ban keep the end they were given."""

    speed: float = 1.0

    def turn(self, speed: float) -> None:
        """Raises ValueError for a speed that makes no sense."""
        if not 0 < speed <= SPEED_MAX:
            message = f"wire_speed {speed}: fix: above 0 and at most {SPEED_MAX:.0f}"
            raise ValueError(message)
        self.speed = speed

    def scaled(self, life_ms: int) -> int:
        """What is left of a life of the venue's, in wire milliseconds."""
        return max(1, round(life_ms / self.speed))
