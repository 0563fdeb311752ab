"""A real browser on a real house, for tests: Debian's Chromium, driven without one of its own being fetched."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from jackline.store.tokens import Scope
from tests.web.house import House

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1360, "height": 900}
WAIT_MS = 20_000
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Watched:
    """A page, and all that went wrong on it: errors of the console (CSP violations are among them) and of scripts, and
    requests that left for any other host."""

    page: Any
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def listen(self, home: str) -> None:
        """From now on."""
        host = urlsplit(home).netloc

        def on_request(request: Any) -> None:
            if urlsplit(request.url).netloc != host and not request.url.startswith("data:"):
                self.elsewhere.append(request.url)

        def on_console(message: Any) -> None:
            if message.type == "error":
                self.errors.append(message.text)

        self.page.on("request", on_request)
        self.page.on("websocket", on_request)
        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def assert_clean(self) -> None:
        """Nothing went wrong, and nothing left."""
        assert (self.errors, self.elsewhere) == ([], []), (self.errors, self.elsewhere)


@asynccontextmanager
async def chromium() -> AsyncIterator[Any]:
    """The browser."""
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def logged_in(
    browser: Any, home: House, *, scope: Scope = Scope.ADMIN, size: dict[str, int] = DESK, **context: Any
) -> AsyncIterator[Watched]:
    """A page of somebody who has logged in by the form, as people do."""
    room = await browser.new_context(viewport=size, **context)
    room.set_default_timeout(WAIT_MS)
    page = await room.new_page()
    watched = Watched(page)
    watched.listen(home.url)
    try:
        await page.goto(f"{home.url}/")
        await page.fill("#token", home.tokens[scope])
        await page.click("text=Log in")
        await page.wait_for_selector("#part-bar .level")
        yield watched
    finally:
        await room.close()


async def buy(home: House, symbol: str, quantity: str = "0.050") -> None:
    """Open a position by hand, as the account's owner: the engine adopts it and gives it a stop."""
    await home.venue.signed(
        "POST", "/fapi/v1/order", symbol=symbol, side="BUY", type="MARKET", quantity=quantity
    )
