"""Limits, kill switch and outside results over the API, on a running engine that is killed in between (K1, K4, K5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jackline.store.tokens import Scope
from tests.processes import spawn
from tests.web.house import House, house

SAFETY = "/api/trading-safety"
TRADE = {"pnl": -5, "symbol": "BTCUSDT", "side": "sell", "quantity": 0.01, "price": 50_000}


async def change(home: House, scope: Scope, **limits: Any) -> Any:
    read = await home.ask("GET", f"{SAFETY}/configuration")
    headers = {"If-Match": read.headers["etag"]}
    return await home.ask("PATCH", f"{SAFETY}/configuration", scope=scope, json=limits, headers=headers)


async def record(home: House, trade_id: str, *, scope: Scope = Scope.ADMIN, **changes: Any) -> Any:
    body = {**TRADE, "trade_id": trade_id, **changes}
    return await home.ask("POST", f"{SAFETY}/record-trade", scope=scope, json=body)


@pytest.mark.owns("K1", "K4", "K5")
async def test_K5_what_was_tightened_and_tripped_over_the_api_outlives_kill_9(tmp_path: Path) -> None:
    async with house(tmp_path, risk__losing_streak_max="3") as home:
        await home.until(f"{SAFETY}/status", lambda body: body["kill_level"] == "normal")
        await home.until("/api/equity", lambda body: body["day_start_quote"])
        tight = await change(home, Scope.REDUCE, max_position_size_pct=0.05)
        assert (tight.status, tight.body["max_position_size_pct"]) == (200, 0.05), tight.body
        read = await home.ask("GET", f"{SAFETY}/configuration")
        assert read.body == tight.body, "who reads after the answer reads what holds"
        assert read.headers["etag"] == tight.headers["etag"]
        weak = await change(home, Scope.TRADE, max_position_size_pct=0.06, reason="more")
        assert (weak.status, weak.code) == (403, "forbidden")
        silent = await change(home, Scope.ADMIN, max_position_size_pct=0.06)
        assert (silent.status, silent.code) == (403, "confirm")
        looser = await change(home, Scope.ADMIN, max_position_size_pct=0.06, reason="calm market")
        assert (looser.status, looser.body["max_position_size_pct"]) == (200, 0.06)
        await losses_from_outside(home)
        await home.until(f"{SAFETY}/status", lambda body: body["kill_switch_active"])
        tripped = await change(home, Scope.ADMIN, max_position_size_pct=0.07, reason="calm market")
        assert (tripped.status, tripped.code) == (409, "tripped")
        await over_a_kill(home)
        await levels(home)


async def losses_from_outside(home: House) -> None:
    assert (await record(home, "t-1", scope=Scope.TRADE)).status == 403
    first = await record(home, "t-1")
    assert (first.status, first.body["success"]) == (200, True), first.body
    assert "the day's result comes from the venue's equity" in first.body["message"]
    assert (await record(home, "t-1")).body["message"] == first.body["message"], "once a trade_id"
    other = await record(home, "t-1", pnl=-6)
    assert (other.status, other.code) == (422, "key-reused")
    assert other.body["detail"].startswith("trade_id: t-1 is on record"), other.body
    gain = await record(home, "t-2", pnl=50)
    assert gain.body["message"].startswith("noted: ")
    shown = await home.until(f"{SAFETY}/status", lambda body: body["consecutive_losses"] == 1)
    assert shown["kill_switch_active"] is False
    await record(home, "t-3")
    await record(home, "t-4")


async def over_a_kill(home: House) -> None:
    assert home.engine is not None
    await home.engine.kill()
    home.engine = await spawn("engine", "--config", str(home.config))
    await home.engine.event("running")
    home.engine.drain()
    kept = await home.until("/readyz", lambda body: body["ready"], scope=None)
    assert kept["ready"]
    status = (await home.ask("GET", f"{SAFETY}/status")).body
    assert (status["kill_level"], status["consecutive_losses"]) == ("no_new_risk", 3)
    assert status["configuration"]["max_position_size_pct"] == 0.06


async def levels(home: House) -> None:
    shown = (await home.ask("GET", "/api/kill-switch")).body
    assert shown["level"] == "no_new_risk"
    assert [one["level"] for one in shown["levels"]] == ["normal", "no_new_risk", "flatten", "locked"]
    assert shown["levels"][2]["text"] == "cancels 0 entries, keeps 0 stops, closes 0 positions"
    path = f"{SAFETY}/reset-kill-switch"
    weak = await home.ask("POST", path, scope=Scope.TRADE, json={"reason": "x"})
    assert (weak.status, weak.code) == (403, "forbidden")
    bare = await home.ask("POST", f"{path}?admin_override=true", scope=Scope.ADMIN)
    assert (bare.status, bare.code) == (403, "forbidden")
    calm = await home.ask("POST", path, scope=Scope.ADMIN, json={"reason": "looked at it"})
    assert (calm.status, calm.body.get("kill_switch_active")) == (200, False), calm.body
    assert calm.body["consecutive_losses"] == 0
    halted = await home.ask("POST", "/api/halt", scope=Scope.REDUCE)
    assert (halted.status, halted.body["answer"]) == (200, "no_new_risk")
    up = await home.ask(
        "PUT", "/api/kill-switch", scope=Scope.REDUCE, json={"level": "flatten", "reason": "drill"}
    )
    assert up.body["answer"] == "flatten"
    await home.until("/api/kill-switch", lambda body: body["level"] == "flatten")
    lower = {"level": "no_new_risk", "reason": "drill"}
    down = await home.ask("PUT", "/api/kill-switch", scope=Scope.ADMIN, json=lower)
    assert (down.status, down.code) == (422, "bad-request")
    normal = {"level": "normal", "reason": "drill over"}
    refused = await home.ask("PUT", "/api/kill-switch", scope=Scope.REDUCE, json=normal)
    assert (refused.status, refused.code) == (403, "forbidden")
    assert (await home.ask("PUT", "/api/kill-switch", scope=Scope.ADMIN, json=normal)).status == 200
    await home.until("/api/kill-switch", lambda body: body["level"] == "normal")
    stopped = await home.ask("POST", "/api/bots/main/stop?close=true", scope=Scope.REDUCE)
    assert stopped.body["answer"] == "stopped"
    await home.until("/api/bots/main", lambda body: body["state"] == "stopped")
    assert (await home.ask("POST", "/api/bots/main/start", scope=Scope.TRADE)).body["answer"] == "running"
    assert (await home.ask("POST", "/api/reconcile/run", scope=Scope.REDUCE)).body["answer"] == "looking"
    assert (await home.ask("GET", "/api/reconcile")).body["unprotected"] == []
    phases = (await home.ask("GET", "/api/phases")).body
    assert (phases["phase"], phases["ready"]) == ("paper", False)
    wanted = {"to": "testnet", "reason": "ready"}
    lacking = await home.ask("POST", "/api/phases", scope=Scope.ADMIN, json=wanted)
    assert (lacking.status, lacking.code, bool(lacking.body["lacking"])) == (409, "lacking", True)
    told = (await home.ask("GET", "/api/incidents")).body["incidents"]
    seen = await home.ask("POST", f"/api/incidents/{told[0]['id']}/ack", scope=Scope.REDUCE)
    assert seen.body["id"] == told[0]["id"]
    assert (await home.ask("GET", "/api/acknowledgements")).body["count"] == 1
    rows = (await home.ask("GET", "/api/audit?limit=200", scope=Scope.ADMIN)).body["rows"]
    acts = {row["what"] for row in rows}
    assert {"limits.change", "kill-switch", "record-trade", "bot.start", "bot.stop", "incident.ack"} <= acts
    (change_row, *_) = [row for row in rows if row["what"] == "limits.change" and row["reason"]]
    assert change_row["before"] != change_row["after"]
    assert change_row["from_address"] == "127.0.0.1"
