"""A worker's lease as a process of the account sees it: read before every request, and for good once it is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jackline.core.standing import Moment, Standing, standing
from jackline.store import lease_page
from jackline.store.disk import Disk
from jackline.store.lease_page import LeasePage


class LeaseGone(Exception):
    """This process no longer speaks for its account (C3). It has sent nothing since, and cancelled nothing."""


class HeldLease:
    """Whether this process still speaks for its account (C3).

    A page that cannot be read right now is no news: the last one that could be says until when the lease holds. Without
    any page nothing leaves.
    """

    def __init__(self, *, disk: Disk, directory: Path, number: int, now: Callable[[], Moment]) -> None:
        self._disk = disk
        self._directory = directory
        self._now = now
        self._page: LeasePage | None = None
        self._lost_to = ""
        self.number = number

    def standing(self) -> Standing:
        """Now."""
        if self._lost_to:
            return Standing.LOST
        found = lease_page.read(self._disk, self._directory)
        if found is not None:
            self._page = found
        if self._page is None:
            return Standing.UNASKED
        hold = self._page.hold
        if hold.number != self.number or hold.lost_to:
            # A newer number of the same worker is another life of the account: this process is of the one before.
            self._lost_to = hold.lost_to or f"number {hold.number}, of a later claim"
            return Standing.LOST
        return standing(hold, self._now(), self._page.terms)

    @property
    def lost_to(self) -> str:
        """Who has it instead; empty while nobody is known to."""
        return self._lost_to

    def lose(self, to: str) -> None:
        """A write was refused for a newer number: the gate closes with it, whatever the page says. From any thread."""
        self._lost_to = self._lost_to or to
