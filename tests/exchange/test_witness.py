"""The judge: naked time is what the venue's own records say, to the millisecond."""

import json
from typing import Any

import pytest

from jackline.exchange.values import OrderType, WorkingType
from jackline.exchange.wire.json import encode
from jackline.exchange.wire.testimony import witness_report
from tests.exchange.worlds import BUY, LONG, SELL, SHORT, World


def reported(world: World) -> Any:
    """The report as a reader of the wire gets it."""
    return json.loads(encode(witness_report(world.venue)))


def test_stop_first_is_never_naked() -> None:
    world = World()
    world.stop(SELL, 59_000)
    world.clock.now_ms += 40
    world.order(BUY, "0.05", client_id="entry")
    world.tick(60_100, wire_ms=250)
    world.tick(58_000, wire_ms=250)
    episode = world.venue.witness.episodes[0]
    assert (episode.entry_client_id, episode.exposed_ms, episode.naked_ms) == ("entry", 500, 0)
    assert episode.spans() == []
    assert len(episode.stop_fills) == 1


def test_after_fill_is_naked_until_the_stop_rests_and_again_when_it_is_cancelled() -> None:
    world = World()
    world.order(BUY, "0.05")
    world.clock.now_ms += 7.5
    stop = world.stop(SELL, 59_000)
    world.clock.now_ms += 100
    world.venue.cancel_algo(world.account, stop)
    world.clock.now_ms += 3
    world.order(SELL, "0.05", reduce_only=True)
    episode = world.venue.witness.episodes[0]
    assert episode.exposed_ms == pytest.approx(110.5)
    assert episode.naked_ms == pytest.approx(10.5)
    assert episode.naked_notional_ms == pytest.approx(10.5 * 3_000)
    assert [round(end - begin, 1) for begin, end in episode.spans()] == [7.5, 3.0]


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param({"quantity": "0.04", "reduce_only": True}, id="too small"),
        pytest.param({"quantity": "0.05"}, id="could open a position"),
        pytest.param(
            {
                "quantity": "0.05",
                "reduce_only": True,
                "kind": OrderType.TAKE_PROFIT_MARKET,
                "trigger": 61_000,
            },
            id="takes profit",
        ),
        pytest.param({"side": BUY, "trigger": 61_000}, id="wrong side"),
        pytest.param(
            {
                "quantity": "0.05",
                "reduce_only": True,
                "kind": OrderType.TRAILING_STOP_MARKET,
                "trigger": None,
                "callback_fraction": "0.01",
            },
            id="trailing",
        ),
    ],
)
def test_what_is_not_a_covering_stop_does_not_count(stop: dict[str, Any]) -> None:
    world = World()
    world.order(BUY, "0.05")
    arguments: dict[str, Any] = {"side": SELL, "trigger": 59_000} | stop
    world.stop(arguments.pop("side"), arguments.pop("trigger"), **arguments)
    world.clock.now_ms += 50
    world.order(SELL, "0.05")
    assert world.venue.witness.episodes[0].naked_ms == 50


def test_two_stops_cover_together_and_a_stop_on_the_wrong_side_of_mark_does_not_work() -> None:
    world = World()
    world.order(SELL, "0.05")
    world.stop(BUY, 60_500, quantity="0.03", reduce_only=True)
    world.stop(BUY, 60_500, quantity="0.02", reduce_only=True, working_type=WorkingType.CONTRACT_PRICE)
    world.tick(60_100, wire_ms=10)
    assert world.venue.witness.episodes[0].naked_ms == 0
    world.tick(60_499, mark="60499.9", wire_ms=10)
    # Mark passes the contract-price stop while last does not: it is alive and yet protects nothing.
    world.tick(60_499, mark=60_600, wire_ms=10)
    world.tick(60_499, mark=60_600, wire_ms=10)
    assert world.venue.witness.episodes[0].naked_ms == 10


def test_hedge_stops_cover_their_own_side_only() -> None:
    world = World(hedge=True)
    world.order(BUY, "0.05", position_side=LONG)
    world.order(SELL, "0.05", position_side=SHORT)
    world.stop(SELL, 59_000, quantity="0.05", position_side=LONG)
    world.tick(60_000, wire_ms=20)
    long, short = world.venue.witness.episodes
    assert (long.naked_ms, short.naked_ms) == (0, 20)


def test_orphans_are_orders_of_flat_symbols_with_since_when() -> None:
    world = World()
    world.order(BUY, "0.05")
    world.stop(SELL, 59_000, client_id="left")
    assert reported(world)["orphans"] == []
    world.clock.now_ms += 500
    world.order(SELL, "0.05", reduce_only=True)
    (orphan,) = reported(world)["orphans"]
    assert (orphan["client_id"], orphan["kind"], orphan["since_wire_ms"]) == ("left", "algo", 1_000_500)
