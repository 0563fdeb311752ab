"""The engine is killed while somebody watches: the page says so, and goes on to show what the venue has."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.processes import spawn
from tests.web.browser import PHONE, buy, chromium, logged_in, needs_chromium
from tests.web.house import house

pytestmark = [needs_chromium, pytest.mark.timeout(120)]

SAYS_S = 10.0


async def test_L2_the_page_says_that_the_engine_is_gone_and_shows_the_venue(tmp_path: Path) -> None:
    async with house(tmp_path) as home, chromium() as browser:
        dog = await spawn("watchdog", "--config", str(home.config))
        dog.drain()
        try:
            await buy(home, "BTCUSDT")
            await home.until(
                "/api/positions", lambda body: body["count"] and body["positions"][0]["protected"]
            )
            async with logged_in(browser, home, size=PHONE) as seen:
                page = seen.page
                await page.wait_for_selector("#part-bar .connection >> text=LIVE")
                assert home.engine is not None
                killed_s = time.monotonic()
                await home.engine.kill()
                await page.wait_for_selector("#part-headline >> text=The engine is gone")
                assert time.monotonic() - killed_s < SAYS_S
                await page.wait_for_selector("#part-bar .connection >> text=VENUE")
                assert "through the watchdog" in await page.inner_text("#part-headline")
                # What the venue has is shown as it is; what only the engine knew is struck through.
                assert "1/1" in await page.inner_text("#part-bar .coverage")
                assert await page.locator("#part-positions tbody tr td[data-name=Stop] b").inner_text() != "–"
                assert await page.locator("#part-bar .day .figure.old").count() == 1
                assert "VENUE" in await page.title()
                assert (await page.get_attribute("#icon", "href")) in {"/static/old.svg", "/static/bad.svg"}
                await home.web.kill()
                await page.wait_for_selector("html.stale")
                assert "STALE" in await page.inner_text("#stale")
                assert "STALE" in await page.title()
                shown = await page.locator("#part-bar .coverage .figure").evaluate(
                    "one => getComputedStyle(one).textDecorationLine"
                )
                assert shown == "line-through"
                assert seen.elsewhere == []
        finally:
            await dog.kill()
