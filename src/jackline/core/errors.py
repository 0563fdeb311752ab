"""Programmer errors. What a venue or a user does wrong is a value (`outcomes.py`), never an exception."""

from __future__ import annotations


class InvariantBroken(Exception):
    """A promise of `PROMISE.md` does not hold inside our own code: a bug, not an event.

    Attributes:
        code: the invariant, e.g. ``"P4"``.
        facts: what was seen, for the log line and the incident.
    """

    def __init__(self, code: str, facts: dict[str, object]) -> None:
        self.code = code
        self.facts = facts
        shown = ", ".join(f"{name}={value}" for name, value in facts.items())
        super().__init__(f"{code} broken: {shown}")


def invariant(condition: bool, code: str, /, **facts: object) -> None:
    """Raise `InvariantBroken` unless `condition` holds. Kept on in production, unlike ``assert``."""
    if not condition:
        raise InvariantBroken(code, facts)
