"""Buttons pressed to their end in a real browser: a stop tightened, everything flattened, a reset that is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jackline.store.tokens import Scope
from jackline.web.pages import words
from tests.web.browser import PHONE, buy, chromium, logged_in, needs_chromium
from tests.web.house import House, house

pytestmark = [needs_chromium, pytest.mark.timeout(180)]

LONG = "BTCUSDT:long"
NO_STOPS = {"kind": "refuse", "code": -4045, "methods": ["POST"], "paths": ["/fapi/v1/algoOrder"]}
NO_CLOSES = {
    "kind": "refuse",
    "code": -1001,
    "methods": ["POST"],
    "paths": ["/fapi/v1/order"],
    "risk": "reducing",
}


async def held(home: House) -> list[dict[str, Any]]:
    """What the venue itself says is open."""
    rows = (await home.venue.signed("GET", "/fapi/v3/positionRisk"))["rows"]
    return [row for row in rows if Decimal(row["positionAmt"])]


async def resting(home: House) -> list[dict[str, Any]]:
    """The stops that rest there."""
    return list((await home.venue.signed("GET", "/fapi/v1/openAlgoOrders"))["rows"])


@pytest.mark.long
@pytest.mark.owns("P4", "K3", "K4")
async def test_K3_a_stop_is_tightened_all_is_flattened_and_a_reset_waits_for_every_stop(
    tmp_path: Path,
) -> None:
    """Long: a browser, a house, and every button to what comes of it at the venue."""
    async with house(tmp_path) as home, chromium() as browser:
        await buy(home, "BTCUSDT")
        await home.until("/api/positions", lambda body: body["count"] and body["positions"][0]["protected"])
        async with logged_in(browser, home, size=PHONE) as seen:
            await tightened(home, seen.page)
            await reset_refused_while_naked(home, seen.page)
            await flattened(home, seen.page)
            await seen.page.goto(f"{home.url}/limits")
            await seen.page.fill("#reason", "understood")
            await seen.page.fill("#word", "test")
            await seen.page.click("text=Reset to normal")
            await seen.page.wait_for_selector(".notice.ok")
            await seen.page.wait_for_selector("#part-bar .level.ok")
            assert seen.elsewhere == []


async def tightened(home: House, page: Any) -> None:
    """The price that is typed is the price that rests at the venue, and the page says so."""
    (one,) = (await home.ask("GET", "/api/positions")).body["positions"]
    stop, mark = (Decimal(one[name]) for name in ("confirmed_stop", "mark"))
    wanted = ((stop + mark) / 2).quantize(Decimal("0.1"))
    await page.goto(f"{home.url}/positions/{LONG}")
    await page.fill("#price", str(wanted))
    await page.click("button:text-is('Tighten')")
    await page.wait_for_selector(".notice.ok")
    assert wanted in {Decimal(row["triggerPrice"]) for row in await resting(home)}
    await page.wait_for_selector(f"#part-position .huge >> text={words.price(wanted)}")


async def flattened(home: House, page: Any) -> None:
    """Held, seen, confirmed; at the end nothing is open at the venue, and nothing rests there."""
    await page.goto(f"{home.url}/")
    await page.locator("[data-hold]").focus()
    await page.keyboard.down("Enter")
    await page.wait_for_url("**/flatten")
    await page.keyboard.up("Enter")
    await page.fill("#reason", "going home")
    await page.click("text=Flatten all now")
    await page.wait_for_selector("text=Engine: flatten.")
    await page.wait_for_selector("#part-bar .coverage >> text=0/0")
    await page.wait_for_selector("#part-bar .level.bad >> text=FLATTEN")
    assert await held(home) == []
    # Swept behind the positions, one by one; the witness is asked, for questions to the venue have a weight.
    await home.venue.witnessed(lambda seen: not any(one["status"] == "NEW" for one in seen["algos"]))
    assert await resting(home) == []
    audit = (await home.ask("GET", "/api/audit", scope=Scope.ADMIN)).body["rows"]
    assert any((row["what"], row["reason"]) == ("kill.raise", "going home") for row in audit)


async def reset_refused_while_naked(home: House, page: Any) -> None:
    """A position without a stop, which the venue lets nobody close: no reset, whoever asks and however."""
    await page.click(".halt button")
    await page.wait_for_selector("text=Engine: no_new_risk.")
    faults = [(await home.venue.post("faults", one))["number"] for one in (NO_STOPS, NO_CLOSES)]
    await buy(home, "ETHUSDT", "1.000")
    try:
        await page.goto(f"{home.url}/limits")
        await page.wait_for_selector("#part-checklist >> text=(1 without)")
        await page.fill("#reason", "in a hurry")
        await page.fill("#word", "test")
        await page.click("text=Reset to normal")
        await page.wait_for_selector("text=every open position has a confirmed stop (1 without)")
        asked = await home.ask(
            "POST", "/api/trading-safety/reset-kill-switch", scope=Scope.ADMIN, json={"reason": "in a hurry"}
        )
        assert (asked.status, asked.code) == (409, "unprotected"), asked.body
        assert "ETHUSDT long" in asked.body["detail"]
        assert (await home.ask("GET", "/api/kill-switch")).body["level"] == "no_new_risk"
    finally:
        for number in faults:
            await home.venue.http.delete(f"{home.venue.url}/local/v1/faults/{number}")
    await page.goto(f"{home.url}/limits")
    await page.wait_for_selector("#part-bar .coverage.ok")
