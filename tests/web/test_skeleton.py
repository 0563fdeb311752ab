"""What is open, what protects it, and closing it, by real processes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from click import Command
from click.testing import CliRunner, Result

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.main import load
from jackline.store.tokens import Scope
from tests.packaging.metrics_used import exported, used
from tests.patience import patience
from tests.processes import LINE_S
from tests.web.house import House, house


async def test_a_position_is_shown_with_its_confirmed_stop_and_closed_once(tmp_path: Path) -> None:
    async with house(tmp_path, "--generate", "BTCUSDT,ETHUSDT,SOLUSDT") as home:
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
        await a_close_by_command_knows_what_is_open(home)


async def a_close_by_command_knows_what_is_open(home: House) -> None:
    """Or is traded: any other symbol is bad input. What nobody configured is closed all the same (K2)."""

    async def close(symbol: str) -> Result:
        said = ("--config", str(home.config), "--symbol", symbol, "--yes")
        return await asyncio.to_thread(CliRunner().invoke, cast("Command", load("close")), said)

    mistyped = await close("NOPE")
    assert (mistyped.exit_code, type(mistyped.exception)) == (1, CommandFailed)
    assert cast("CommandFailed", mistyped.exception).code is ExitCode.BAD_INPUT
    assert (await close("ETHUSDT")).exit_code == 0, "traded, and flat"
    await home.venue.signed(
        "POST", "/fapi/v1/order", symbol="SOLUSDT", side="BUY", type="MARKET", quantity="1"
    )
    foreign = await close("SOLUSDT")  # at once: the engine may not have seen it yet
    assert (foreign.exit_code, "SOLUSDT is flat" in foreign.output) == (0, True), foreign.output


async def test_records_metrics_and_events_tell_of_one_trade(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        stream = await home.http.get(
            f"{home.url}/api/events", headers={"Authorization": f"Bearer {home.tokens[Scope.READ]}"}
        )
        assert stream.headers["content-type"].startswith("text/event-stream")
        await home.venue.signed(
            "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010"
        )
        await home.until("/api/protection", lambda body: body["today"]["windows"] == 1)
        await home.ask("POST", "/api/close-all", scope=Scope.REDUCE)
        listed = await home.until(
            "/api/trades", lambda body: body["count"] and body["trades"][0]["closed_at"]
        )
        assert listed["trades"][0]["exit_reason"] == "operator"
        shown = (await home.ask("GET", "/metrics", scope=None)).body
        assert "jackline_protection_coverage_ratio 1.0" in shown
        assert "jackline_stop_confirm_seconds_count 1.0" in shown
        assert 'jackline_phase{phase="paper"} 1.0' in shown
        assert used() - exported(str(shown)) == set(), "the dashboard or a rule asks for what nobody exports"
        seen = []
        async for raw in stream.content:
            seen.append(raw.decode())
            if raw.startswith(b"event: ended"):
                break
        stream.close()
        assert any(one.startswith("event: trade") for one in seen)
        await a_stream_ends_with_its_token(home)
        proven = await home.until("/api/protection", lambda body: body["rungs"] and body["rungs"][0]["rung"])
        assert all(one["proven_at"] for one in proven["rungs"] if one["rung"])
        page = await home.ask("GET", "/api/journal?limit=3")
        older = await home.ask("GET", f"/api/journal?limit=3&cursor={page.body['next_cursor']}")
        assert page.body["count"] == 3
        assert all(row["seq"] > page.body["rows"][-1]["seq"] for row in older.body["rows"])
        assert (await home.ask("GET", "/api/journal?cursor=xyz")).code == "bad-request"


async def a_stream_ends_with_its_token(home: House) -> None:
    """And what is wrong with it is said before it begins."""
    made = await home.ask("POST", "/api/tokens", scope=Scope.ADMIN, json={"name": "lost", "scope": "read"})
    headers = {"Authorization": f"Bearer {made.body['token']}"}
    async with home.http.get(f"{home.url}/api/events", headers={**headers, "Last-Event-ID": "0"}) as stream:
        assert (await stream.content.readuntil(b"id: 1\n")).endswith(b"id: 1\n")
        ended = await home.ask("DELETE", f"/api/tokens/{made.body['id']}", scope=Scope.ADMIN)
        assert ended.status == 200, ended.body
        async with patience(LINE_S):
            while await stream.content.read(65_536):
                pass
    beyond = await home.ask("GET", "/api/events", headers={"Last-Event-ID": "99999999"})
    assert (beyond.status, beyond.code) == (422, "bad-request")
