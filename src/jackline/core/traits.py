"""What a venue's stops are like, as far as the protocol acts differently for it."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.orders import PositionMode
from jackline.core.values import WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPace:
    """At most `orders` placements in any `window_ms`: what is sent beyond it waits for its turn."""

    orders: int
    window_ms: int

    def turn_ms(self, turns: tuple[WireMs, ...], now_ms: WireMs) -> WireMs:
        """When an order that is sent now would leave; `turns`: when those before it did, or will."""
        if len(turns) < self.orders:
            return now_ms
        return WireMs(max(now_ms, turns[-self.orders] + self.window_ms))

    def taken(self, turns: tuple[WireMs, ...], now_ms: WireMs) -> tuple[WireMs, ...]:
        """The turns with that of one more order; no more of them than tell when the next one comes."""
        return (*turns, self.turn_ms(turns, now_ms))[-self.orders :]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTraits:
    """Facts of a venue profile that the core must know.

    Attributes:
        stops_are_named: a stop carries our client id. Where not, records tell whose it is (`claims`), and one in doubt
            is resolved by a listing.
        whole_position_modes: position modes in which the venue takes a stop without a quantity.
        stops_per_side_max: 1 means one slot: D is never joined by a W, and a trail is kept by closing.
        pace: so few orders are taken that one position at a time can be brought under its stop, and that a stop tried
            again and again leaves no turn for the close; None where nobody need count them.
        trails: an order that follows the best price may rest beside the stops.
    """

    stops_are_named: bool
    whole_position_modes: frozenset[PositionMode]
    stops_per_side_max: int
    pace: OrderPace | None = None
    trails: bool = False

    @property
    def is_narrow(self) -> bool:
        """Orders have to wait for their turn."""
        return self.pace is not None


FULL_TRAITS = VenueTraits(
    stops_are_named=True, whole_position_modes=frozenset(PositionMode), stops_per_side_max=200, trails=True
)
"""Named stops, whole-position stops in both modes, room for D, W and what the venue trails side by side."""
