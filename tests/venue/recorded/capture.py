"""What the real ccxt would send: its request, signed, taken at its own door to the network. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.transport.one_venue import exchange_class
from tests.venue.recorded.samples import USER

CLIENT_SECONDS_MAX = 240
"""For tests that meet a client first: importing one and its signature in pure Python, on a busy machine."""
Call = Callable[[Any, str], Awaitable[object]]
KEYS = {
    "apiKey": "key",
    "secret": "s" * 32,
    "password": "pass",
    "uid": "1",
    "walletAddress": USER,
    "privateKey": "0x" + "1" * 64,
}
OPTIONS: dict[str, Any] = {
    "defaultType": "swap",
    # What a first call would ask the venue: told beforehand, so that the first request is the order itself.
    "enableUnifiedMargin": False,
    "enableUnifiedAccount": True,
    "unifiedMarginStatus": 5,
    "unifiedAccount": False,
    "uta": False,
    "builderFee": False,
    "approvedBuilderFee": False,
    "refSet": True,
    "initializedClient": True,
}
MARKET_IDS = {
    "bybit": "BTCUSDT",
    "okx": "BTC-USDT-SWAP",
    "bitget": "BTCUSDT",
    "kucoinfutures": "XBTUSDTM",
    "hyperliquid": "0",
    "htx": "BTC-USDT",
    "gate": "BTC_USDT",
    "mexc": "BTC_USDT",
}
COUNTED = frozenset({"okx", "kucoinfutures", "htx", "gate", "mexc"})
"""Venues whose quantities are whole contracts."""


class AtTheDoor(Exception):
    """The request was taken; the call ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A request as ccxt would have sent it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None

    def fields(self, venue: RecordedVenue) -> dict[str, object]:
        """Everything it says, by dotted place, without what belongs to its signature."""
        parts = urlsplit(self.url)
        query = {key: value for key, value in parse_qsl(parts.query) if key not in venue.auth_query}
        body: Any = json.loads(self.body) if self.body else None
        if isinstance(body, dict):
            body = {key: value for key, value in body.items() if key not in venue.auth_body}
        kept = {name.lower(): name for name in venue.kept_headers}
        headers = {kept[key.lower()]: value for key, value in self.headers.items() if key.lower() in kept}
        return flat(method=self.method, path=parts.path, query=query, headers=headers, body=body)


def flat(*, method: str, path: str, query: object, headers: object, body: object) -> dict[str, object]:
    """A request as one flat table."""
    table: dict[str, object] = {"method": method, "path": path}
    for part in (query, headers, body):
        table |= dict(_leaves(part, ""))
    return table


@cache
def _client(ccxt_id: str) -> Any:
    """One client a venue: making one takes longer than everything that is asked of it."""
    client = exchange_class(ccxt_id)[0]({**KEYS, "enableRateLimit": False})
    client.set_markets([_market(client, ccxt_id)])
    return client


async def capture(ccxt_id: str, call: Call, options: Mapping[str, Any] | None = None) -> list[Captured]:
    """Make one call on the pinned ccxt and return every request that it tried to make."""
    client = _client(ccxt_id)
    taken: list[Captured] = []

    async def at_the_door(
        url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> object:
        taken.append(Captured(method=method, url=url, headers=headers or {}, body=body))
        raise AtTheDoor

    before, client.fetch = client.options, at_the_door
    client.options = client.deep_extend(before, OPTIONS, options or {})
    try:
        await call(client, client.symbols[0])
    except AtTheDoor:
        return taken
    finally:
        client.options = before
    raise AssertionError(f"{ccxt_id} made no request")


def known_codes(ccxt_id: str) -> set[str]:
    """Every code in the client's tables of errors, and the HTTP numbers that it knows."""
    client = _client(ccxt_id)
    return _keys(client.exceptions) | {str(number) for number in client.httpExceptions}


def _keys(table: Any) -> set[str]:
    if not isinstance(table, dict):
        return set()
    return set(table).union(*(_keys(one) for one in table.values()))


def _market(client: Any, ccxt_id: str) -> dict[str, Any]:
    quote = "USDC" if ccxt_id == "hyperliquid" else "USDT"
    settle = "usdt" if ccxt_id == "gate" else quote
    name: str = MARKET_IDS[ccxt_id]
    described: dict[str, Any] = client.safe_market_structure(
        {
            "id": name,
            "symbol": f"BTC/{quote}:{quote}",
            "base": "BTC",
            "quote": quote,
            "settle": quote,
            "baseId": 0 if ccxt_id == "hyperliquid" else "BTC",
            "quoteId": quote,
            "settleId": settle,
            "type": "swap",
            "swap": True,
            "contract": True,
            "linear": True,
            "inverse": False,
            "spot": False,
            "option": False,
            "active": True,
            "contractSize": 0.001,
            "precision": {"amount": 1.0 if ccxt_id in COUNTED else 0.001, "price": 0.1},
            "limits": {"amount": {}, "price": {}, "cost": {}, "leverage": {}},
            "info": {},
        }
    )
    return described


def _leaves(value: object, where: str) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [
            leaf for key, one in value.items() for leaf in _leaves(one, f"{where}.{key}" if where else key)
        ]
    if isinstance(value, list):
        return [leaf for place, one in enumerate(value) for leaf in _leaves(one, f"{where}.{place}")]
    return [] if value is None and not where else [(where, value)]
