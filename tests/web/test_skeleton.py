"""What is open, what protects it, and closing it, by real processes."""

from __future__ import annotations

from pathlib import Path

from jackline.store.tokens import Scope
from tests.web.house import house


async def test_a_position_is_shown_with_its_confirmed_stop_and_closed_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        nothing = await home.ask("GET", "/api/positions", scope=None)
        assert (nothing.status, nothing.code) == (401, "unauthenticated")
        await home.venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010"
        )
        shown = await home.until(
            "/api/positions", lambda body: body["count"] == 1 and body["positions"][0]["protected"]
        )
        (one,) = shown["positions"]
        assert one["id"] == "BTCUSDT:long"
        assert one["confirmed_stop"] is not None
        health = await home.ask("GET", "/health", scope=None)
        assert (health.status, health.body["status"]) == (200, "ok")
        refused = await home.ask("POST", "/api/positions/BTCUSDT:long/close", scope=Scope.READ)
        assert (refused.status, refused.code) == (403, "forbidden")
        key = "close-it-once"
        first = await home.ask("POST", "/api/positions/BTCUSDT:long/close", scope=Scope.REDUCE, key=key)
        assert (first.status, first.body["answer"], first.body["by"]) == (200, "closing", "engine")
        await home.until("/api/positions", lambda body: body["count"] == 0)
