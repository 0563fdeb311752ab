"""Bots over the API with everything running: taken up, changed and removed, while a stop rests at the exchange."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jackline.cli.demo.witness import Witness
from jackline.engine import heartbeat
from jackline.store.host_disk import HostDisk
from tests.cli.test_run import running, until
from tests.processes import Child, Json

HAND = {
    "name": "hand",
    "strategy": "webhook",
    "symbols": ["SOLUSDT"],
    "budget_fraction": 0.3,
    "reason": "why",
}


SOON_S = 150.0
"""Several starts of an engine, on a machine that does other things too."""


class Api:
    """One demo house, asked with its admin token."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Json]:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{self.url}{path}", json=body, headers=sent) as answer,
        ):
            return answer.status, dict(await answer.json())

    async def until(self, path: str, wanted: Any) -> Json:
        return await until(self.url, self.token, path, wanted, within_s=SOON_S)

    async def bot(self, name: str, **wanted: Any) -> Json:
        """A bot, once it is as wanted."""

        def is_so(body: Json) -> bool:
            rows = {row["id"]: row for row in body["bots"]}
            return name in rows and wanted.items() <= rows[name].items()

        body = await self.until("/api/bots", is_so)
        return dict(next(row for row in body["bots"] if row["id"] == name))


async def opened(api: Api) -> Json:
    """A position of the bot's, protected; asked for by webhook, on whichever side the gates allow."""
    await api.until("/readyz", lambda body: body["ready"])
    said = []
    for side in ("buy", "sell", "buy", "sell"):
        alert = {"bot": "hand", "symbol": "SOLUSDT", "side": side, "time": time.time_ns() // 1_000_000}
        status, told = await api.ask("POST", "/api/signals", alert)
        said.append(told)
        if status == 202:
            told = await api.until(told["link"], lambda body: body["status"] == "done")
        if str(told.get("answer")).startswith("taken"):
            body = await api.until(
                "/api/positions", lambda body: any(one["protected"] for one in of_the_bot(body))
            )
            return dict(of_the_bot(body)[0])
    raise AssertionError(said)


def of_the_bot(body: Json) -> list[Json]:
    return [one for one in body["positions"] if one["symbol"] == "SOLUSDT"]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.owns("P1", "C1")
async def test_P1_a_stop_rests_throughout_while_a_bot_comes_changes_and_goes(tmp_path: Path) -> None:
    async with running(tmp_path, "--speed", "1", within_s=SOON_S) as (child, url, token):
        api, place = Api(url, token), tmp_path / "demo"
        # The market is warmed up at a great speed before: a position of then would be stopped at once.
        await api.until(
            "/readyz", lambda body: body["ready"] and any("trading" in one for one in child.noise)
        )
        own = place / "jackline.toml"
        edited(own, "[regime]\n", '[regime]\ngate = "off"\n')
        before, written = heartbeat.read(HostDisk(), place / "state"), own.read_bytes()
        status, made = await api.ask("POST", "/api/bots", HAND)
        assert status in {201, 202}, made
        await api.bot("hand", state="running", in_force=True)
        await opened(api)
        began_ms = time.time() * 1_000
        etag = (await api.bot("hand"))["etag"]
        status, less = await api.ask(
            "PATCH", "/api/bots/hand", {"budget_fraction": 0.2}, **{"If-Match": etag}
        )
        assert status in {200, 202}, less
        await api.bot("hand", state="running", in_force=True, budget_fraction=0.2)
        status, held = await api.ask("DELETE", "/api/bots/hand")
        assert (status, held["code"], held["open"][0].split(":")[0]) == (409, "holds-positions", "SOLUSDT")
        status, gone = await api.ask("DELETE", "/api/bots/hand?keep=true")
        assert status in {200, 202}, gone
        row = await api.bot("hand", state="gone")
        assert row["open"] == held["open"]
        await api.until("/readyz", lambda body: body["ready"])
        after = heartbeat.read(HostDisk(), place / "state")
        assert before is not None
        assert after is not None
        assert (before.pid, own.read_bytes()) == (after.pid, written), "one engine, and the user's own file"
        await a_stop_rested(tomllib.loads(own.read_text())["venue"]["url"], since_ms=began_ms)
        await a_configuration_that_does_not_fit_the_venue_stops_nothing(api, own)


def is_trading(child: Child) -> bool:
    """Told before the dashboard was there, or since."""
    told = any(line.get("event") == "trading" for line in child.seen)
    return told or any('"trading"' in line for line in child.noise)


def edited(own: Path, before: str, after: str) -> None:
    text = own.read_text()
    assert before in text
    own.write_text(text.replace(before, after, 1))


async def a_stop_rested(url: str, *, since_ms: float) -> None:
    """By the exchange's own word: it is open, covered, and was never naked since then."""
    async with aiohttp.ClientSession() as session:
        told = await Witness(url, session).testimony()
    (episode,) = [one for one in told.living if one.symbol == "SOLUSDT"]
    assert not episode.naked_now
    assert [one for one in episode.naked_intervals if one[1] > since_ms] == []
    assert [
        one for one in told.algos if one.symbol == "SOLUSDT" and one.status == "NEW" and one.close_position
    ]


async def a_configuration_that_does_not_fit_the_venue_stops_nothing(api: Api, own: Path) -> None:
    """What only the venue knows is found out by the engine: it goes on as it was, and the bot waits."""
    edited(own, "symbols = [", 'symbols = ["XYZUSDT", ')
    status, told = await api.ask("POST", "/api/bots", {**HAND, "name": "lost", "symbols": ["XYZUSDT"]})
    assert status in {201, 202}, told
    log = own.parent / "logs" / "engine.log"
    await api.until("/readyz", lambda body: "not_taken_up" in log.read_text() and body["ready"])
    assert (await api.bot("lost"))["state"] == "waiting"
    assert (await api.bot("main"))["state"] == "running"
    edited(own, 'symbols = ["XYZUSDT", ', "symbols = [")
    status, told = await api.ask("DELETE", "/api/bots/lost")
    assert status in {200, 202}, json.dumps(told)
