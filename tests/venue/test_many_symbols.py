"""What hundreds of symbols cost: settings read for all at once, and listings of many positions at once (K2)."""

from __future__ import annotations

import pytest

from jackline.core.events import AccountHinted, LeverageChanged
from jackline.core.orders import MarginType, Snapshot
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Symbol
from jackline.venue.binance.snapshot import LISTED_EACH_MAX
from jackline.venue.port import SymbolFacts
from tests.venue.faulty import faulty_venue, says

NAMES = [f"C{number:03d}USDT" for number in range(LISTED_EACH_MAX + 5)]


def settings(leverage: int) -> list[dict[str, object]]:
    return [{"symbol": name, "marginType": "ISOLATED", "leverage": leverage} for name in NAMES]


def position(name: str) -> dict[str, object]:
    return {
        "symbol": name, "positionSide": "BOTH", "positionAmt": "1", "entryPrice": "10", "markPrice": "10",
        "liquidationPrice": "5", "updateTime": 1,
    }  # fmt: skip


@pytest.mark.owns("K2")
async def test_K2_the_settings_of_hundreds_of_symbols_are_read_at_once() -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET symbolConfig", says(settings(4)))
        for name in NAMES:
            found = await venue.prepare_symbol(Symbol(name), 4, MarginType.ISOLATED)
            assert isinstance(found, SymbolFacts)
        assert faulty.count("GET symbolConfig") == 1


@pytest.mark.owns("C4")
@pytest.mark.parametrize(
    ("event", "asked"),
    [
        (LeverageChanged(symbol=Symbol(NAMES[0]), leverage=20), 2),
        (LeverageChanged(symbol=Symbol("OTHERUSDT"), leverage=4), 2),
        (AccountHinted(symbol=None), 2),
        (LeverageChanged(symbol=Symbol(NAMES[0]), leverage=4), 1),
    ],
)
async def test_C4_settings_that_an_event_contradicts_are_read_anew(
    event: LeverageChanged, asked: int
) -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET symbolConfig", says(settings(4)))
        await venue.prepare_symbol(Symbol(NAMES[0]), 4, MarginType.ISOLATED)
        venue._settings.hear(event)  # what the user stream tells goes this way
        await venue.prepare_symbol(Symbol(NAMES[1]), 4, MarginType.ISOLATED)
        assert faulty.count("GET symbolConfig") == asked


@pytest.mark.owns("C4")
async def test_C4_what_was_set_is_read_back_and_never_taken_from_before() -> None:
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET symbolConfig", says(settings(20)), says(settings(4)))
        faulty.on("POST leverage", says({"leverage": 4}))
        found = await venue.prepare_symbol(Symbol(NAMES[0]), 4, MarginType.ISOLATED)
        assert isinstance(found, SymbolFacts)
        assert found.leverage == 4
        assert [name for name, _ in faulty.asked] == ["GET symbolConfig", "POST leverage", "GET symbolConfig"]


@pytest.mark.owns("K2")
@pytest.mark.parametrize("held", [LISTED_EACH_MAX, LISTED_EACH_MAX + 1])
async def test_K2_orders_of_more_positions_than_that_are_listed_at_once(held: int) -> None:
    """A watchdog asks for no symbol by name, and sees to every position: one by one that would weigh a minute."""
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET positionRisk", says([position(name) for name in NAMES[:held]]))
        for listing in ("openOrders", "openAlgoOrders"):
            faulty.on(f"GET {listing}", says([]))
        found = await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(), money=False))
        assert isinstance(found, Snapshot)
        assert all(found.lists(Symbol(name)) for name in NAMES[:held])
        # Of whom, not how often: a listing that is late is asked for again.
        named = {fields.get("symbol") for what, fields in faulty.asked if what == "GET openAlgoOrders"}
        assert named == (set(NAMES[:held]) if held <= LISTED_EACH_MAX else {None})
