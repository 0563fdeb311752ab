"""What a venue can do, declared. The canary proves it on the account; a declaration alone opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from jackline.core.orders import PositionMode
from jackline.core.plan import Rung
from jackline.core.traits import OrderPace, VenueTraits


class LegScope(StrEnum):
    """What a stop that comes with an entry covers."""

    POSITION = "position"
    QUANTITY = "quantity"


NARROW_ORDERS = 10
"""A ceiling below this is reached by the entries, stops and closes of a few positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWindow:
    """At most `orders` placements in any `window_ms`, of which `kept` are never an entry's.

    A fifth is kept in any case (K2); `kept` says more where a fifth of a narrow window would be nothing.
    """

    orders: int
    window_ms: int
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueProfile:
    """One venue and market type.

    Attributes:
        rungs: what the canary may prove, best first.
        leg_scope: None when the venue takes no stop with the entry.
        stops_are_named: conditional orders carry our client id; otherwise only the venue's names them.
        whole_position_modes: position modes in which a stop may close whatever is open; elsewhere it needs a quantity.
        stops_per_side_max: 1 means one slot: a trail is kept by closing.
        reduce_only_in_hedge: the flag is accepted in hedge mode; otherwise the position side reduces.
        trails: an order that follows the best price may rest beside the stops.
        windows: the venue's published order ceilings, per account.
        tables_apart: margin tables come one symbol at a time and slowly: a start's first look does not wait for them.
        fills_by_time: a trade list is asked for by time, a window after the other: a start reads none.
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
    tables_apart: bool = False
    fills_by_time: bool = False
    trails: bool = False

    @property
    def traits(self) -> VenueTraits:
        """What the core must know of its stops."""
        return VenueTraits(
            stops_are_named=self.stops_are_named,
            whole_position_modes=self.whole_position_modes,
            stops_per_side_max=self.stops_per_side_max,
            trails=self.trails,
            pace=next(
                (
                    OrderPace(orders=window.orders, window_ms=window.window_ms)
                    for window in self.windows
                    if window.orders < NARROW_ORDERS
                ),
                None,
            ),
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
    trails=True,
)

BINGX_SWAP = VenueProfile(
    name="bingx-swap",
    rungs=(Rung.ATTACHED, Rung.AFTER_FILL),
    leg_scope=LegScope.QUANTITY,
    stops_are_named=False,
    whole_position_modes=frozenset({PositionMode.HEDGE}),
    stops_per_side_max=1,
    reduce_only_in_hedge=False,
    client_id_pattern=re.compile(r"[a-z0-9]{1,40}"),
    # Per address. An entry leaves room for a stop of its own and for a close within the same second.
    windows=(OrderWindow(orders=3, window_ms=1_000, kept=2),),
    tables_apart=True,
    fills_by_time=True,
)
