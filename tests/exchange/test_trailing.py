"""A trailing stop of the local exchange: activation, the price it follows, its trigger, what its wire says of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.exchange.conditions import Algo
from jackline.exchange.cover import CoverLoss
from jackline.exchange.errors import VenueError
from jackline.exchange.events import AlgoEvent
from jackline.exchange.triggers import threshold
from jackline.exchange.values import ZERO, OrderType, PositionSide, Side, WorkingType
from jackline.exchange.wire.order_payloads import algo_record
from jackline.exchange.wire.user_events import algo_update
from tests.exchange.served import exchange
from tests.exchange.worlds import BOTH, BUY, LONG, SELL, SHORT, World

SIZE = Decimal("0.05")


def held(side: Side = BUY, *, hedge: bool = False) -> World:
    world = World(hedge=hedge)
    world.order(side, SIZE, position_side=leg(side) if hedge else BOTH)
    return world


def leg(side: Side) -> PositionSide:
    return LONG if side is BUY else SHORT


def trail(world: World, side: Side = SELL, **changes: object) -> Algo:
    arguments: dict[str, object] = {
        "quantity": SIZE,
        "kind": OrderType.TRAILING_STOP_MARKET,
        "callback_fraction": "0.01",
        "reduce_only": not world.hedge,
    }
    return world.stop(side, None, **(arguments | changes))  # type: ignore[arg-type]  # each test says its own fields


@pytest.mark.parametrize("hedge", [False, True])
@pytest.mark.parametrize(
    ("side", "path", "last"),
    [(BUY, (60_600, 60_100, 61_000, 60_391), 60_390), (SELL, (59_400, 59_900, 59_000, 59_589), 59_590)],
)
def test_it_follows_the_best_price_and_fires_one_callback_behind(
    side: Side, path: tuple[int, ...], last: int, hedge: bool
) -> None:
    world = held(side, hedge=hedge)
    closes = SELL if side is BUY else BUY
    order = trail(world, closes, **({"position_side": leg(side)} if hedge else {}))
    for price in path:
        world.tick(price)
        assert world.status(order) == "NEW"
    world.tick(last)
    assert world.status(order) == "FINISHED"
    assert world.amount(leg(side) if hedge else BOTH) == 0
    (fill,) = world.venue.witness.stop_fills
    assert (fill.type, fill.trigger_price) == (OrderType.TRAILING_STOP_MARKET, Decimal(last))


def test_it_waits_for_its_activation_and_says_so_twice() -> None:
    world = held()
    world.venue.drain()
    order = trail(world, activate_price=60_500)
    for price in (59_000, 60_499, 60_500, 60_600):
        world.tick(price)
    told = [algo_update(one) for one in world.venue.drain() if isinstance(one, AlgoEvent)]
    seen = [(one["o"]["X"], one["o"]["ia"], one["o"]["cr"]) for one in told]  # type: ignore[index, call-overload]  # messages as they come from the wire
    assert seen == [("NEW", False, "1"), ("NEW", True, "1")]
    assert world.account.algos[order.algo_id].extreme == 60_600


def test_an_activation_on_the_wrong_side_of_the_market_is_refused() -> None:
    with pytest.raises(VenueError, match=r"^-2021 "):
        trail(held(), activate_price=59_900)
    with pytest.raises(VenueError, match=r"^-2021 "):
        trail(held(SELL), BUY, activate_price=60_100)


@pytest.mark.parametrize(
    ("watched", "fires"), [(WorkingType.MARK_PRICE, "mark"), (WorkingType.CONTRACT_PRICE, "last")]
)
def test_it_follows_the_price_of_its_working_type(watched: WorkingType, fires: str) -> None:
    world = held()
    order = trail(world, working_type=watched)
    other = (61_000, 59_000) if fires == "mark" else (59_000, 61_000)
    for price in other:
        world.tick(
            **({"last": price, "mark": 60_000} if fires == "mark" else {"last": 60_000, "mark": price})
        )
    assert world.status(order) == "NEW"
    world.tick(**({"last": 60_000, "mark": 59_400} if fires == "mark" else {"last": 59_400, "mark": 60_000}))
    assert world.status(order) == "FINISHED"


def test_a_venue_may_follow_more_closely_than_it_was_asked_to() -> None:
    world = held()
    world.venue.whims.callback_max_fraction = Decimal("0.005")
    order = trail(world)
    assert algo_record(order)["callbackRate"] == "0.5"
    world.tick(59_700)
    assert world.status(order) == "FINISHED"


@pytest.mark.owns("P3")
def test_P3_a_leftover_one_opens_nothing() -> None:
    world = held()
    order = trail(world)
    world.order(SELL, SIZE, reduce_only=True)
    world.tick(59_000)
    assert (world.status(order), world.amount()) == ("REJECTED", ZERO)


def test_it_covers_nothing_and_is_a_close_in_flight_once_it_fires() -> None:
    world = held()
    order = trail(world)
    position = world.account.position("BTCUSDT", BOTH)
    cover = world.venue.witness.cover(world.account, position)
    assert (cover.quantity, cover.stops, cover.triggering) == (ZERO, (), ())
    world.venue.whims.triggering_ms = 500
    world.tick(59_400, wire_ms=10)
    firing = world.venue.witness.cover(world.account, position)
    assert (firing.quantity, [one.algo_id for one in firing.triggering]) == (ZERO, [order.algo_id])
    (episode,) = world.venue.witness.episodes
    assert [one.cause for one in episode.lapses] == [CoverLoss.NEVER]


@given(
    path=st.lists(st.integers(min_value=59_000, max_value=62_000), min_size=1, max_size=25),
    side=st.sampled_from([BUY, SELL]),
)
def test_P4_where_it_stands_never_loosens(path: list[int], side: Side) -> None:
    world = held(side)
    order = trail(world, SELL if side is BUY else BUY, callback_fraction="0.05")
    stood = threshold(order)
    for price in path:
        world.tick(price)
        now = world.account.algos[order.algo_id]
        assert (threshold(now) - stood) * side.sign >= 0
        stood = threshold(now)


async def test_the_wire_tells_its_rate_in_per_cent_and_takes_no_trigger_price() -> None:
    params = {
        "algoType": "CONDITIONAL",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "TRAILING_STOP_MARKET",
        "quantity": "0.05",
        "reduceOnly": "true",
        "workingType": "MARK_PRICE",
        "callbackRate": "0.25",
        "activatePrice": "60500",
        "clientAlgoId": "t1",
    }
    async with exchange() as served:
        status, placed = await served.signed("POST", "/fapi/v1/algoOrder", **params)
        assert (status, placed["callbackRate"], placed["activatePrice"]) == (200, "0.25", "60500.0")
        _, read = await served.signed("GET", "/fapi/v1/algoOrder", clientAlgoId="t1")
        assert (read["orderType"], read["algoStatus"]) == ("TRAILING_STOP_MARKET", "NEW")
        assert Decimal(read["triggerPrice"]) == 0, "where it stands is told nowhere"
        for changes, code in (
            ({"triggerPrice": "59000"}, -2021),
            ({"callbackRate": "150"}, -2007),
            ({"closePosition": "true"}, -4136),
        ):
            _, refused = await served.signed(
                "POST", "/fapi/v1/algoOrder", **(params | changes | {"clientAlgoId": "t2"})
            )
            assert refused["code"] == code, changes
