"""Golden shapes: the exact form of each request of a venue, and what it must carry by what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from jackline.core.errors import invariant
from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded.slots import Name, Template, Values, fill, names, read
from jackline.venue.recorded.wire import WireRequest


class Action(StrEnum):
    """What a request does. Only `ENTRY` can increase exposure."""

    ENTRY = "entry"
    STOP_WHOLE = "stop_whole"
    STOP_QUANTITY = "stop_quantity"
    TARGET = "target"
    CLOSE_MARKET = "close_market"
    CLOSE_LIMIT = "close_limit"
    MOVE_STOP = "move_stop"
    """Moves a quantity stop to another trigger, in one request that keeps the old one if it fails."""
    CANCEL_PLAIN = "cancel_plain"
    CANCEL_CONDITIONAL = "cancel_conditional"
    SET_LEVERAGE = "set_leverage"
    SET_MARGIN = "set_margin"
    READ_PLAIN = "read_plain"
    READ_CONDITIONAL = "read_conditional"
    LIST_PLAIN = "list_plain"
    LIST_CONDITIONAL = "list_conditional"
    READ_POSITIONS = "read_positions"
    READ_SETTINGS = "read_settings"

    @property
    def is_query(self) -> bool:
        """Only asks."""
        return self.value.startswith(("read_", "list_"))


class Reduces(StrEnum):
    """By what an order can only reduce (P3)."""

    FLAG = "flag"
    """A reduce-only flag beside a quantity."""
    WHOLE = "whole"
    """A form that closes the position, whatever its size."""
    POSITION_SIDE = "position_side"
    """Hedge mode: the closing side of its position side."""


REDUCING = frozenset(
    {Action.STOP_WHOLE, Action.STOP_QUANTITY, Action.TARGET, Action.CLOSE_MARKET, Action.CLOSE_LIMIT}
)
"""A move is not among them: it changes a trigger, and what it moves keeps the flag it was placed with."""
TRIGGERED = frozenset({Action.STOP_WHOLE, Action.STOP_QUANTITY, Action.TARGET, Action.MOVE_STOP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One request. `mode` and `side` None: the same for all; `side` is the position's.

    `path` has slots as ``{client_id}``. A shape that could open or could not protect cannot be constructed: an entry
    has its leg (unless `bare`, for venues that take none), a stop its trigger, and what reduces says by what.
    """

    action: Action
    method: str
    path: str
    mode: PositionMode | None = None
    side: Side | None = None
    query: dict[str, Template] = field(default_factory=dict)
    headers: dict[str, Template] = field(default_factory=dict)
    body: Template | None = None
    reduces: Reduces | None = None
    bare: bool = False

    def __post_init__(self) -> None:
        held = frozenset(self.slots())
        facts = {"action": self.action, "path": self.path}
        bare_allowed = self.bare or Name.LEG_TRIGGER in held
        invariant(self.action is not Action.ENTRY or bare_allowed, "P2", **facts)
        invariant(self.action not in TRIGGERED or Name.TRIGGER in held, "P3", **facts)
        invariant((self.action in REDUCING) == (self.reduces is not None), "P3", **facts)

    def slots(self) -> Iterator[Name]:
        """Every value it holds."""
        yield from (Name(one) for one in re.findall(r"\{(\w+)\}", self.path))
        yield from names(self.query)
        yield from names(self.headers)
        if self.body is not None:
            yield from names(self.body)

    def write(self, values: Values) -> WireRequest:
        """The request with these values. Raises as `fill` does."""
        return WireRequest(
            method=self.method,
            path=re.sub(r"\{(\w+)\}", lambda one: values[Name(one[1])], self.path),
            query=_texts(fill(self.query, values)),
            headers=_texts(fill(self.headers, values)),
            body=None if self.body is None else fill(self.body, values),
        )

    def is_at(self, request: WireRequest) -> bool:
        """Whether the request goes to this shape's route."""
        return request.method == self.method and self._path().fullmatch(request.path) is not None

    def differences(self, request: WireRequest, found: Values) -> list[str]:
        """How a request on this route differs from the shape; none: it is the shape. Fills `found`."""
        matched = self._path().fullmatch(request.path)
        found |= {Name(name): value for name, value in (matched.groupdict() if matched else {}).items()}
        problems = [*read(self.query, request.query, found, "")]
        problems += [*read(self.headers, request.headers, found, "")]
        if self.body is None:
            return [*problems, *([] if request.body is None else ["a body is not ours"])]
        return [*problems, *read(self.body, request.body, found, "")]

    def _path(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9A-Za-z_.:-]{1,64})", self.path))


def _texts(filled: object) -> dict[str, str]:
    """Query and headers hold text only."""
    return {key: str(value) for key, value in filled.items()} if isinstance(filled, dict) else {}
