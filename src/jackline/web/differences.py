"""What the engine holds to be so beside what the venue showed last, row by row, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.picture import PositionPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """One row of the reconciliation: what the engine holds to be so, what the venue showed, and what is done."""

    subject: str
    engine: str
    venue: str
    action: str
    is_open: bool


def diffs(one: PositionPicture) -> list[Diff]:
    """Of one position: its quantity, and each of its orders."""
    name = f"{one.symbol} {one.side}"
    covered = f"stops cover {one.covered_quantity:f}"
    action = (
        "none" if one.is_protected else "closing" if one.phase == "closing" else "place a stop, else close"
    )
    found = [
        Diff(
            subject=name,
            engine=f"{one.phase}, {one.quantity:f}" + (", adopted" if one.adopted else ""),
            venue=covered,
            action=action,
            is_open=not one.is_protected,
        )
    ]
    for stop in one.stops:
        is_open = stop.confirmed_ms is None
        found.append(
            Diff(
                subject=f"{name} {stop.role}",
                engine=f"{stop.state} at {stop.trigger_price:f}",
                venue="not shown yet" if is_open else f"rests, no. {stop.venue_id}",
                action="read back" if is_open else "none",
                is_open=is_open,
            )
        )
    return found
