"""What a venue can do, declared. The canary proves it on the account; a declaration alone opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from jackline.core.orders import PositionMode
from jackline.core.plan import Rung
from jackline.core.traits import VenueTraits


class LegScope(StrEnum):
    """What a stop that comes with an entry covers."""

    POSITION = "position"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWindow:
    """At most `orders` placements in any `window_ms`."""

    orders: int
    window_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueProfile:
    """One venue and market type.

    Attributes:
        rungs: what the canary may prove, best first.
        leg_scope: None when the venue takes no stop with the entry.
        stops_are_named: stops carry our client id.
        whole_position_modes: position modes in which a stop without a quantity is taken.
        stops_per_side_max: 1 means one slot: a trail is kept by closing.
        reduce_only_in_hedge: the flag is accepted in hedge mode; otherwise the position side reduces.
        windows: the venue's published order ceilings, per account.
    """

    name: str
    rungs: tuple[Rung, ...]
    leg_scope: LegScope | None
    stops_are_named: bool
    whole_position_modes: frozenset[PositionMode]
    stops_per_side_max: int
    reduce_only_in_hedge: bool
    client_id_pattern: re.Pattern[str]
    windows: tuple[OrderWindow, ...]

    @property
    def traits(self) -> VenueTraits:
        """What the core must know of its stops."""
        return VenueTraits(
            stops_are_named=self.stops_are_named,
            whole_position_modes=self.whole_position_modes,
            stops_per_side_max=self.stops_per_side_max,
        )


BINANCE_USDM = VenueProfile(
    name="binance-usdm",
    rungs=(Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL),
    leg_scope=None,
    stops_are_named=True,
    whole_position_modes=frozenset(PositionMode),
    stops_per_side_max=200,
    reduce_only_in_hedge=False,
    client_id_pattern=re.compile(r"[.A-Z:/a-z0-9_-]{1,36}"),
    windows=(OrderWindow(orders=300, window_ms=10_000), OrderWindow(orders=1_200, window_ms=60_000)),
)
