"""A served BingX exchange, and unmodified ccxt clients that trade on it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import quote

from jackline.exchange.bingx.gate import signed_text
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.wires import Wire
from tests.exchange import clients
from tests.exchange.served import KEY, SECRET, Served, exchange, signature

SYMBOL = "BTC/USDT:USDT"
UNLIMITED = WireOptions(rate_limits=False)
LENIENT = WireOptions(rate_limits=False, strict=False)


@asynccontextmanager
async def bingx(
    prices: Sequence[int] = (60_000,) * 120,
    *,
    hedge: bool = False,
    options: WireOptions = UNLIMITED,
) -> AsyncIterator[tuple[Served, Any]]:
    """The market stands still until advanced."""
    async with (
        exchange(prices, hedge=hedge, options=options, wire=Wire.BINGX) as served,
        clients.opened(_client(served)) as client,
    ):
        yield served, client


def pro(served: Served) -> AbstractAsyncContextManager[Any]:
    """The streaming client."""
    return clients.opened(_client(served, pro=True))


def _client(served: Served, *, pro: bool = False) -> Any:
    return clients.bingx(served.url, pro=pro, apiKey=KEY, secret=SECRET, enableRateLimit=False)


def signed_query(fields: dict[str, object], *, secret: str = SECRET) -> str:
    """As the reference says it: sorted, signed as it is, only values encoded."""
    spelled = {name: str(value) for name, value in fields.items()}
    given = signature(secret, signed_text(spelled))
    return (
        "&".join(f"{name}={quote(spelled[name], safe='')}" for name in sorted(spelled))
        + f"&signature={given}"
    )
