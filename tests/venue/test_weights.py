"""What we take a request to weigh is what the local exchange counts for it."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from jackline.exchange.wire.params import Params
from jackline.exchange.wire.rest import ROUTES
from jackline.venue.binance.weights import UNKNOWN_WEIGHT, request_weight

BARS = [("GET", "klines", {"symbol": "BTCUSDT", "limit": str(limit)}) for limit in (99, 100, 499, 500, 1_500)]
READS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", path, {})
    for path in (
        "account", "accountConfig", "exchangeInfo", "income", "leverageBracket", "openAlgoOrders",
        "openOrders", "positionRisk", "premiumIndex", "symbolConfig", "ticker/24hr", "ticker/bookTicker", "time",
    )
]  # fmt: skip
OF_ONE = [
    ("GET", path, {"symbol": "BTCUSDT"})
    for path in (
        "algoOrder", "openAlgoOrders", "openOrders", "order", "premiumIndex", "ticker/24hr", "userTrades",
    )
]  # fmt: skip
CHANGES = [
    (method, path, {"symbol": "BTCUSDT"})
    for method, path in (
        ("POST", "order"), ("POST", "algoOrder"), ("DELETE", "order"), ("DELETE", "algoOrder"),
        ("POST", "leverage"), ("POST", "marginType"), ("POST", "listenKey"),
    )
]  # fmt: skip


@pytest.mark.owns("K2")
@pytest.mark.parametrize(("method", "path", "params"), [*BARS, *READS, *OF_ONE, *CHANGES], ids=str)
def test_k2_a_request_weighs_what_the_venue_counts(method: str, path: str, params: dict[str, str]) -> None:
    routes = [one for one in ROUTES if one.method == method and one.path.partition("/fapi/")[2][3:] == path]
    assert routes, f"the exchange has no {method} {path}"
    counted = {one.weight_of(Params(query=urlencode(params), body="")) for one in routes}
    assert request_weight(method, path, params) in counted


def test_what_is_not_in_the_table_counts_as_a_read_of_the_account() -> None:
    assert request_weight("GET", "somethingNew", {}) == UNKNOWN_WEIGHT
