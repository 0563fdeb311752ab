"""Acts without an order: what the venue takes, what the owner does by hand, and that the books stay right."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.exchange.cover import CoverLoss
from jackline.exchange.errors import VenueError
from jackline.exchange.events import AccountEvent, AlgoEvent, Execution, OrderEvent
from jackline.exchange.values import ZERO, OrderStatus, SymbolStatus, TimeInForce
from tests.exchange.worlds import BOTH, BUY, LONG, SELL, SHORT, World

SIZE = Decimal("0.05")


def refused(code: int) -> pytest.RaisesExc[VenueError]:
    return pytest.raises(VenueError, match=f"^{code} ")


def causes(world: World) -> list[CoverLoss]:
    return [lapse.cause for lapse in world.venue.witness.episodes[-1].lapses]


def test_a_stop_dropped_quietly_was_never_there_but_the_witness_knows() -> None:
    world = World()
    world.order(BUY, SIZE)
    stop = world.stop(SELL, 59_000, client_id="s")
    world.venue.drain()
    world.venue.drop_algo(world.account, stop, quietly=True)
    assert world.venue.drain() == []
    assert not world.account.algos
    assert world.account.dropped == {stop.algo_id: stop}
    with refused(-20124):
        world.venue.cancel_algo(world.account, stop)
    with refused(-20124):
        world.venue.drop_algo(world.account, stop, quietly=True)
    world.tick(58_900, wire_ms=5)
    assert world.amount() == SIZE
    assert causes(world) == [CoverLoss.DROPPED]
    assert world.venue.witness.episodes[0].stop_ends[0].client_algo_id == "s"
    world.stop(SELL, 58_000, client_id="s")  # its id is free again


def test_a_stop_dropped_aloud_expires_with_an_event() -> None:
    world = World()
    world.order(BUY, SIZE)
    stop = world.stop(SELL, 59_000)
    world.venue.drain()
    world.venue.drop_algo(world.account, stop, quietly=False)
    (event,) = world.venue.drain()
    assert isinstance(event, AlgoEvent)
    assert event.algo.status.value == world.status(stop) == "EXPIRED"
    assert causes(world) == [CoverLoss.DROPPED]


def test_the_witness_says_who_took_cover_away() -> None:
    world = World()
    world.order(BUY, SIZE)
    world.clock.now_ms += 1
    first = world.stop(SELL, 59_000)
    second = world.stop(SELL, 58_500, quantity=SIZE, reduce_only=True)
    world.venue.cancel_algo(world.account, first)
    assert causes(world) == [CoverLoss.NEVER]
    world.clock.now_ms += 1
    world.venue.cancel_algo_by_hand(world.account, second)
    world.clock.now_ms += 1
    third = world.stop(SELL, 58_500, quantity=SIZE, reduce_only=True)
    world.clock.now_ms += 1
    world.order(BUY, "0.01", client_id="web_more")
    world.clock.now_ms += 1
    world.stop(SELL, 59_000, quantity="0.01", reduce_only=True)
    world.clock.now_ms += 1
    world.venue.cancel_algo(world.account, third)
    assert causes(world) == [
        CoverLoss.NEVER,
        CoverLoss.CANCELLED_BY_HAND,
        CoverLoss.OUTGROWN,
        CoverLoss.CANCELLED,
    ]
    (episode,) = world.venue.witness.episodes
    assert [lapse.algo_id for lapse in episode.lapses] == [None, second.algo_id, None, third.algo_id]
    assert [one.algo_id for one in episode.stop_ends] == [first.algo_id, second.algo_id, third.algo_id]
    assert len(episode.spans()) == 3  # the last has only just begun


def test_cover_lists_the_stops_that_count() -> None:
    world = World(hedge=True)
    world.order(BUY, SIZE, position_side=LONG)
    world.order(SELL, "0.03", position_side=SHORT)
    low = world.stop(SELL, 59_000, quantity="0.02", position_side=LONG)
    lower = world.stop(SELL, 58_000, quantity="0.01", position_side=LONG)
    long = world.venue.witness.cover(world.account, world.account.position("BTCUSDT", LONG))
    assert (long.quantity, long.stops) == (Decimal("0.03"), (low, lower))
    short = world.venue.witness.cover(world.account, world.account.position("BTCUSDT", SHORT))
    assert (short.quantity, short.stops) == (ZERO, ())
    assert [one.position_side for one in world.venue.witness.living(world.account, "BTCUSDT")] == [
        LONG,
        SHORT,
    ]


def test_a_deposit_and_a_withdrawal_are_income_and_an_account_event_without_positions() -> None:
    world = World()
    world.order(BUY, SIZE)
    world.venue.drain()
    wallet = world.account.wallet
    world.venue.transfer(world.account, Decimal(250))
    world.venue.transfer(world.account, Decimal("-100.5"))
    rows = [(one.symbol, one.kind, one.amount) for one in world.account.incomes[-2:]]
    assert rows == [("", "TRANSFER", Decimal(250)), ("", "TRANSFER", Decimal("-100.5"))]
    events = [event for event in world.venue.drain() if isinstance(event, AccountEvent)]
    assert [(one.reason, one.change, one.positions) for one in events] == [
        ("DEPOSIT", Decimal(250), ()),
        ("WITHDRAW", Decimal("-100.5"), ()),
    ]
    assert events[-1].wallet == world.account.wallet == wallet + Decimal("149.5")
    with refused(-4050):
        world.venue.transfer(world.account, -world.account.wallet)


def test_auto_deleveraging_takes_a_share_at_mark_and_knocks_out_what_claims_more() -> None:
    world = World()
    world.order(BUY, SIZE)
    target = world.order(SELL, SIZE, price=61_000, reduce_only=True)
    gte = world.stop(SELL, 59_000, time_in_force=TimeInForce.GTE_GTC)
    world.tick(60_000, mark="60100.04")
    wallet = world.account.wallet
    world.venue.drain()
    world.venue.adl(world.account, "BTCUSDT", BOTH, Decimal("0.5"))
    assert world.amount() == Decimal("0.025")
    assert world.account.wallet - wallet == Decimal("0.025") * 100  # at 60,100 and without a fee
    told = [event for event in world.venue.drain() if isinstance(event, OrderEvent)]
    assert [(one.order.client_id, one.execution, one.order.status) for one in told] == [
        ("adl_autoclose", Execution.NEW, OrderStatus.NEW),
        ("adl_autoclose", Execution.CALCULATED, OrderStatus.FILLED),
        (target.client_id, Execution.EXPIRED, OrderStatus.EXPIRED),
    ]
    assert world.status(gte) == "NEW"
    world.venue.adl(world.account, "BTCUSDT", BOTH, Decimal(1), price=Decimal(59_500))
    assert (world.amount(), world.status(gte)) == (ZERO, "EXPIRED")
    assert world.venue.adl(world.account, "BTCUSDT", BOTH, Decimal(1)) is None
    (episode,) = world.venue.witness.episodes
    assert not episode.liquidated
    assert episode.closed_wire_ms is not None


def test_margin_is_added_to_isolated_positions_only() -> None:
    world = World()
    with refused(-4049):
        world.venue.add_isolated_margin(world.account, "BTCUSDT", BOTH, Decimal(10))
    world.isolate(20)
    world.order(BUY, "0.1")
    position = world.account.position("BTCUSDT", BOTH)
    with refused(-4050):
        world.venue.add_isolated_margin(world.account, "BTCUSDT", BOTH, Decimal(20_000))
    with refused(-4051):
        world.venue.add_isolated_margin(world.account, "BTCUSDT", BOTH, Decimal(-10))
    wallet, margin = world.account.wallet, position.isolated_margin
    world.venue.add_isolated_margin(world.account, "BTCUSDT", BOTH, Decimal(1_000))
    assert (world.account.wallet, position.isolated_margin) == (wallet, margin + 1_000)
    world.tick(55_000)
    assert world.amount() == Decimal("0.1")  # without the thousand it would have been taken over
    world.order(SELL, "0.1", reduce_only=True)
    assert world.account.cross_wallet == world.account.wallet


def test_funding_is_booked_at_will() -> None:
    world = World()
    world.order(SELL, SIZE)
    before = world.account.wallet
    world.venue.fund("BTCUSDT", Decimal("0.01"))
    assert world.account.wallet == before + 30
    assert world.venue.witness.episodes[0].funding == 30
    with refused(-1121):
        world.venue.fund("NOPEUSDT", Decimal("0.01"))


def test_a_delisted_symbol_is_flat_without_orders_and_closed() -> None:
    world = World()
    world.order(BUY, SIZE)
    stop = world.stop(SELL, 59_000)
    resting = world.order(BUY, SIZE, price=59_000)
    world.venue.delist("BTCUSDT")
    assert (world.amount(), world.status(stop)) == (ZERO, "EXPIRED")
    assert world.account.orders[resting.order_id].expiry_reason == 7
    assert world.account.fills[-1].client_id.startswith("settlement_autoclose-")
    assert world.venue.state.markets["BTCUSDT"].status is SymbolStatus.BREAK
    with refused(-4141):
        world.order(BUY, SIZE)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["trade", "transfer", "adl", "fund", "margin", "depth", "drop", "stop", "tick"]),
        st.integers(min_value=-90, max_value=90).filter(bool),
    ),
    max_size=30,
)


def act(world: World, kind: str, number: int) -> None:
    venue, account, side = world.venue, world.account, BUY if number > 0 else SELL
    match kind:
        case "trade":
            world.order(side, Decimal(abs(number)) / 1_000)
        case "transfer":
            venue.transfer(account, Decimal(number) / 3)
        case "adl":
            venue.adl(account, "BTCUSDT", BOTH, Decimal(abs(number)) / 90)
        case "fund":
            venue.fund("BTCUSDT", Decimal(number) / 100_000)
        case "margin":
            venue.add_isolated_margin(account, "BTCUSDT", BOTH, Decimal(number) / 7)
        case "depth":
            venue.whims.market_depth["BTCUSDT"] = Decimal(abs(number)) / 1_000
        case "drop":
            for algo in list(account.open_algos.values()):
                venue.drop_algo(account, algo, quietly=number > 0)
        case "stop":
            world.stop(side, 60_000 + side.sign * 5_000 + number * 10, client_id=None)
        case _:
            world.tick(60_000 + number * 30, mark=60_000 + number * 31)


@settings(max_examples=80, deadline=None)
@given(acts=ACTS, isolated=st.booleans())
def test_the_wallet_is_explained_to_the_last_unit_whatever_the_venue_does(
    acts: list[tuple[str, int]], isolated: bool
) -> None:
    world = World()
    if isolated:
        world.isolate(10)
    for kind, number in acts:
        wallet, rows = world.account.wallet, len(world.account.incomes)
        try:
            act(world, kind, number)
        except VenueError:
            assert world.account.wallet == wallet
        assert world.account.wallet - wallet == sum(
            (one.amount for one in world.account.incomes[rows:]), ZERO
        )
    world.venue.whims.market_depth.clear()
    if world.amount():
        world.order(SELL if world.amount() > 0 else BUY, abs(world.amount()), reduce_only=True)
    account = world.account
    moved = sum((one.amount for one in account.incomes if one.kind == "TRANSFER"), ZERO)
    episodes = world.venue.witness.episodes
    explained = sum((one.realised - one.fees + one.funding for one in episodes), ZERO)
    assert account.wallet == account.wallet_at_start + moved + explained
    assert account.cross_wallet == account.wallet
    assert all(one.closed_wire_ms is not None for one in episodes)
    assert not world.venue.witness.living(account, "BTCUSDT")
