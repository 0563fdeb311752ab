"""The real surroundings: this host's clocks, names and chance. Nothing else in the rooms of a process reads them."""

from __future__ import annotations

import os
import random
import socket
import time

from jackline.core.standing import Moment
from jackline.core.values import WireMs


class HostWorld:
    """`World` of a process that really runs."""

    def wire_ms(self) -> WireMs:
        """The host's wall clock, UTC epoch milliseconds."""
        return WireMs(time.time_ns() // 1_000_000)

    def monotonic_s(self) -> float:
        """Seconds since some moment of this boot."""
        return time.monotonic()

    def pid(self) -> int:
        """This process."""
        return os.getpid()

    def host(self) -> str:
        """This machine's name."""
        return socket.gethostname()

    def random(self) -> float:
        """A draw for pauses and the like; never for keys."""
        return random.random()


def lease_moment() -> Moment:
    """Now, by the clocks that a lease is counted on. The steady one counts the time that this host slept, where there
    is such a clock; all processes of a boot read the same."""
    number = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Moment(steady_ms=time.clock_gettime_ns(number) // 1_000_000, wire_ms=time.time_ns() // 1_000_000)
