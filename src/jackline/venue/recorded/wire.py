"""A request before it is signed, and the few kinds of value its body may hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json]"
"""No null and no float: a number leaves as text or as a whole number."""


class NotWired(Exception):
    """This venue has no shape for the request, and the reason. Nothing left."""


class ShapeRefused(Exception):
    """The gate kept a request from leaving.

    Attributes:
        code: the rule it would have broken.
        why: what differs from the nearest golden shape, or from the plan.
    """

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        self.why = why
        super().__init__(f"{code}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """Method, path from the host's root, query, the headers that carry meaning, and the JSON body, if any."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Json | None = None


def plain(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
