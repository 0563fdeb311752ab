"""What a venue's stops are like, as far as the protocol acts differently for it."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.orders import PositionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTraits:
    """Facts of a venue profile that the core must know.

    Attributes:
        stops_are_named: a stop carries our client id. Where not, records tell whose it is (`claims`), and one in doubt
            is resolved by a listing.
        whole_position_modes: position modes in which the venue takes a stop without a quantity.
        stops_per_side_max: 1 means one slot: D is never joined by a W, and a trail is kept by closing.
        is_narrow: so few orders a second are taken that one position at a time can be brought under its stop, and that
            a stop tried again and again leaves no turn for the close.
        trails: an order that follows the best price may rest beside the stops.
    """

    stops_are_named: bool
    whole_position_modes: frozenset[PositionMode]
    stops_per_side_max: int
    is_narrow: bool = False
    trails: bool = False


FULL_TRAITS = VenueTraits(
    stops_are_named=True, whole_position_modes=frozenset(PositionMode), stops_per_side_max=200, trails=True
)
"""Named stops, whole-position stops in both modes, room for D, W and what the venue trails side by side."""
