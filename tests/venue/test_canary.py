"""What must not count as a proof: every way in which a canary's stop can be other than it was sent."""

from __future__ import annotations

from typing import Any

import pytest

from jackline.core.ids import Role, client_id
from jackline.core.orders import PositionMode, PriceSource
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, Mutation, SendStop
from jackline.core.values import price
from jackline.venue.canary import CanaryTask, prove_rung
from tests.venue.faulty import Answer, drops, faulty_venue, says
from tests.venue.makers import TRADE, WallClock, instrument

TASK = CanaryTask(
    trade_id=TRADE,
    attempt=1,
    instrument=instrument(),
    mark=price(60_000),
    position_mode=PositionMode.NETTING,
    price_source=PriceSource.MARK,
)
STOP: dict[str, Any] = {
    "algoId": 77,
    "clientAlgoId": client_id(TRADE, Role.CANARY, 1),
    "orderType": "STOP_MARKET",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "algoStatus": "NEW",
    "triggerPrice": "30000",
    "workingType": "MARK_PRICE",
    "closePosition": True,
    "priceProtect": False,
    "reduceOnly": False,
    "updateTime": 2,
}
GONE = STOP | {"algoStatus": "CANCELED"}
CANCELLED = says({"algoId": 77, "clientAlgoId": STOP["clientAlgoId"], "code": "200", "msg": "success"})
NO_SUCH = says({"code": -2013, "msg": "no such order"}, status=400)


async def rung(
    *, place: Answer, reads: list[Answer], cancel: Answer = CANCELLED
) -> tuple[Rung | None, int, list[Mutation]]:
    """The rung that these answers prove, how many cancels the venue saw, and the steps announced."""
    steps: list[Mutation] = []

    async def on_stop(stop: SendStop) -> None:
        steps.append(stop)

    async with faulty_venue() as (faulty, venue):
        faulty.on("POST algoOrder", place)
        faulty.on("GET algoOrder", *reads)
        faulty.on("DELETE algoOrder", cancel)
        proof = await prove_rung(
            venue=venue, task=TASK, on_stop=on_stop, on_cancel=steps.append, clock=WallClock()
        )
        return proof.rung, faulty.count("DELETE algoOrder"), steps


async def test_c4_all_four_steps_prove_stop_first() -> None:
    proven, cancels, _ = await rung(place=says(STOP), reads=[says(STOP), says(GONE)])
    assert (proven, cancels) == (Rung.STOP_FIRST, 1)
    proven, _, _ = await rung(place=says(STOP), reads=[says(STOP), says(GONE), NO_SUCH])
    assert proven is Rung.STOP_FIRST


@pytest.mark.parametrize(
    "change",
    [
        {"closePosition": False},
        {"orderType": "STOP"},
        {"side": "BUY"},
        {"triggerPrice": "30000.1"},
        {"workingType": "CONTRACT_PRICE"},
        {"priceProtect": True},
        {"algoStatus": "TRIGGERING"},
        {"algoStatus": "SOMETHING_NEW"},
    ],
    ids=str,
)
async def test_c4_a_stop_read_back_other_than_sent_proves_nothing(change: dict[str, Any]) -> None:
    proven, cancels, steps = await rung(place=says(STOP), reads=[says(STOP | change), says(GONE)])
    assert proven is None
    assert cancels == sum(isinstance(step, CancelOrder) for step in steps)


@pytest.mark.parametrize(
    ("place", "reads", "cancel", "cancels"),
    [
        pytest.param(drops, [says(STOP), says(GONE)], CANCELLED, 1, id="placing-unknown"),
        pytest.param(says(STOP), [NO_SUCH], CANCELLED, 0, id="never-there"),
        pytest.param(says(STOP), [drops], CANCELLED, 1, id="unreadable-is-cancelled-by-name"),
        pytest.param(says(STOP), [says(STOP), says(GONE)], drops, 1, id="cancelling-unknown"),
        pytest.param(says(STOP), [says(STOP)], CANCELLED, 1, id="still-there"),
        pytest.param(
            says({"code": -2015, "msg": "permissions"}, status=401),
            [NO_SUCH],
            CANCELLED,
            0,
            id="refused-otherwise",
        ),
    ],
)
async def test_c4_anything_unclear_on_the_way_proves_nothing(
    place: Answer, reads: list[Answer], cancel: Answer, cancels: int
) -> None:
    proven, seen, _ = await rung(place=place, reads=reads, cancel=cancel)
    assert (proven, seen) == (None, cancels)
