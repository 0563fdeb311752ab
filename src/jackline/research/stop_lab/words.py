"""What the stop lab found, in sentences and as one JSON object; the other side is said as plainly."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from jackline.research.stop_lab.kinds import BPS, Assumed, Kind, Measured, Row, Spread, Worst

JSON_VERSION = 1


def of_margin_percent(bps: float, leverage: float) -> float:
    """A loss of price as percent of the margin behind it."""
    return bps * leverage / 100


def plainly(measured: Measured, assumed: Assumed) -> list[str]:
    """What the figures say, for and against, a sentence each."""
    rows = {row.kind: row for row in measured.rows}
    said = [_poll(rows[kind]) for kind in (Kind.POLL, Kind.SLOW_POLL) if kind in rows]
    said += [_limit(rows[kind]) for kind in (Kind.LIMIT, Kind.LIMIT_THROUGH) if kind in rows]
    if Kind.VENUE_MARK in rows:
        said.append(_mark(rows[Kind.VENUE_MARK], rows[Kind.VENUE]))
    if measured.worst is not None:
        said.append(worst(measured.worst, rows, assumed))
    return said


def _poll(row: Row) -> str:
    text = (
        f"{row.label.capitalize()}: in {row.came_back_fraction or 0:.0%} of the touched stops the first look came"
        f" when the price was back, and in {row.never_fraction:.0%} none ever fired: those traders were spared the stop"
    )
    if row.all_mean is None or row.beyond is None:
        return f"{text}."
    return (
        f"{text}. Counting these at what they stood at in the end, the mean is {row.all_mean:+.1f} bps instead of"
        f" {row.beyond.mean:+.1f}; the tail stays, at most {row.beyond.max:,.0f} bps."
    )


def _limit(row: Row) -> str:
    waited = ", ".join(f"{share:.0%} unfilled after {after}" for after, share in row.waited.items())
    never = f"{row.never_fraction:.1%} never filled while watched"
    text = f"{row.label.capitalize()}: {waited + '; ' if waited else ''}{never}"
    if row.stranded_mean is None or row.stranded_max is None:
        return f"{text}."
    return (
        f"{text}. These stand {row.stranded_mean:.0f} bps beyond the stop in the mean when the watch ends, and stood"
        f" up to {row.stranded_max:,.0f} beyond on the way: open, and without a stop."
    )


def _mark(mark: Row, last: Row) -> str:
    spared = f"{mark.never_fraction:.0%} of the stops that the last price touched"
    text = f"A trigger on mark{' (modelled)' if 'modelled' in mark.basis else ''} did not fire in {spared}"
    if mark.beyond is None or last.beyond is None:
        return f"{text}."
    return (
        f"{text}; where it fired, the mean was {mark.beyond.mean:.1f} bps instead of {last.beyond.mean:.1f}."
    )


def worst(one: Worst, rows: dict[Kind, Row], assumed: Assumed) -> str:
    """The entry that cost the slow poll most."""
    parts = [f"{rows[kind].label} {_lost(lost, assumed)}" for kind, lost in one.lost_fraction.items()]
    planned = f"{_lost(assumed.stop_fraction, assumed)} had it been filled there"
    return (
        f"The worst of the slow poll: a {'long' if one.side > 0 else 'short'} from {moment(one.entry_ms)} at"
        f" {one.entry:,.10g}, stop {one.stop:,.10g}, {planned}. Lost:"
        f" {'; '.join(parts)}."
    )


def _lost(fraction: float | None, assumed: Assumed) -> str:
    if fraction is None:
        return "never closed"
    return f"{fraction:.1%} of price, {fraction * assumed.leverage:.0%} of margin"


def moment(time_ms: int) -> str:
    """A time in UTC, to the minute."""
    return f"{datetime.fromtimestamp(time_ms / 1_000, UTC):%Y-%m-%d %H:%M}"


def as_document(measured: tuple[Measured, ...], assumed: Assumed) -> dict[str, object]:
    """One object; docs/stop-lab.md says what is in it."""
    return {
        "version": JSON_VERSION,
        "assumed": asdict(assumed),
        "sets": [_set(one, assumed) for one in measured],
    }


def _set(one: Measured, assumed: Assumed) -> dict[str, object]:
    return {
        "name": one.name,
        "first_ms": one.first_ms,
        "last_ms": one.last_ms,
        "stop_fraction": one.stop_fraction,
        "entries": one.entries,
        "touched": one.touched,
        "sampling": one.sampling,
        "rows": [
            asdict(row)
            | {"beyond_margin_percent": None if row.beyond is None else _margin(row.beyond, assumed)}
            for row in one.rows
        ],
        "worst_of_slow_poll": None if one.worst is None else asdict(one.worst),
        "notes": list(one.notes),
    }


def _margin(beyond: Spread, assumed: Assumed) -> dict[str, float]:
    names = ("mean", "p50", "p95", "p99", "max")
    return {name: of_margin_percent(getattr(beyond, name), assumed.leverage) for name in names}


def plain(value: float, digits: int) -> str:
    """Rounded, and never minus nothing."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def stop_bps(measured: Measured) -> float:
    """The distance of the stop that was measured."""
    return measured.stop_fraction * BPS
