"""What the request gate says when it keeps a request from leaving."""

from __future__ import annotations


class GateRefused(Exception):
    """The gate kept a request from leaving.

    Attributes:
        code: the rule it would have broken.
        why: the figures.
    """

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        self.why = why
        super().__init__(f"{code}: {why}")
