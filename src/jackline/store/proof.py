"""What journal rows say of each position: when it was exposed, when a stop was read back, moved, and how it ended.

Read from the text of the rows alone and from few fields of it, so that rows of any version give the same figures to
whoever computes them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from jackline.core.machine import Phase
from jackline.store.batch import JournalKind
from jackline.store.db import Row
from jackline.store.encode import open_body

_STATES = (JournalKind.INTENT.value, JournalKind.TRADE.value)
_PROTECTED, _FLAT = Phase.PROTECTED.value, (Phase.SWEEPING.value, Phase.DONE.value)
OPEN = "open"
"""How a naked span ends that has not ended."""


class Naked(msgspec.Struct, frozen=True, kw_only=True):
    """A span without a stop that was read back, wire time. `ended_as`: ``protected``, ``flat``, or ``open``.

    `from_row` is the first row that tells of it, `to_row` the one that ends it; of an open one, its last row so far.
    """

    from_row: int
    to_row: int
    from_ms: int
    to_ms: int
    ended_as: str


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """The tightest stop read back, from this row on."""

    row: int
    wire_ms: int
    price: str


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One trade that had a position.

    Attributes:
        confirm_ms: from the first evidence of exposure to the first read-back of a stop; None where either is missing.
        naked_ms: sum of all spans in `naked`.
        ended_ms, reason: of its end; None while it goes on.
    """

    trade_id: str
    symbol: str
    side: str
    first_row: int
    last_row: int
    first_exposed_ms: int | None
    first_protected_ms: int | None
    confirm_ms: int | None
    naked: tuple[Naked, ...]
    naked_ms: int
    stops: tuple[Stop, ...]
    ended_ms: int | None
    reason: str | None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all positions. `never_protected`: positions of which no stop was ever read back."""

    rows: int
    positions: int
    open: int
    never_protected: int
    naked_ms: int
    naked_ms_longest: int


class _Trade(msgspec.Struct, frozen=True):
    """The fields of a stored trade that say whether it is protected."""

    symbol: str
    side: str
    phase: str
    exposed_ms: int | None = None
    first_exposed_ms: int | None = None
    first_protected_ms: int | None = None
    floor_price: str | None = None


class _End(msgspec.Struct, frozen=True):
    reason: str


@dataclass(slots=True, kw_only=True)
class _Seen:
    """A position as far as the rows have told."""

    trade: _Trade
    first_row: int
    last_row: int
    last_ms: int
    naked: list[Naked] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    since: tuple[int, int] | None = None
    ended_ms: int | None = None
    reason: str | None = None


class Positions:
    """Takes journal rows, oldest first. Raises BodyUnreadable and msgspec's errors for a row that is none of ours."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._rows = 0

    def take(self, row: Row) -> None:
        """One row as it stands in the journal."""
        self._rows += 1
        seq, wire_ms, kind, trade_id, body = row[0], row[1], row[3], row[4], row[5]
        if trade_id is None:
            return
        if kind in _STATES:
            self._on_trade(seq, wire_ms, trade_id, msgspec.json.decode(open_body(body), type=_Trade))
        elif kind == JournalKind.ENDED.value and trade_id in self._seen:
            seen = self._seen[trade_id]
            seen.ended_ms, seen.last_row = wire_ms, seq
            seen.reason = msgspec.json.decode(open_body(body), type=_End).reason

    def _on_trade(self, seq: int, wire_ms: int, trade_id: str, trade: _Trade) -> None:
        """A span goes on while it is closed: it ends as it is read back under a stop, or flat."""
        seen = self._seen.get(trade_id)
        if seen is None:
            seen = _Seen(trade=trade, first_row=seq, last_row=seq, last_ms=wire_ms)
            self._seen[trade_id] = seen
        if trade.floor_price is not None and (not seen.stops or seen.stops[-1].price != trade.floor_price):
            seen.stops.append(Stop(row=seq, wire_ms=wire_ms, price=trade.floor_price))
        seen.trade, seen.last_row, seen.last_ms = trade, seq, wire_ms
        if trade.exposed_ms is not None and seen.since is None:
            seen.since = seq, trade.exposed_ms
        if seen.since is not None and (trade.phase == _PROTECTED or trade.phase in _FLAT):
            ended_as = _PROTECTED if trade.phase == _PROTECTED else "flat"
            seen.naked.append(_span(seen.since, seq, wire_ms, ended_as))
            seen.since = None

    def found(self) -> tuple[Position, ...]:
        """The positions, in the order of their first rows. An entry that never filled is none."""
        return tuple(
            _position(trade_id, seen)
            for trade_id, seen in self._seen.items()
            if seen.trade.first_exposed_ms is not None or seen.naked or seen.since is not None
        )

    def summary(self, positions: Iterable[Position]) -> Summary:
        """Their sums."""
        found = tuple(positions)
        spans = [one.to_ms - one.from_ms for position in found for one in position.naked]
        return Summary(
            rows=self._rows,
            positions=len(found),
            open=sum(one.ended_ms is None for one in found),
            never_protected=sum(one.first_protected_ms is None for one in found),
            naked_ms=sum(spans),
            naked_ms_longest=max(spans, default=0),
        )


def _span(since: tuple[int, int], row: int, wire_ms: int, ended_as: str) -> Naked:
    """The wall clock may have been set back meanwhile: a span is never below 0."""
    return Naked(
        from_row=since[0], to_row=row, from_ms=since[1], to_ms=max(since[1], wire_ms), ended_as=ended_as
    )


def _position(trade_id: str, seen: _Seen) -> Position:
    trade, naked = seen.trade, list(seen.naked)
    if seen.since is not None:
        naked.append(_span(seen.since, seen.last_row, seen.last_ms, OPEN))
    first, protected = trade.first_exposed_ms, trade.first_protected_ms
    return Position(
        trade_id=trade_id,
        symbol=trade.symbol,
        side=trade.side,
        first_row=seen.first_row,
        last_row=seen.last_row,
        first_exposed_ms=first,
        first_protected_ms=protected,
        confirm_ms=None if first is None or protected is None else max(0, protected - first),
        naked=tuple(naked),
        naked_ms=sum(one.to_ms - one.from_ms for one in naked),
        stops=tuple(seen.stops),
        ended_ms=seen.ended_ms,
        reason=seen.reason,
    )
