"""What covers a position at the venue, and why cover ends."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.exchange.account import Account
from jackline.exchange.conditions import Algo
from jackline.exchange.position import Position
from jackline.exchange.values import ZERO, OrderType, Side


class CoverLoss(StrEnum):
    """Why a position has no cover. The first three are states of the position, the others ends of a stop.

    NEVER: none since it was opened. OUTGROWN: the position became larger than its stops. OVERTAKEN: mark is
    past a stop that waits for another price, or whose symbol stands still.
    """

    NEVER = "never"
    OUTGROWN = "outgrown"
    OVERTAKEN = "overtaken"
    CANCELLED = "cancelled"
    CANCELLED_BY_HAND = "cancelled_by_hand"
    TRIGGERED = "triggered"
    EXPIRED = "expired"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopEnd:
    """A stop of the closing side that ceased to wait. `wire_ms` is exact."""

    algo_id: int
    client_algo_id: str
    cause: CoverLoss
    wire_ms: float


@dataclass(slots=True, kw_only=True)
class Lapse:
    """A span without full cover in exact wire milliseconds; `until_ms` is None while it lasts. `algo_id` names
    the stop whose end began it, where one did."""

    since_ms: float
    until_ms: float | None
    cause: CoverLoss
    algo_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What stands behind a position now. `quantity` is what `stops` would close, in base units; `triggering`
    are stops, trailing ones too, whose trigger was reached and whose child the market has not met yet."""

    quantity: Decimal
    stops: tuple[Algo, ...]
    triggering: tuple[Algo, ...]


def cover_of(account: Account, position: Position, mark: Decimal) -> Cover:
    """Everything that protects or is about to close a position."""
    closing = closing_side(position)
    return Cover(
        quantity=coverage(account, position, mark),
        stops=tuple(one for one in account.open_algos.values() if _protects(one, position, closing, mark)),
        triggering=tuple(one for one in account.triggering_algos.values() if _ends(one, position, closing)),
    )


def coverage(account: Account, position: Position, mark: Decimal) -> Decimal:
    """How much of a position live protective stops would close, in base units."""
    amount = position.amount
    if not amount:
        return ZERO
    closing = closing_side(position)
    covered = ZERO
    for algo in account.open_algos.values():
        if _protects(algo, position, closing, mark):
            if algo.close_position:
                return abs(amount)
            covered += algo.quantity
    return covered


def overtaken(account: Account, position: Position, mark: Decimal) -> bool:
    """Whether a stop of the position waits on the wrong side of mark."""
    closing = closing_side(position)
    return any(
        _closes(algo, position, closing) and not _protects(algo, position, closing, mark)
        for algo in account.open_algos.values()
    )


def closing_side(position: Position) -> Side:
    return Side.SELL if position.amount > 0 else Side.BUY


def _protects(algo: Algo, position: Position, closing: Side, mark: Decimal) -> bool:
    """A waiting stop of the position with its trigger on the losing side of mark."""
    if not _closes(algo, position, closing):
        return False
    return algo.trigger_price < mark if closing is Side.SELL else algo.trigger_price > mark


def _ends(algo: Algo, position: Position, closing: Side) -> bool:
    """What has triggered is a close in flight: a trailing stop too, where it takes the whole position. It covers
    nothing before, for where it stands is told nowhere."""
    if algo.type is not OrderType.TRAILING_STOP_MARKET:
        return _closes(algo, position, closing)
    here = (algo.symbol, algo.position_side, algo.side) == (position.symbol, position.side, closing)
    return here and algo.reducing and algo.quantity >= abs(position.amount)


def _closes(algo: Algo, position: Position, closing: Side) -> bool:
    """A stop-market of the closing side that can only reduce."""
    return (
        algo.side is closing
        and algo.symbol == position.symbol
        and algo.position_side is position.side
        and algo.type is OrderType.STOP_MARKET
        and algo.reducing
    )
