"""Marks of symbols that no stream of ours tells: from the looks at the account, where their positions are.

A guard subscribes to no market, for it cannot know which symbol is opened next; and an engine finds positions on
symbols it does not trade. Each look says the mark of every position, every two seconds while one is open.
"""

from __future__ import annotations

from collections.abc import Collection

from jackline.core.events import MarkMoved, Now, SnapshotAnswered
from jackline.core.orders import Snapshot
from jackline.core.values import Symbol


def marks_seen(event: SnapshotAnswered, *, streamed: Collection[Symbol], now: Now) -> tuple[MarkMoved, ...]:
    """The marks in a look, for symbols without a stream. To be taken before the look itself.

    Else a position that is adopted in it would be judged by a mark from the time of the one before it there, and be
    closed for a price that is long gone (P4).
    """
    if not isinstance(event.answer, Snapshot):
        return ()
    marks = {position.symbol: position.mark for position in event.answer.positions}
    return tuple(
        MarkMoved(symbol=symbol, mark=mark, market_ms=now.market_ms)
        for symbol, mark in sorted(marks.items())
        if symbol not in streamed
    )
