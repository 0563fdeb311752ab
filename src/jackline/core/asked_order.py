"""Stops and targets that somebody asks for: what was asked, and what became of it. The orders themselves are slots.

Such an order is reduce-only, has a quantity, and rests beside what protects the position anyway. It never replaces,
moves or loosens D or W (P4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.core.ids import ClientId, Role
from jackline.core.values import Fraction, Price, Quantity, Side, Symbol, WireMs

ASKED_MAX = 4
"""Asked orders of one trade that may rest at once: a stop, a target and a trailing stop, and one to replace any."""
ASKED_KEPT_MAX = 12
"""Asked orders a live trade remembers, those that are over too; the journal keeps every one."""
LOSSES_MAX = 3
"""So often an asked order that the venue loses is placed again. D stands under it all the while."""


class AskedKind(StrEnum):
    """What is asked for."""

    STOP = "stop"
    TARGET = "target"
    TRAILING = "trailing"

    @property
    def role(self) -> Role:
        """The letter its orders carry in their ids."""
        return _ROLES[self]


_ROLES = {
    AskedKind.STOP: Role.ASKED_STOP,
    AskedKind.TARGET: Role.ASKED_TARGET,
    AskedKind.TRAILING: Role.ASKED_TRAIL,
}


class AskedStatus(StrEnum):
    """Where an asked order is. The last three are ends; there is no way back from `triggered`."""

    PENDING = "pending"
    """Not read back yet."""
    ACTIVE = "active"
    """Read back from the venue as live."""
    TRIGGERED = "triggered"
    CANCELLED = "cancelled"
    REFUSED = "refused"

    @property
    def is_over(self) -> bool:
        """Nothing will come of it any more."""
        return self in {AskedStatus.TRIGGERED, AskedStatus.CANCELLED, AskedStatus.REFUSED}


class Word(StrEnum):
    """Why a wish is refused: the first word of the answer, one for each reason."""

    NO_POSITION = "no_position"
    CLOSING = "closing"
    LOCKED = "locked"
    ORDER_ID_USED = "order_id_used"
    TOO_MANY = "too_many"
    BAD_PRICE = "bad_price"
    BAD_FRACTION = "bad_fraction"
    BAD_QUANTITY = "bad_quantity"
    QUANTITY_ABOVE_POSITION = "quantity_above_position"
    WOULD_TRIGGER = "would_trigger"
    BEYOND_LIQUIDATION = "beyond_liquidation"
    ONE_STOP_PER_SIDE = "one_stop_per_side"
    VENUE_REFUSED = "venue_refused"
    DROPPED = "dropped"
    UNKNOWN_ORDER = "unknown_order"
    IS_OVER = "is_over"
    LAST_PROTECTION = "last_protection"
    REPLACEMENT_NOT_ACTIVE = "replacement_not_active"
    LOOSER = "looser"
    NO_MARK = "no_mark"
    UNKNOWN_FILTERS = "unknown_filters"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTerms:
    """What was asked for, in the words of whoever asked. Figures told by the caller are kept and decide nothing.

    Attributes:
        order_id: the caller's name for it: ``sl_…``, ``tp_…``, ``ts_…``.
        position_id, entry_price, fraction, user_id, bot_id: as told; `fraction` is the distance that the caller
            computed the trigger from.
        side: of the position.
        quantity: base units; None for the whole position, whatever it grows to.
        trigger_price: of a stop or target; None for a trailing one.
        trailing_fraction: distance to the best mark; None but for a trailing one.
        created_ms: when it was asked for.
    """

    order_id: str
    kind: AskedKind
    symbol: Symbol
    side: Side
    quantity: Quantity | None
    trigger_price: Price | None
    trailing_fraction: Fraction | None
    position_id: str = ""
    entry_price: Price | None = None
    fraction: Fraction | None = None
    user_id: str = ""
    bot_id: str = ""
    created_ms: WireMs = WireMs(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOrder:
    """One asked order of a trade. Its orders at the venue are `Trade.asked_slots`, by these ids.

    Attributes:
        command_id: of the command that asked; the same command heard again is this order.
        owes_answer: nobody has told the asker yet, or a process died that may not have.
        client_id: of the order that rests, or is on its way; None before the first is placed.
        successor_id: of the one that replaces it, while both may rest.
        level_price: trigger of the order placed last, on the tick; no later stop of it is looser (P4).
        best_price: most favourable mark since it was asked for; trailing only.
        moved_ms: when an order of it was last placed.
        read_back_ms: when the resting one was first read back.
        losses: how often the venue has lost it.
        drop_id: the command that drops it, empty where none does.
        replace_with: what that command says covers instead.
        is_dropped: it is to be cancelled as soon as that uncovers nothing (P5).
        detail: why it is over.
    """

    terms: AskedTerms
    command_id: str
    status: AskedStatus = AskedStatus.PENDING
    owes_answer: bool = True
    client_id: ClientId | None = None
    successor_id: ClientId | None = None
    level_price: Price | None = None
    best_price: Price | None = None
    moved_ms: WireMs | None = None
    read_back_ms: WireMs | None = None
    over_ms: WireMs | None = None
    losses: int = 0
    drop_id: str = ""
    drop_owes_answer: bool = False
    replace_with: str = ""
    is_dropped: bool = False
    detail: str = ""

    @property
    def client_ids(self) -> tuple[ClientId, ...]:
        """Ids of its orders, the older first."""
        return tuple(one for one in (self.client_id, self.successor_id) if one is not None)

    @property
    def is_stop(self) -> bool:
        """It limits a loss: everything but a target."""
        return self.terms.kind is not AskedKind.TARGET


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightening:
    """A stop that is to be at `price` or tighter, and the command that waits for it."""

    command_id: str
    price: Price


def refused(word: Word, text: str) -> str:
    """The answer of a wish that is not carried out."""
    return f"refused: {word}: {text}"


def active(*, trigger_price: Price, client_id: ClientId, venue_id: int | None, read_back_ms: WireMs) -> str:
    """The answer of a wish that rests at the venue and was read back there."""
    told = f"trigger_price={trigger_price:f} client_id={client_id} venue_id={venue_id}"
    return f"active: {told} read_back_ms={read_back_ms}"
