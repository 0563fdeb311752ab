"""What a universe is chosen from, over a real socket, of both venues."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.outcomes import Refused
from jackline.core.universe import Listing
from jackline.venue.binance.listings import LATER, LISTINGS_WEIGHT
from jackline.venue.port import Failed
from jackline.venue.transport.budget import BULK_MAX, WEIGHT_MAX
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
        assert (one.bid, one.ask, one.spread_fraction) == (Decimal(60_000), Decimal(60_000), 0)


async def test_bingx_tells_the_same_and_no_age_where_it_keeps_none() -> None:
    async with local_bingx() as local:
        one = only(await local.venue.read_listings())
        assert (one.symbol, one.quote_asset, one.is_trading) == (BTC_DASH, "USDT", True)
        assert one.listed_ms is None
        assert one.volume_24h_quote is not None
        assert one.volume_24h_quote > 0
        assert one.spread_fraction == 0


async def halted(local: Local, symbol: str) -> Listing:
    await local.control("symbols", {"symbol": symbol, "status": "SETTLING"})
    return only(await local.venue.read_listings())


async def test_a_symbol_that_is_halted_is_listed_as_not_trading() -> None:
    async with local_exchange() as local:
        assert not (await halted(local, "BTCUSDT")).is_trading


async def test_listings_weigh_what_the_venue_counts_and_wait_when_weight_runs_short() -> None:
    """Beside stops and looks a universe is the least urgent question there is (K2)."""
    async with local_exchange() as local:
        connection = local.venue._connection
        only(await local.venue.read_listings())
        now_ms = connection.wire_ms()
        before = connection.budget._weight
        only(await local.venue.read_listings())
        if connection.wire_ms() // 60_000 == now_ms // 60_000:
            assert connection.budget._weight - before == LISTINGS_WEIGHT
        connection.budget.note_weight(WEIGHT_MAX, connection.wire_ms())
        later = await local.venue.read_listings()
        assert isinstance(later, Refused)
        assert later.code == LATER
        assert LISTINGS_WEIGHT < WEIGHT_MAX - BULK_MAX
