"""Whether the venue has refused our key since it last said what that may do (S3). Pure."""

from __future__ import annotations

from collections.abc import Callable


class KeyDoubt:
    """Counts refusals. One that comes while the venue is being asked is not answered by what it says.

    Attributes:
        tell: called when doubt begins.
    """

    def __init__(self) -> None:
        self.refusals = 0
        self._settled = 0
        self.tell: Callable[[], None] = _nobody

    @property
    def stands(self) -> bool:
        """Somebody may have changed what the key may do, or from where."""
        return self.refusals != self._settled

    def refused(self) -> None:
        """The venue does not take the key."""
        begins = not self.stands
        self.refusals += 1
        if begins:
            self.tell()

    def settle(self, refusals: int) -> None:
        """It has said what the key may do; `refusals` as they were when it was asked."""
        self._settled = refusals

    def entry_refusal(self) -> str | None:
        """Why nothing may enter; stops and closes ask nobody."""
        if not self.stands:
            return None
        return "S3: the venue has refused the key and has not said since what it may do"


def _nobody() -> None:
    return None
