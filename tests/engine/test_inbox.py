"""The inbox: order kept, marks and ticks conflated, the bound loud."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.errors import InvariantBroken
from jackline.core.events import AccountHinted, MarkMoved, StreamChanged, Ticked
from jackline.core.values import MarketMs, Price, Symbol
from jackline.engine.inbox import EVENTS_MAX, Inbox


def _mark(symbol: str, price: int) -> MarkMoved:
    return MarkMoved(symbol=Symbol(symbol), mark=Price(Decimal(price)), market_ms=MarketMs(price))


async def test_events_keep_their_order() -> None:
    inbox = Inbox()
    inbox.put(StreamChanged(up=True))
    inbox.put(AccountHinted(symbol=None))
    assert await inbox.get() == StreamChanged(up=True)
    assert await inbox.get() == AccountHinted(symbol=None)


async def test_only_the_newest_mark_of_a_symbol_waits() -> None:
    inbox = Inbox()
    for price in range(1, 1_000):
        inbox.put(_mark("AAA", price))
        inbox.put(_mark("BBB", price))
    assert len(inbox) == 2
    assert await inbox.get() == _mark("AAA", 999)
    assert await inbox.get() == _mark("BBB", 999)


async def test_one_tick_waits_at_a_time() -> None:
    inbox = Inbox()
    inbox.put(Ticked())
    inbox.put(Ticked())
    assert len(inbox) == 1
    await inbox.get()
    inbox.put(Ticked())
    assert len(inbox) == 1


async def test_L2_a_loop_that_stopped_working_is_loud() -> None:
    inbox = Inbox()
    for _ in range(EVENTS_MAX):
        inbox.put(AccountHinted(symbol=None))
    with pytest.raises(InvariantBroken, match="L2"):
        inbox.put(AccountHinted(symbol=None))
