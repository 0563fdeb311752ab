"""The attached canary: what must not count as a proof, and that even its failures leave nothing bare."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jackline.core.ids import Role, client_id
from jackline.core.orders import PositionMode, PriceSource
from jackline.core.requests import SendEntry
from jackline.core.values import price
from jackline.venue.canary import CanaryProof, CanaryTask
from jackline.venue.canary_attached import AWAY_FRACTION, prove_attached
from tests.venue.benches import BINGX
from tests.venue.cards import CLOCK, Table, announced
from tests.venue.local import Local, local_bingx
from tests.venue.makers import TRADE

ORDER_PATH = "/openApi/swap/v2/trade/order"
LIST_PATH = "/openApi/swap/v2/trade/openOrders"


async def sing(local: Local[Any], *, mark: str = "60000") -> tuple[CanaryProof, list[SendEntry], list[str]]:
    """The proof, the entries that were announced, and the names of all steps."""
    at = Table(bench=BINGX, local=local, mode=PositionMode.NETTING)
    task = CanaryTask(
        trade_id=TRADE,
        attempt=1,
        instrument=await at.instrument(),
        mark=price(mark),
        position_mode=PositionMode.NETTING,
        price_source=PriceSource.MARK,
    )
    steps: list[str] = []
    entries: list[SendEntry] = []
    waited, told = announced(steps)

    async def on_entry(request: SendEntry) -> None:
        names = [one["client_id"] for one in (await local.witness())["orders"]]
        assert request.client_id not in names, "announced before it is sent"
        entries.append(request)
        await waited(request)

    proof = await prove_attached(venue=at.venue, task=task, on_entry=on_entry, on_cancel=told, clock=CLOCK)
    return proof, entries, steps


@pytest.mark.owns("C4")
async def test_C4_it_is_the_smallest_entry_far_away_with_its_stop() -> None:
    async with local_bingx() as local:
        proof, (sent,), steps = await sing(local)
        plan = sent.entry
        assert sent.client_id == client_id(TRADE, Role.CANARY, 1)
        assert plan.collar_price == 60_000 * (1 - AWAY_FRACTION)
        assert plan.stop.disaster_price == plan.collar_price * (1 - AWAY_FRACTION)
        assert (
            plan.quantity * plan.collar_price >= 100 > (plan.quantity - Decimal("0.001")) * plan.collar_price
        )
        assert plan.entry_latest_ms - plan.signal_market_ms == plan.receive_window_ms == 1_000
        assert steps == ["SendEntry"]
        assert "expired, nothing left" in proof.evidence


@pytest.mark.owns("C4")
async def test_C4_one_that_fills_proves_nothing_and_stands_with_its_stop() -> None:
    async with local_bingx() as local:
        proof, (sent,), _ = await sing(local, mark="63000")
        assert proof.rung is None
        assert "it filled" in proof.evidence
        at = Table(bench=BINGX, local=local, mode=PositionMode.NETTING)
        (leg,) = (await at.look()).orders
        assert leg.quantity == sent.entry.quantity == (await at.position()).quantity
        again, later, _ = await sing(local)
        assert (again.rung, later) == (None, [])
        assert "flat" in again.evidence
        (episode,) = (await local.witness())["episodes"]
        assert episode["naked_ms"] == 0


@pytest.mark.owns("C4")
@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"kind": "answer", "form": "empty", "executed": True, "methods": ["POST"], "count": 1}, "placing"),
        ({"kind": "answer", "form": "empty", "executed": False, "methods": ["POST"], "count": 1}, "placing"),
        ({"kind": "refuse", "code": -2019, "methods": ["POST"], "count": 1}, "placing"),
        ({"kind": "answer", "form": "html", "executed": True, "paths": [LIST_PATH]}, "before"),
        (
            {"kind": "answer", "form": "html", "executed": True, "paths": [ORDER_PATH], "methods": ["GET"]},
            "reading back",
        ),
    ],
)
async def test_C4_anything_unclear_proves_nothing_and_leaves_nothing(
    rule: dict[str, object], word: str
) -> None:
    async with local_bingx() as local:
        await local.control("faults", rule)
        proof, _, _ = await sing(local)
        assert proof.rung is None
        assert word in proof.evidence
        witness = await local.witness()
        assert (witness["fills"], witness["orphans"], witness["algos"]) == ([], [], [])


@pytest.mark.owns("C4")
async def test_C4_a_leg_that_the_venue_cannot_arm_is_refused_with_its_entry() -> None:
    """A trigger on the wrong side is judged when the entry is, even far from the market."""
    async with local_bingx() as local:
        at = Table(bench=BINGX, local=local, mode=PositionMode.NETTING)
        instrument = replace(await at.instrument(), price_tick=Decimal("0.01"))
        task = CanaryTask(
            trade_id=TRADE,
            attempt=1,
            instrument=instrument,
            mark=price("60000.03"),
            position_mode=PositionMode.NETTING,
            price_source=PriceSource.MARK,
        )
        waited, told = announced([])
        proof = await prove_attached(venue=at.venue, task=task, on_entry=waited, on_cancel=told, clock=CLOCK)
        assert proof.rung is None
        assert "109400" in proof.evidence
