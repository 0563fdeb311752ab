"""What a minute's last request weight is spent on, over a real socket."""

from __future__ import annotations

import pytest

from jackline.core.orders import Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadFills, ReadSnapshot
from jackline.venue.transport.budget import UNSEEN_WEIGHT, WEIGHT_MAX
from tests.venue.faulty import faulty_venue, says
from tests.venue.makers import BTC

POSITION = {
    "symbol": BTC,
    "positionSide": "BOTH",
    "positionAmt": "1",
    "entryPrice": "60000",
    "markPrice": "60000",
    "liquidationPrice": "30000",
    "updateTime": 1,
}


@pytest.mark.owns("P1")
@pytest.mark.parametrize("left", [UNSEEN_WEIGHT + 1, UNSEEN_WEIGHT - 1, 1], ids=["enough", "little", "none"])
async def test_P1_a_look_comes_whole_while_a_little_weight_is_left(left: int) -> None:
    """A position's orders are listed after it was seen: its answer tells how little is left, and is not the last."""
    used = {"X-MBX-USED-WEIGHT-1M": str(WEIGHT_MAX - left)}
    async with faulty_venue() as (faulty, venue):
        faulty.on("GET positionRisk", says([POSITION], headers=used))
        for listing in ("openOrders", "openAlgoOrders"):
            faulty.on(f"GET {listing}", says([], headers=used))
        found = await venue.read_snapshot(ReadSnapshot(asked=1, symbols=(), money=False))
        assert isinstance(found, Snapshot if left > 1 else Unknown)
        assert faulty.count("GET openAlgoOrders") == (left > 1)
        fills = await venue.read_fills(ReadFills(symbol=BTC, after_fill_id=0))
        assert isinstance(fills, Unknown)
        assert faulty.count("GET userTrades") == (left > UNSEEN_WEIGHT)
