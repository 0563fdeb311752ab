"""A served BingX exchange, and unmodified ccxt clients that trade on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import ccxt.async_support as ccxt
import ccxt.pro as ccxtpro

from jackline.exchange.bingx.gate import signed_text
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.wires import Wire
from tests.exchange.served import KEY, SECRET, Served, exchange, signature

SYMBOL = "BTC/USDT:USDT"
UNLIMITED = WireOptions(rate_limits=False)
LENIENT = WireOptions(rate_limits=False, strict=False)


def pointed(client: Any, served: Served) -> Any:
    """The same client at another address: every string of its table, and the one socket."""
    for name, url in list(client.urls["api"].items()):
        if isinstance(url, str):
            client.urls["api"][name] = f"{served.url}/openApi"
    return client


@asynccontextmanager
async def bingx(
    prices: Sequence[int] = (60_000,) * 120,
    *,
    hedge: bool = False,
    options: WireOptions = UNLIMITED,
) -> AsyncIterator[tuple[Served, Any]]:
    """The market stands still until advanced."""
    async with exchange(prices, hedge=hedge, options=options, wire=Wire.BINGX) as served:
        client = pointed(ccxt.bingx(settings()), served)
        try:
            await client.load_markets()
            yield served, client
        finally:
            await client.close()


def settings() -> dict[str, Any]:
    return {
        "apiKey": KEY,
        "secret": SECRET,
        "enableRateLimit": False,
        "options": {"defaultType": "swap"},
    }


@asynccontextmanager
async def pro(served: Served) -> AsyncIterator[Any]:
    """The streaming client."""
    client = pointed(ccxtpro.bingx(settings()), served)
    client.urls["api"]["ws"]["linear"] = f"ws://127.0.0.1:{served.port}/swap-market"
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


def signed_query(fields: dict[str, object], *, secret: str = SECRET) -> str:
    """As the reference says it: sorted, signed as it is, only values encoded."""
    spelled = {name: str(value) for name, value in fields.items()}
    given = signature(secret, signed_text(spelled))
    return (
        "&".join(f"{name}={quote(spelled[name], safe='')}" for name in sorted(spelled))
        + f"&signature={given}"
    )
