"""What a simulated world raises."""

from __future__ import annotations


class ProcessDead(BaseException):
    """A seam was entered by a process that was killed: its clean-up code runs while memory is given back.

    Not an Exception, so that no handler of the code under test can take it for trouble and carry on.
    """


class Deadlock(RuntimeError):
    """Nothing is ready and nothing is scheduled: whoever waits will wait for ever."""


class Livelock(RuntimeError):
    """Far more steps than a world of this length takes: something spins without letting time pass."""


class Escape(RuntimeError):
    """Code inside the world reached for a thread, a socket or a signal."""
