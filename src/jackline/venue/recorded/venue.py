"""One venue as data: its profile, its golden shapes, and which parts of a signed request are the signature's."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from jackline.venue.recorded.profiles import RecordedProfile
from jackline.venue.recorded.shape import Action, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVenue:
    """A venue without a connection.

    Attributes:
        kept_headers: headers that change what a request does; all others belong to the signature or the library.
        auth_query, auth_body: keys that signing adds; the gate leaves them out of its comparison.
        slippage_fraction: how far beyond its trigger a market order may fill, where the venue wants a worst price.
        price_digits_max: significant digits that a price with a fraction may have; None: its tick says it all.
    """

    profile: RecordedProfile
    shapes: tuple[Shape, ...]
    kept_headers: frozenset[str] = field(default_factory=frozenset)
    auth_query: frozenset[str] = field(default_factory=frozenset)
    auth_body: frozenset[str] = field(default_factory=frozenset)
    slippage_fraction: Decimal | None = None
    price_digits_max: int | None = None

    def of(self, action: Action) -> tuple[Shape, ...]:
        """Its shapes of one action."""
        return tuple(shape for shape in self.shapes if shape.action is action)
