"""Takes a picture of every page of the dashboard, in each state that matters, from a house of real processes.

    python tools/screenshots.py --out DIR [--quick]

Phone and desktop, light and dark; the account well, halted, naked, and with its engine killed. Needs Debian's chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.processes import spawn  # noqa: E402
from tests.web.browser import DESK, PHONE, buy, chromium, logged_in  # noqa: E402
from tests.web.house import House, house  # noqa: E402

SIZES = {"phone": PHONE, "desktop": DESK}
SCHEMES = ("light", "dark")
PAGES = (
    "",
    "positions/BTCUSDT:long",
    "protection",
    "reconcile",
    "incidents",
    "limits",
    "flatten",
    "phases",
    "trades",
    "bots",
    "keys",
    "audit",
    "log",
    "docs",
    "codes/P1",
)
WARM_S = 60
"""So long the chart is watched before it is taken: candles are made of what was seen."""
SETTLE_MS = 1_000
NO_STOPS = {"kind": "refuse", "code": -4045, "methods": ["POST"], "paths": ["/fapi/v1/algoOrder"]}
NO_CLOSES = {"kind": "refuse", "code": -1001, "methods": ["POST"], "paths": ["/fapi/v1/order"]}


async def take(home: House, browser: Any, out: Path, state: str, paths: Sequence[str]) -> None:
    """Every page of a state, in both sizes and schemes."""
    for size, viewport in SIZES.items():
        for scheme in SCHEMES:
            async with logged_in(browser, home, size=viewport, color_scheme=scheme) as seen:
                for path in paths:
                    await seen.page.goto(f"{home.url}/{path}")
                    await seen.page.wait_for_timeout(SETTLE_MS)
                    name = path.replace("/", "-").replace(":", "-") or "now"
                    file = out / f"{state}-{name}-{size}-{scheme}.png"
                    await seen.page.screenshot(path=file, full_page=bool(path))


async def run(out: Path, pages: Sequence[str]) -> None:
    """All states in turn."""
    markets = ("--generate", "BTCUSDT,ETHUSDT,SOLUSDT")
    symbols = '["BTCUSDT", "ETHUSDT", "SOLUSDT"]'
    with tempfile.TemporaryDirectory() as name:
        async with house(Path(name), *markets, venue__symbols=symbols) as home, chromium() as browser:
            dog = await spawn("watchdog", "--config", str(home.config))
            dog.drain()
            try:
                await states(home, browser, out, pages)
            finally:
                await dog.kill()


async def states(home: House, browser: Any, out: Path, pages: Sequence[str]) -> None:
    """Well, halted, naked, and the engine killed."""
    await buy(home, "BTCUSDT", "0.050")
    await buy(home, "ETHUSDT", "1.500")
    await home.until(
        "/api/positions",
        lambda body: body["count"] == 2 and all(one["protected"] for one in body["positions"]),
    )
    await home.venue.post("market", {"hold": False, "ratio": 30.0})
    await asyncio.sleep(WARM_S)
    await take(home, browser, out, "well", pages)
    async with logged_in(browser, home) as seen:
        await seen.page.click(".halt button")
        await seen.page.wait_for_selector("#part-bar .level.warn")
    await take(home, browser, out, "halted", ("", "limits"))
    stops = (await home.venue.post("faults", NO_STOPS))["number"]
    await buy(home, "SOLUSDT", "20")
    closes = (await home.venue.post("faults", NO_CLOSES))["number"]
    await home.until("/api/protection", lambda body: body["naked_now_ms"] > 2_000)
    await take(home, browser, out, "naked", ("",))
    for number in (stops, closes):
        await home.venue.http.delete(f"{home.venue.url}/local/v1/faults/{number}")
    await home.until("/api/protection", lambda body: body["coverage"] == 1.0)
    if home.engine is not None:
        await home.engine.kill()
    await home.until("/api/positions", lambda body: body["source"] == "watchdog")
    await take(home, browser, out, "killed", ("", "protection"))


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="a directory; it is made where there is none")
    parser.add_argument("--quick", action="store_true", help="the front page alone")
    given = parser.parse_args()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(run(out, PAGES[:1] if given.quick else PAGES))


if __name__ == "__main__":
    main()
