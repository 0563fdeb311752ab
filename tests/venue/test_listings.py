"""What a universe is chosen from, over a real socket, of both venues."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.outcomes import Refused
from jackline.core.universe import Listing
from jackline.venue.binance.listings import LATER
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.bingx.venue import BingxVenue
from jackline.venue.port import Failed
from jackline.venue.transport.budget import WEIGHT_MAX
from tests.venue.local import Local, local_bingx, local_exchange
from tests.venue.makers import BTC, BTC_DASH


def only(found: tuple[Listing, ...] | Failed) -> Listing:
    assert isinstance(found, tuple), found
    (one,) = found
    return one


async def test_binance_tells_state_age_volume_and_spread() -> None:
    async with local_exchange() as local:
        one = only(await local.venue.read_listings())
        assert (one.symbol, one.quote_asset, one.is_trading) == (BTC, "USDT", True)
        assert one.listed_ms == 1_569_398_400_000
        assert one.volume_24h_quote is not None
        assert one.volume_24h_quote > 0
        assert one.bid == one.ask == Decimal(60_000)
        assert one.spread_fraction == 0


async def test_bingx_tells_the_same_and_no_age_where_it_keeps_none() -> None:
    async with local_bingx() as local:
        one = only(await local.venue.read_listings())
        assert (one.symbol, one.quote_asset, one.is_trading) == (BTC_DASH, "USDT", True)
        assert one.listed_ms is None
        assert one.volume_24h_quote is not None
        assert one.volume_24h_quote > 0
        assert one.spread_fraction == 0


async def halted(local: Local[BinanceVenue] | Local[BingxVenue], symbol: str) -> Listing:
    await local.control("switches", {"status": {symbol: "SETTLING"}})
    return only(await local.venue.read_listings())


async def test_a_symbol_that_is_halted_is_listed_as_not_trading() -> None:
    async with local_exchange() as local:
        assert not (await halted(local, "BTCUSDT")).is_trading
    async with local_bingx() as dashed:
        assert not (await halted(dashed, "BTCUSDT")).is_trading


@pytest.mark.owns("K2")
async def test_K2_listings_wait_when_weight_runs_short() -> None:
    """Beside stops and looks a universe is the least urgent question there is."""
    async with local_exchange() as local:
        connection = local.venue._connection
        connection.budget.note_weight(WEIGHT_MAX * 4 // 5 + 1, connection.wire_ms())
        later = await local.venue.read_listings()
        assert isinstance(later, Refused)
        assert later.code == LATER
