"""Accounts as they were: what a lagging read may show."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.history import STATES_MAX
from jackline.exchange.values import MarginType
from tests.exchange.worlds import BOTH, BUY, SELL, World


def seen(account: Account) -> tuple[object, ...]:
    """Everything a read of an account can show."""
    return (
        account.wallet,
        account.hedge,
        {symbol: (one.leverage, one.margin_type) for symbol, one in account.settings.items()},
        {key: (one.amount, one.cost, one.isolated_margin) for key, one in account.positions.items()},
        dict(account.orders),
        dict(account.open_orders),
        dict(account.algos),
        dict(account.open_algos),
        list(account.fills),
        list(account.incomes),
    )


def test_without_history_there_is_only_the_present() -> None:
    world = World()
    world.order(BUY, "0.05")
    assert world.venue.account_as_of("main", 0) is world.account


def test_a_stop_is_not_there_before_it_was_placed_and_still_there_after_its_cancel() -> None:
    world = World()
    world.venue.keeps_history = True
    began_ms = world.clock.now_ms
    world.clock.now_ms += 100
    world.order(BUY, "0.05")
    world.clock.now_ms += 100
    stop = world.stop(SELL, 59_000)
    world.clock.now_ms += 100
    world.venue.cancel_algo(world.account, stop)
    as_of = world.venue.account_as_of
    assert as_of("main", began_ms + 99).open_positions() == []
    at_entry = as_of("main", began_ms + 199)
    assert at_entry.position("BTCUSDT", BOTH).amount == Decimal("0.05")
    assert at_entry.algos == {}
    assert list(as_of("main", began_ms + 299).open_algos) == [stop.algo_id]
    assert as_of("main", began_ms + 300).open_algos == {}
    assert as_of("main", 0).open_positions() == []  # older than what is kept: the oldest
    world.venue.keeps_history = False
    assert as_of("main", began_ms) is world.account


def test_settings_transfers_and_margin_are_part_of_it_and_quiet_ticks_are_not() -> None:
    world = World()
    world.venue.keeps_history = True
    began_ms = world.clock.now_ms
    world.clock.now_ms += 1
    world.venue.set_leverage(world.account, "BTCUSDT", 7)
    world.clock.now_ms += 1
    world.venue.set_margin_type(world.account, "BTCUSDT", MarginType.ISOLATED)
    world.clock.now_ms += 1
    world.venue.set_hedge(world.account, True)
    world.clock.now_ms += 1
    world.venue.transfer(world.account, Decimal(5))
    states = [world.venue.account_as_of("main", began_ms + later_ms) for later_ms in range(5)]
    assert [one.setting("BTCUSDT").leverage for one in states] == [20, 7, 7, 7, 7]
    assert [one.setting("BTCUSDT").margin_type is MarginType.ISOLATED for one in states][1:3] == [False, True]
    assert [one.hedge for one in states] == [False, False, False, True, True]
    assert [one.wallet for one in states] == [10_000] * 4 + [10_005]
    for _ in range(2 * STATES_MAX):
        world.tick(60_001, wire_ms=1)
    assert world.venue.account_as_of("main", began_ms).wallet == 10_000


def test_history_is_bounded() -> None:
    world = World()
    world.venue.keeps_history = True
    began_ms = world.clock.now_ms
    for _ in range(STATES_MAX):
        world.clock.now_ms += 1
        world.venue.transfer(world.account, Decimal(1))
    assert world.venue.account_as_of("main", began_ms).wallet == 10_001


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=3),
            st.sampled_from(["buy", "sell", "stop", "cancel", "tick", "fund", "adl"]),
            st.integers(min_value=2, max_value=40),
        ),
        max_size=25,
    )
)
def test_what_is_read_later_is_what_could_have_been_read_then(steps: list[tuple[int, str, int]]) -> None:
    world = World()
    world.venue.keeps_history = True
    truth = {world.clock.now_ms: seen(world.account)}
    for wait_ms, kind, number in steps:
        world.clock.now_ms += wait_ms
        try:
            match kind:
                case "buy" | "sell":
                    world.order(BUY if kind == "buy" else SELL, Decimal(number) / 1_000)
                case "stop":
                    world.stop(SELL, 59_500 - number, quantity="0.01", reduce_only=True)
                case "cancel":
                    for algo in list(world.account.open_algos.values())[:1]:
                        world.venue.cancel_algo(world.account, algo)
                case "tick":
                    world.tick(60_500 - 30 * number)
                case "fund":
                    world.venue.fund("BTCUSDT", Decimal("0.001"))
                case _:
                    world.venue.adl(world.account, "BTCUSDT", BOTH, Decimal("0.5"))
        except VenueError:
            pass
        truth[world.clock.now_ms] = seen(world.account)
    for at_ms, expected in truth.items():
        shown = world.venue.account_as_of("main", at_ms)
        assert shown is not world.account
        assert seen(shown)[4:] == expected[4:]
        assert shown.wallet == expected[0]
        amounts = {key: one.amount for key, one in shown.positions.items() if one.amount}
        known = expected[3]
        assert isinstance(known, dict)
        assert amounts == {key: row[0] for key, row in known.items() if row[0]}
