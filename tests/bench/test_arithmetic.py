"""As many symbols on one account as may be, within the venue's limits: a sum of our constants, and a count beside it.

Weights are the exchange's table; periods are ours. The count is the exchange's, on virtual time: engine and watchdog on
one address, as on one host.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.cli.sections import SYMBOLS_MAX
from jackline.core.accounting import INCOME_PERIOD_MS
from jackline.core.plan import Rung
from jackline.core.settings import ProtectionSettings
from jackline.engine.look_pace import (
    ALARM_YOUNG_MS,
    ALARMED_MS,
    ALONE_MS,
    CALM_MS,
    CALM_WEIGHT_MS,
    LASTING_WEIGHT_ALONE_MS,
    LASTING_WEIGHT_MS,
    look_weight,
)
from jackline.exchange.orders import OrderRequest
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce
from jackline.exchange.wire.limits import ORDERS_PER_TEN_SECONDS, WEIGHT_PER_MINUTE
from jackline.venue.binance.listings import LISTINGS_WEIGHT
from jackline.venue.binance.market_stream import SYMBOLS_PER_SOCKET
from jackline.venue.binance.snapshot import LISTED_EACH_MAX
from jackline.venue.transport.budget import BULK_AT_ONCE, BULK_MAX
from jackline.venue.transport.clock import REFRESH_S, SAMPLES
from jackline.venue.transport.money import BALANCE_AGE_MS_MAX
from tests.bench.calm import ROUTE, Calm, calm

SYMBOLS = tuple(f"S{number:03}USDT" for number in range(SYMBOLS_MAX))
HELD = 10
PERIODS = ProtectionSettings()
RESERVE = WEIGHT_PER_MINUTE // 5
STREAMS_PER_SOCKET = 1_024
ADDRESS_BYTES = 8_190
"""What servers commonly take as the first line of a request."""
NAME_BYTES = 20
"""Longer than any symbol of the venue."""


def weight(path: str, *, every: bool = False) -> int:
    """Of one request, of one symbol or of all."""
    route = ROUTE["GET", path]
    return route.weight_all if every and route.weight_all is not None else route.weight


def look(positions: int) -> int:
    """Positions, and both listings of each symbol that holds one."""
    each = weight("/fapi/v1/openOrders") + weight("/fapi/v1/openAlgoOrders")
    return weight("/fapi/v3/positionRisk") + positions * each


FULL = weight("/fapi/v1/openOrders", every=True) + weight("/fapi/v1/openAlgoOrders", every=True)
CLOCK = 60 / REFRESH_S * SAMPLES * weight("/fapi/v1/time")


def engine_weight(positions: int) -> float:
    """Of a minute in which nothing happens."""
    period_ms = PERIODS.guard_exposed_ms if positions else PERIODS.guard_idle_ms
    return (
        60_000 / period_ms * look(positions)
        + 60_000 / BALANCE_AGE_MS_MAX * weight("/fapi/v3/account")
        + 60_000 / PERIODS.full_listing_ms * FULL
        + 60_000 / INCOME_PERIOD_MS * weight("/fapi/v1/income")
        + CLOCK
    )


def watchdog_weight(positions: int) -> float:
    """Beside a living engine and calm."""
    return 60_000 / max(CALM_MS, look(positions) * CALM_WEIGHT_MS) * look(positions) + CLOCK


def alarm_weight(positions: int, *, alone: bool) -> float:
    """Of the dearest minute: an alarm begins with it and lasts."""
    each_ms = look(positions) * (LASTING_WEIGHT_ALONE_MS if alone else LASTING_WEIGHT_MS)
    lasting_ms = max(ALARMED_MS, min(ALONE_MS, each_ms)) if alone else max(ALARMED_MS, each_ms)
    looks = ALARM_YOUNG_MS / ALARMED_MS + (60_000 - ALARM_YOUNG_MS) / lasting_ms
    return looks * look(positions) + CLOCK


@pytest.mark.owns("K2")
def test_K2_a_calm_minute_leaves_the_reserve_alone() -> None:
    both = engine_weight(HELD) + watchdog_weight(HELD)
    assert BULK_AT_ONCE + both <= WEIGHT_PER_MINUTE - RESERVE, both
    assert engine_weight(0) + watchdog_weight(0) <= WEIGHT_PER_MINUTE / 4
    assert BULK_MAX <= WEIGHT_PER_MINUTE - RESERVE


@pytest.mark.owns("K2")
def test_K2_an_alarmed_minute_stays_within_what_the_venue_grants() -> None:
    """While it is young it is looked at fast whatever that costs; then its own weight sets its pace."""
    beside = BULK_AT_ONCE + engine_weight(HELD) + alarm_weight(HELD, alone=False)
    assert beside <= WEIGHT_PER_MINUTE, beside
    assert alarm_weight(HELD, alone=True) <= WEIGHT_PER_MINUTE


def test_a_look_weighs_what_the_venue_counts() -> None:
    assert [look_weight(positions) for positions in range(HELD)] == [
        look(positions) for positions in range(HELD)
    ]


def test_listing_everything_is_dearer_for_as_many_symbols_as_are_listed_one_by_one() -> None:
    one_by_one = weight("/fapi/v1/openOrders") + weight("/fapi/v1/openAlgoOrders")
    assert LISTED_EACH_MAX * one_by_one <= FULL


@pytest.mark.owns("K2")
def test_K2_a_universe_chosen_anew_fits_beside_everything_else_of_its_minute() -> None:
    """Its listings, beside the history of those that come, which is paced like that of a start."""
    listings = (
        weight("/fapi/v1/exchangeInfo", every=True)
        + weight("/fapi/v1/ticker/24hr", every=True)
        + weight("/fapi/v1/ticker/bookTicker", every=True)
    )
    assert listings == LISTINGS_WEIGHT
    both = engine_weight(HELD) + watchdog_weight(HELD)
    assert BULK_AT_ONCE + listings + both <= WEIGHT_PER_MINUTE - RESERVE, both


def test_streams_fit_their_sockets_and_addresses() -> None:
    streams = 2 * SYMBOLS_PER_SOCKET
    longest = streams * (NAME_BYTES + len("@markPrice@1s/")) + len("/market/stream?streams=")
    assert streams <= STREAMS_PER_SOCKET
    assert longest <= ADDRESS_BYTES
    assert -(-len(SYMBOLS) // SYMBOLS_PER_SOCKET) == 5


def test_ten_entries_at_once_fit_the_order_window() -> None:
    """Each: D, the entry, a W, a target, and one more of each that is asked for again."""
    assert 2 * 4 * HELD <= ORDERS_PER_TEN_SECONDS - ORDERS_PER_TEN_SECONDS // 5


# -- the count -----------------------------------------------------------------------------------------------


def hold(of: Calm, symbols: tuple[str, ...]) -> None:
    """Somebody buys by hand: the engine adopts and protects, and has ten positions to look after."""
    for symbol in symbols:
        request = OrderRequest(
            symbol=symbol,
            side=Side.BUY,
            position_side=PositionSide.BOTH,
            type=OrderType.MARKET,
            quantity=Decimal(10),
            price=None,
            time_in_force=TimeInForce.GTC,
            reduce_only=False,
            client_id=None,
        )
        of.stage.venue.place_order(of.stage.account, request)
    of.stage.door.floor.deliver()


@pytest.mark.long  # half a minute; the sum above it stays in the short command
@pytest.mark.timeout(600)
@pytest.mark.owns("K2")
def test_K2_two_hundred_symbols_are_opened_and_watched_within_the_limits_as_the_exchange_counts() -> None:
    """Start, history and canaries; then ten positions; every minute leaves the reserve alone, and the sum holds."""
    with calm(SYMBOLS, rung=Rung.STOP_FIRST) as of:
        of.run_for(60.0)
        hold(of, SYMBOLS[:HELD])
        of.run_for(120.5)
        counted = [of.weight(minute) for minute in range(3)]
        assert of.refused == []
        assert all(used <= WEIGHT_PER_MINUTE - RESERVE for used in counted), counted
        assert len(of.stage.account.algos) > HELD, "canaries sing all the while"
        episodes = of.stage.venue.witness.episodes
        assert len(episodes) == HELD
        assert all(
            one.naked_since_ms is None and one.naked_ms <= PERIODS.protect_deadline_ms for one in episodes
        )
        last = of.weights[2]
        watched = sum(used for asked, used in last.items() if asked.startswith("watchdog"))
        assert watched == pytest.approx(watchdog_weight(HELD), rel=0.1), last
        looks = last["engine GET /fapi/v3/positionRisk"] / weight("/fapi/v3/positionRisk")
        assert looks == pytest.approx(60_000 / PERIODS.guard_exposed_ms, rel=0.25), last
        assert (
            last["engine GET /fapi/v3/account"]
            <= 60_000 / BALANCE_AGE_MS_MAX * weight("/fapi/v3/account") + 5
        )
        assert last["engine GET /fapi/v1/income"] <= weight("/fapi/v1/income") * 2
