"""`/api/sl-tp` on a running engine: placed at the venue, active once read back, one way when it fires."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackline.store.tokens import Scope
from tests.engine.test_asked import FIRST_MS, INTERVAL_MS, at_fifty_thousand
from tests.patience import patience
from tests.processes import LINE_S
from tests.web.house import Answer, House, house

ROOT = "/api/sl-tp"
POSITION = {
    "position_id": "pos_12345",
    "symbol": "BTCUSDT",
    "side": "long",
    "quantity": 0.01,
    "entry_price": 50_000,
    "user_id": "user_1",
}
STOP_LOSS = {**POSITION, "stop_loss_pct": 0.02}
DOCUMENTED = {
    "order_id",
    "position_id",
    "type",
    "symbol",
    "side",
    "quantity",
    "entry_price",
    "trigger_price",
    "user_id",
    "bot_id",
    "created_at",
    "status",
}


FALLS_AT = 252
"""The bar that falls: ten minutes after the start at the market's own pace, two seconds once it is hurried."""


def that_falls(directory: Path) -> list[str]:
    """Markets that stand still at 50,000 until one bar falls to 48,900."""
    arguments = at_fifty_thousand(directory)
    path = directory / "BTCUSDT-5m.csv"
    lines = path.read_text().splitlines()
    fallen = "48900,48900,48900,48900,100000"
    for number in range(FALLS_AT, len(lines) - 1):
        at_ms = FIRST_MS + number * INTERVAL_MS
        figures = "50000,50000,48900,48900,100000" if number == FALLS_AT else fallen
        lines[number + 1] = f"{at_ms},{figures}"
    path.write_text("\n".join(lines) + "\n")
    return arguments


async def post(home: House, path: str, body: Any, *, scope: Scope = Scope.TRADE, **how: Any) -> Answer:
    return await home.ask("POST", f"{ROOT}{path}", json=body, scope=scope, **how)


async def delete(home: House, order_id: str, **how: Any) -> Answer:
    return await home.ask("DELETE", f"{ROOT}/{order_id}", scope=Scope.TRADE, **how)


async def open_long(home: House) -> None:
    await home.venue.signed(
        "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010"
    )
    await home.until("/api/positions", lambda body: body["count"] and body["positions"][0]["protected"])


@pytest.mark.owns("P1", "P5")
async def test_P1_the_documented_examples_at_the_venue_before_the_answer_says_active(tmp_path: Path) -> None:
    start = str(FIRST_MS + (FALLS_AT - 2) * INTERVAL_MS)
    async with house(tmp_path, *that_falls(tmp_path), "--from", start) as home:
        await home.until("/api/protection", lambda body: body["last_look_at"])
        nothing = await post(home, "/stop-loss", STOP_LOSS)
        assert (nothing.status, nothing.code) == (404, "no-position")
        await open_long(home)
        await the_golden_stop(home)
        await what_is_refused(home)
        await the_others(home)
        await the_monitor(home)
        await the_trigger_closes_once(home)


async def the_golden_stop(home: House) -> None:
    made = await post(home, "/stop-loss", STOP_LOSS, key="stop-of-pos-12345")
    assert (made.status, made.body["success"]) == (200, True), made.body
    order = made.body["order"]
    assert set(order) >= DOCUMENTED
    assert (order["order_id"], order["trigger_price"], order["status"]) == ("sl_pos_12345", 49_000, "active")
    assert (order["side"], order["type"], order["trigger_price_str"]) == ("sell", "stop_loss", "49000.0")
    resting = await home.venue.signed("GET", "/fapi/v1/openAlgoOrders")
    assert order["client_id"] in {row["clientAlgoId"] for row in resting["rows"]}
    again = await post(home, "/stop-loss", STOP_LOSS, key="stop-of-pos-12345")
    assert (again.body, again.headers["idempotency-replayed"]) == (made.body, "true")
    other = await post(home, "/stop-loss", {**STOP_LOSS, "stop_loss_pct": 0.03}, key="stop-of-pos-12345")
    assert (other.status, other.code) == (422, "key-reused")
    active = (await home.ask("GET", f"{ROOT}/active")).body
    assert (active["count"], active["orders"][0]["venue_id"] is not None) == (1, True)
    assert active["orders"][0]["read_back_at"] is not None
    assert len(active["protection"]) >= 1
    checked = await post(home, "/check-triggers", {"current_prices": {"BTCUSDT": 48_900}}, scope=Scope.READ)
    assert checked.body["triggered_count"] == 1
    assert checked.body["triggered_orders"][0]["order_id"] == "sl_pos_12345"
    above = await post(home, "/check-triggers", {"current_prices": {"BTCUSDT": 49_100}}, scope=Scope.READ)
    assert above.body["triggered_count"] == 0
    assert (await home.ask("GET", f"{ROOT}/active")).body["orders"][0]["status"] == "active"
    assert (await home.ask("GET", "/api/positions")).body["count"] == 1


async def what_is_refused(home: House) -> None:
    keyless = await home.http.post(
        f"{home.url}{ROOT}/stop-loss",
        json=STOP_LOSS,
        headers={"Authorization": f"Bearer {home.tokens[Scope.TRADE]}"},
    )
    assert (keyless.status, (await keyless.json())["code"]) == (400, "key-missing")
    weak = await post(home, "/stop-loss", STOP_LOSS, scope=Scope.REDUCE)
    assert (weak.status, weak.code) == (403, "forbidden")
    used = await post(home, "/stop-loss", STOP_LOSS)
    assert (used.status, used.body["word"]) == (409, "order_id_used")
    late = await post(home, "/stop-loss", {**STOP_LOSS, "position_id": "late", "entry_price": 60_000})
    assert (late.status, late.body["word"]) == (409, "would_trigger")
    live = await post(home, "/check-triggers", {"current_prices": {"BTCUSDT": 1}, "live": True})
    assert (live.status, live.code) == (422, "bad-request")
    for wrong in (0, -0.02, 1.01, "NaN", "Infinity"):
        answer = await post(home, "/stop-loss", {**STOP_LOSS, "position_id": "bad", "stop_loss_pct": wrong})
        assert (answer.status, answer.code) == (422, "bad-request"), wrong
    unknown = await delete(home, "sl_nobody")
    assert (unknown.status, unknown.code) == (404, "not-found")
    own = (await home.ask("GET", f"{ROOT}/active")).body["protection"][0]["client_id"]
    last = await delete(home, own)
    assert (last.status, last.code) == (409, "last-protection")


async def the_others(home: House) -> None:
    target = await post(home, "/take-profit", {**POSITION, "take_profit_pct": 0.04})
    assert (target.body["order"]["order_id"], target.body["order"]["status"]) == ("tp_pos_12345", "active")
    assert target.body["order"]["trigger_price"] == 52_000
    trailing = await post(home, "/trailing-stop", {**POSITION, "trailing_pct": 0.03})
    assert (trailing.body["order"]["order_id"], trailing.body["order"]["status"]) == (
        "ts_pos_12345",
        "active",
    )
    assert trailing.body["order"]["trigger_price"] == 48_500
    gone = await delete(home, "ts_pos_12345")
    assert (gone.status, gone.body["status"]) == (200, "cancelled"), gone.body
    active = (await home.ask("GET", f"{ROOT}/active")).body
    assert {one["order_id"] for one in active["orders"]} == {"sl_pos_12345", "tp_pos_12345"}


async def the_monitor(home: House) -> None:
    before = (await home.ask("GET", f"{ROOT}/active")).body["orders"]
    for wrong in (0, 61):
        refused = await post(home, f"/monitor/start?check_interval={wrong}", None)
        assert refused.status == 422
    started = await post(home, "/monitor/start?check_interval=1", None)
    assert (started.body["monitoring"], started.body["check_interval"]) == (True, 1)
    shown = await home.until(f"{ROOT}/monitor/status", lambda body: body["symbols"] == ["BTCUSDT"])
    assert shown["late_orders"] == []
    assert (await post(home, "/monitor/stop", None)).status == 403
    stopped = await post(home, "/monitor/stop", None, scope=Scope.ADMIN)
    assert (stopped.body["monitoring"], "not touched" in stopped.body["message"]) == (False, True)
    assert (await home.ask("GET", f"{ROOT}/active")).body["orders"] == before
    assert (await home.ask("GET", f"{ROOT}/health")).body["checks"]["monitor_running"] is False


async def the_trigger_closes_once(home: House) -> None:
    await home.venue.post("market", {"ratio": 300})
    async with patience(LINE_S):
        while (await home.ask("GET", "/api/positions")).body["count"]:
            pass
    for _ in range(5):
        polled = await post(home, "/check-triggers", {"current_prices": {"BTCUSDT": 48_900}})
        assert polled.body["triggered_count"] == 0
    trades = await home.until("/api/trades", lambda body: body["count"] and body["trades"][0]["closed_at"])
    (trade,) = trades["trades"]
    assert float(trade["exit_quantity"]) == 0.01, "once: what was opened by hand, and no more"
    await home.until(f"{ROOT}/active", lambda body: body["count"] == 0)
