"""What was asked, by route, and the part of the testimony that changed lately."""

from __future__ import annotations

from jackline.exchange.wire.limits import WEIGHT_PER_MINUTE
from jackline.exchange.wire.traffic import Traffic
from tests.exchange.served import Unserved, exchange


def test_requests_weight_and_refusals_are_counted_by_route() -> None:
    world = Unserved()
    for _ in range(WEIGHT_PER_MINUTE // 40 + 2):
        world.ask("GET", "v1/openOrders")
    world.ask("GET", "v1/openOrders", symbol="BTCUSDT")
    told = world.exchange.floor.traffic.report()
    assert isinstance(told, dict)
    assert told["weight_max"] == WEIGHT_PER_MINUTE + 81
    assert told["routes"] == {
        "GET /fapi/v1/openOrders": {"requests": 63, "weight": WEIGHT_PER_MINUTE + 81, "refused": 3}
    }


def test_the_heaviest_minute_is_remembered() -> None:
    traffic = Traffic()
    for used in (5, 900, 3):
        traffic.note("GET /fapi/v1/time", weight=1, used=used, refused=False)
    assert traffic.weight_max == 900


async def test_it_is_told_beside_the_episodes_since_a_moment() -> None:
    async with exchange() as served:
        told = await served.control("switches", price_period_ms=500)
        assert "error" not in told
        assert "error" in await served.control("switches", price_period_ms=0)
        traffic = await served.control("traffic")
        assert traffic["routes"] == {}
        assert (await served.control("episodes?since_wire_ms=0"))["opened"] == 0
        assert "error" in await served.control("episodes?since_wire_ms=soon")
