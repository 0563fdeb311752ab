"""Marks of symbols without a stream: each look brings its own, before it is judged."""

from __future__ import annotations

from jackline.core.events import MarkMoved, SnapshotAnswered
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadSnapshot
from jackline.engine.marks_seen import marks_seen
from tests.core.making import at, position, snapshot
from tests.core.small_venue import BTC

LOOK = ReadSnapshot(asked=1, symbols=None)


def test_a_look_tells_the_mark_of_every_position_that_no_stream_tells() -> None:
    seen = SnapshotAnswered(request=LOOK, answer=snapshot(positions=(position(mark="51000"),)))
    (moved,) = marks_seen(seen, streamed=(), now=at())
    assert moved == MarkMoved(symbol=BTC, mark=position(mark="51000").mark, market_ms=at().market_ms)


def test_a_stream_is_never_overruled_by_a_look() -> None:
    seen = SnapshotAnswered(request=LOOK, answer=snapshot(positions=(position(),)))
    assert marks_seen(seen, streamed=(BTC,), now=at()) == ()


def test_nothing_is_told_by_a_look_that_failed_or_by_anything_else() -> None:
    failed = SnapshotAnswered(request=LOOK, answer=Unknown(cause="test"))
    assert marks_seen(failed, streamed=(), now=at()) == ()
