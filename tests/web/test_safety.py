"""`/api/trading-safety` on a running engine: the examples of the source documents, and what they got wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackline.store.tokens import Scope
from tests.web.house import House, house

SAFETY = "/api/trading-safety"
ORDER = {
    "symbol": "BTCUSDT",
    "side": "buy",
    "quantity": 0.5,
    "price": 50_000,
    "account_balance": 10_000,
    "current_positions": {},
}
SHAPE = {
    "kill_switch_active",
    "kill_switch_reason",
    "kill_level",
    "daily_pnl",
    "trades_today",
    "consecutive_losses",
    "last_reset",
    "configuration",
}
BAD = {
    "nan": '{"symbol": "BTCUSDT", "side": "buy", "quantity": NaN, "price": 1, "account_balance": 1}',
    "infinity": '{"symbol": "BTCUSDT", "side": "buy", "quantity": Infinity, "price": 1, "account_balance": 1}',
    "1e308": '{"symbol": "BTCUSDT", "side": "buy", "quantity": 1e308, "price": 1, "account_balance": 1}',
    "1e999": '{"symbol": "BTCUSDT", "side": "buy", "quantity": 1e999, "price": 1, "account_balance": 1}',
    "negative": '{"symbol": "BTCUSDT", "side": "buy", "quantity": -1, "price": 1, "account_balance": 1}',
    "side": '{"symbol": "BTCUSDT", "side": "up", "quantity": 1, "price": 1, "account_balance": 1}',
    "symbol": '{"symbol": "\\uff22TC\\u0000", "side": "buy", "quantity": 1, "price": 1, "account_balance": 1}',
    "unknown field": '{"symbol": "BTCUSDT", "side": "buy", "quantity": 1, "price": 1, "account_balance": 1, "x": 1}',
    "no json": "{",
    "a list": "[]",
    "not utf-8": b"\xff\xfe",
    "deep": "[" * 30_000,
}


async def post(home: House, path: str, body: Any, *, scope: Scope = Scope.READ) -> Any:
    return await home.ask("POST", f"{SAFETY}{path}", json=body, scope=scope)


@pytest.mark.owns("S2")
async def test_the_examples_of_the_source_documents_and_every_kind_of_bad_input(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.until("/api/protection", lambda body: body["last_look_at"])
        shrunk = await post(home, "/validate", ORDER)
        assert shrunk.body["valid"] is True
        assert shrunk.body["adjustments"]["adjusted_quantity"] * 50_000 == pytest.approx(1_000)
        assert (await post(home, "/validate", {**ORDER, "quantity": 0.01})).body["adjustments"] is None
        held = {"BTCUSDT": {"value": 25_000, "quantity": 0.5}}
        sold = await post(home, "/validate", {**ORDER, "side": "sell", "current_positions": held})
        assert (sold.body["valid"], sold.body["adjustments"]) == (True, None)

        slipped = await post(
            home, "/check-slippage", {"expected_price": 100, "actual_price": 101, "side": "buy"}
        )
        assert (slipped.body["acceptable"], slipped.body["slippage_pct"]) == (False, pytest.approx(0.01))
        better = await post(
            home, "/check-slippage", {"expected_price": 100, "actual_price": 90, "side": "BUY"}
        )
        assert better.body["acceptable"] is True

        status = (await home.ask("GET", f"{SAFETY}/status")).body
        assert set(status) == SHAPE
        assert status["kill_level"] == "normal"
        assert status["configuration"]["max_position_size_pct"] == 0.1

        for name, text in BAD.items():
            answer = await home.ask(
                "POST", f"{SAFETY}/validate", data=text, headers={"content-type": "application/json"}
            )
            assert (answer.status, answer.code) in {(422, "bad-request"), (400, "bad-request")}, name
        large = await home.ask("POST", f"{SAFETY}/validate", data="x" * 100_000)
        assert (large.status, large.code) == (413, "too-large")
        elsewhere = await home.ask(
            "POST", f"{SAFETY}/validate", json=ORDER, headers={"Origin": "http://evil.example"}
        )
        assert (elsewhere.status, elsewhere.code) == (403, "forged")
        rebound = await home.ask("GET", f"{SAFETY}/status", headers={"Host": "evil.example"})
        assert (rebound.status, rebound.code) == (421, "unknown-host")
        assert (await home.ask("GET", f"{SAFETY}/health")).body["status"] == "healthy"
