"""What a real venue sometimes does to its clients. Every switch may be turned while the venue runs, and none
is on at first; when and how often is the caller's decision."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from jackline.exchange.values import OrderType

OPEN_ALGOS_MAX: Final = 200
"""The venue's limit of untriggered conditional orders per account, all symbols together."""


class ThinBook(StrEnum):
    """What a taker meets where nobody is on the other side: -4131, or an order that expires unfilled."""

    REFUSE = "refuse"
    EXPIRE = "expire"


@dataclass(slots=True, kw_only=True)
class Whims:
    """Read by the matching engine and the conditional service at every order.

    Attributes:
        triggering_ms: a triggered conditional order stays TRIGGERING for so long (wire time) before its child
            meets the market; `math.inf` for ever. Orders that trigger meanwhile keep the delay they met.
        reject_at_trigger: the reason with which every triggered order ends REJECTED; None: by the rules.
        child_fill_fraction: the share of a triggered market child that fills, in [0, 1); the rest expires.
        market_depth: per symbol, in base units, the most that one taking order fills.
        thin_book: what happens to a taker where `market_depth` is 0.
        price_band_fraction: per symbol, in place of the symbol's own band; a limit beyond it from mark is
            refused with -4016 or -4024, and market orders are judged too (-4131).
        conditional_down: placing and cancelling conditional orders answers -1001; resting ones still trigger.
        algo_withdrawn: types the conditional service no longer takes (-4120).
        open_algos_max: untriggered conditional orders per account before -4045.
        immediate_rests: an immediate order that meets nobody stays in the book, as if the flag had not been read.
        slow_fill_ms: an immediate-or-cancel limit that adds exposure fills a third at once and the rest so much later
            (wire time), being open meanwhile: a matching engine that has fallen behind.
        callback_max_fraction: trailing orders follow at most this far behind, whatever they ask for (0.01 = 1 %).
        countdown_takes_stops: a countdown that runs out cancels conditional orders too, not plain ones alone: nobody
            has written down which (exchanges, 2.3).
        margin_for_stops: a conditional order with a quantity that no position backs needs free margin (-2019).
        maintenance: every request is answered 503 with -1016, no socket opens, and nothing triggers or fills.
        clock_ahead_ms: the venue's clock is so much ahead of its clients' (behind where negative): what a client whose
            own clock is wrong sees.
        ban_spares_sockets: an address that is banned may go on over a socket of requests it has open.
        legs_wait_for_whole_fill: legs attached to an entry are armed when it has ended, not at its first fill.
        legs_outlive_position: legs attached to an entry stay when its position is gone, instead of expiring with it.
        triggered_stops_untold: a wire that tells of stops as of other orders says nothing once one has triggered;
            the account's own event is still sent. Only the BingX wire reads it.
    """

    triggering_ms: float = 0.0
    reject_at_trigger: str | None = None
    child_fill_fraction: Decimal | None = None
    market_depth: dict[str, Decimal] = field(default_factory=dict)
    thin_book: ThinBook = ThinBook.REFUSE
    price_band_fraction: dict[str, Decimal] = field(default_factory=dict)
    conditional_down: bool = False
    algo_withdrawn: tuple[OrderType, ...] = ()
    open_algos_max: int = OPEN_ALGOS_MAX
    slow_fill_ms: float = 0.0
    immediate_rests: bool = False
    callback_max_fraction: Decimal | None = None
    margin_for_stops: bool = False
    countdown_takes_stops: bool = False
    maintenance: bool = False
    clock_ahead_ms: int = 0
    ban_spares_sockets: bool = False
    legs_wait_for_whole_fill: bool = False
    legs_outlive_position: bool = False
    triggered_stops_untold: bool = False
