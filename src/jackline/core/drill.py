"""A drill of the kill switch as the engine sees it: raise, flatten with stops until flat, reset with a reason.

A drill is recognised by its reason, `drill ID` on both levels and `drill ID: why` on the reset. Nothing about it is
special to the switch: what is rehearsed is what would happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from jackline.core.effects import Effect, SaveKill
from jackline.core.ids import TradeId
from jackline.core.phases import DrillNote
from jackline.core.requests import CancelOrder
from jackline.core.state import KillLevel
from jackline.core.trade import Trade
from jackline.core.values import ZERO

MARK = "drill "


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillWatch:
    """A drill under way. `held`: trades with a position when flatten came; None before."""

    drill_id: str
    held: tuple[TradeId, ...] | None = None
    failed: tuple[str, ...] = ()


def drill_id_of(reason: str) -> str | None:
    """The id in the reason of a kill or a reset; None where it is no drill's."""
    if not reason.startswith(MARK):
        return None
    return reason[len(MARK) :].partition(":")[0].strip() or None


def watch(
    known: DrillWatch | None, effects: tuple[Effect, ...], trades: Mapping[TradeId, Trade]
) -> tuple[DrillWatch | None, DrillNote | None]:
    """The drill after one turn, and how it ended if it did. `trades`: the live ones after the turn."""
    note = None
    for effect in effects:
        if isinstance(effect, CancelOrder) and known is not None:
            known = _cancelled(known, effect, trades)
        elif isinstance(effect, SaveKill):
            known, note = _switched(known, effect, trades)
    return known, note


def _switched(
    known: DrillWatch | None, effect: SaveKill, trades: Mapping[TradeId, Trade]
) -> tuple[DrillWatch | None, DrillNote | None]:
    drill_id = drill_id_of(effect.reason)
    if drill_id is None or (known is not None and known.drill_id != drill_id):
        known = None  # the switch was moved by something else: this rehearsal is over
    if drill_id is None:
        return None, None
    if effect.level is KillLevel.NORMAL:
        return None, _note(known, drill_id, trades)
    if known is None:
        begun = effect.level is KillLevel.NO_NEW_RISK and effect.before is KillLevel.NORMAL
        return (DrillWatch(drill_id=drill_id) if begun else None), None
    if effect.level is KillLevel.FLATTEN:
        held = tuple(sorted(trade.trade_id for trade in trades.values() if trade.quantity > ZERO))
        return replace(known, held=held), None
    return known, None


def _cancelled(known: DrillWatch, effect: CancelOrder, trades: Mapping[TradeId, Trade]) -> DrillWatch:
    """A stop of a position that is still there was taken away (K3)."""
    trade = None if effect.trade_id is None else trades.get(effect.trade_id)
    if trade is None or trade.quantity == ZERO:
        return known
    if all(slot.client_id != effect.key.client_id for slot in trade.stops):
        return known
    if any(slot.client_id != effect.key.client_id and slot.state.may_be_live for slot in trade.stops):
        return known  # moved, under another one that covers
    return replace(known, failed=(*known.failed, f"stop of {trade.trade_id} cancelled before it was flat"))


def _note(known: DrillWatch | None, drill_id: str, trades: Mapping[TradeId, Trade]) -> DrillNote:
    if known is None:
        return DrillNote(drill_id=drill_id, positions=0, failed=("it did not begin with no_new_risk",))
    if known.held is None:
        return DrillNote(drill_id=drill_id, positions=0, failed=("flatten was never raised",))
    left = [one for one in known.held if one in trades and trades[one].quantity > ZERO]
    failed = known.failed + tuple(f"{trade_id} was still open at the reset" for trade_id in left)
    if not known.held:
        failed = (*failed, "nothing was open: flattening proved nothing")
    return DrillNote(drill_id=drill_id, positions=len(known.held), failed=failed)
