"""The dead-man ping against a real HTTP server: start, success, fail, and what goes wrong delays nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jackline.core.values import WireMs
from jackline.engine.sight import BLIND_MS, FIRST_MS, NOT_YET, Sight
from jackline.notify.deadman import DeadMan, address
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.net import NetTrouble
from tests.notify.making import Inbox, inbox

QUICK_S = 0.01


@asynccontextmanager
async def pinging(
    box: Inbox, sight: Sight, *, now_ms: int = 1_000, period_s: float = 0.02
) -> AsyncIterator[None]:
    pool, stop = AiohttpNet().open_pool(), asyncio.Event()

    async def ping(url: str) -> int:
        return (await pool.fetch("GET", url, {}, None)).status

    deadman = DeadMan(
        url=f"http://127.0.0.1:{box.port}/uuid?rid=1",
        period_s=period_s,
        ping=ping,
        standing=lambda: sight.trouble(WireMs(now_ms)),
        failures=(NetTrouble,),
    )
    task = asyncio.create_task(deadman.run(stop, look_s=QUICK_S))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait({task})
        await pool.close()
        task.result()


async def test_it_starts_says_that_all_is_well_and_fails_at_once_when_the_watchdog_acts() -> None:
    sight = Sight(looked_ms=WireMs(900))
    async with inbox() as box, pinging(box, sight):
        await box.until(lambda box: len(box.asked) >= 3)
        assert box.asked[:3] == ["/uuid/start?rid=1", "/uuid?rid=1", "/uuid?rid=1"]
        sight.acting = True
        await box.until(lambda box: box.asked[-1] == "/uuid/fail?rid=1")
        sight.acting = False
        await box.until(lambda box: box.asked[-1] == "/uuid?rid=1")


async def test_a_change_is_told_before_the_period_is_over() -> None:
    sight = Sight(looked_ms=WireMs(900))
    async with inbox() as box, pinging(box, sight, period_s=3_600):
        await box.until(lambda box: len(box.asked) == 2)
        sight.acting = True
        await box.until(lambda box: box.asked[-1] == "/uuid/fail?rid=1")


@pytest.mark.parametrize("looked_ms", [0, 1_000])
async def test_a_blind_watchdog_fails(looked_ms: int) -> None:
    sight = Sight(looked_ms=WireMs(looked_ms))
    async with inbox() as box, pinging(box, sight, now_ms=1_001 + BLIND_MS):
        await box.until(lambda box: "/uuid/fail?rid=1" in box.asked)
        assert "/uuid?rid=1" not in box.asked


async def test_a_watchdog_that_has_just_begun_says_nothing_before_it_has_seen_its_account() -> None:
    sight = Sight(begun_ms=WireMs(1_000))
    async with inbox() as box, pinging(box, sight, now_ms=1_000 + FIRST_MS - 1):
        await box.until(lambda box: box.asked == ["/uuid/start?rid=1"])
        assert sight.trouble(WireMs(1_000 + FIRST_MS - 1)) == NOT_YET
        assert sight.trouble(WireMs(1_000 + FIRST_MS)) == "the watchdog has not seen the account yet"
        sight.looked_ms = WireMs(1_000)
        await box.until(lambda box: len(box.asked) > 1)
        assert box.asked[1] == "/uuid?rid=1", "no false alarm at each start"


async def test_errors_and_a_redirect_are_borne_and_not_followed() -> None:
    sight = Sight(looked_ms=WireMs(900))
    async with inbox() as elsewhere:
        place = {"Location": f"http://127.0.0.1:{elsewhere.port}/"}
        async with inbox(status=302, headers=place) as box, pinging(box, sight):
            await box.until(lambda box: len(box.asked) >= 4)
    assert elsewhere.asked == []


async def test_nobody_there_is_borne() -> None:
    async with pinging(Inbox(port=1), Sight(looked_ms=WireMs(900))):
        for _ in range(50):
            await asyncio.sleep(0)


def test_words_stand_behind_the_path() -> None:
    assert address("https://hc.example/uuid/", "/fail") == "https://hc.example/uuid/fail"
    assert address("https://hc.example/push?token=x", "") == "https://hc.example/push?token=x"
