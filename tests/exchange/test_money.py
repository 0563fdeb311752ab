"""The wallet is explained by its trades to the last unit, and reduce-only never flips a position."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.exchange import margin
from jackline.exchange.errors import VenueError
from jackline.exchange.values import ZERO, MarginType, Side
from tests.exchange.worlds import BUY, SELL, World

PRICES = st.integers(min_value=550_000, max_value=650_000).map(lambda tenths: Decimal(tenths) / 10)
QUANTITIES = st.integers(min_value=2, max_value=90).map(lambda steps: Decimal(steps) / 1000)
Step = tuple[Decimal, Side, Decimal, bool, bool]
STEPS = st.lists(
    st.tuples(PRICES, st.sampled_from([BUY, SELL]), QUANTITIES, st.booleans(), st.booleans()), max_size=25
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, isolated=st.booleans(), parts=st.integers(min_value=1, max_value=3))
def test_wallet_from_flat_to_flat_is_sold_minus_bought_minus_fees_plus_funding(
    steps: list[Step], isolated: bool, parts: int
) -> None:
    world = World()
    world.venue.state.rules.fill_parts = parts
    if isolated:
        world.isolate(10)
    for price, side, quantity, reduce_only, funding in steps:
        world.tick(price, step_ms=8 * 3_600_000 if funding else 1_000)
        before = world.amount()
        try:
            world.order(side, quantity, reduce_only=reduce_only)
        except VenueError:
            assert world.amount() == before
            continue
        if reduce_only:
            assert before != 0
            assert world.amount() * before >= 0
            assert abs(world.amount()) < abs(before)
    if world.amount():
        world.order(SELL if world.amount() > 0 else BUY, abs(world.amount()), reduce_only=True)
    assert world.amount() == 0
    account = world.account
    traded = sum((-fill.side.sign * fill.quantity * fill.price for fill in account.fills), ZERO)
    fees = sum((fill.commission for fill in account.fills), ZERO)
    funded = sum((one.amount for one in account.incomes if one.kind == "FUNDING_FEE"), ZERO)
    assert account.wallet - account.wallet_at_start == traded - fees + funded
    assert account.cross_wallet == account.wallet  # nothing is left set aside
    episodes = world.venue.witness.episodes
    explained = sum((one.realised - one.fees + one.funding for one in episodes), ZERO)
    assert explained == account.wallet - account.wallet_at_start


@pytest.mark.parametrize("margin_type", list(MarginType), ids=str)
@settings(max_examples=40, deadline=None)
@given(
    side=st.sampled_from([BUY, SELL]),
    notional=st.integers(min_value=200, max_value=40_000),
    leverage=st.integers(min_value=5, max_value=50),
)
def test_margin_meets_maintenance_exactly_at_the_liquidation_price(
    margin_type: MarginType, side: Side, notional: int, leverage: int
) -> None:
    world = World(balance="12000")
    if margin_type is MarginType.ISOLATED:
        world.isolate(leverage)
    else:
        world.venue.set_leverage(world.account, "BTCUSDT", leverage)
    world.order(side, (Decimal(notional) / 60_000).quantize(Decimal("0.001")) + Decimal("0.001"))
    position = world.account.open_positions()[0]
    price = margin.liquidation_price(world.venue.state, world.account, position)
    if price == 0:  # a long smaller than its wallet has none
        assert side is BUY
        assert abs(position.cost) < world.account.wallet
        return
    backing = world.account.cross_wallet if margin_type is MarginType.CROSSED else position.isolated_margin
    maintenance = world.venue.state.markets["BTCUSDT"].symbol.maintenance(abs(position.amount) * price)
    assert abs(backing + position.unrealised(price) - maintenance) < Decimal("1e-9")
    direction = 1 if side is BUY else -1
    world.tick(60_000, mark=price + direction)
    assert world.amount() != 0
    world.tick(60_000, mark=price - direction)
    assert world.amount() == 0
    assert world.venue.witness.episodes[0].liquidated
    assert world.account.fills[-1].client_id.startswith("autoclose-")


def test_liquidation_beyond_bankruptcy_costs_no_more_than_the_margin() -> None:
    world = World()
    world.isolate(20)
    world.order(BUY, "0.1")
    margin_held = world.account.open_positions()[0].isolated_margin
    after_entry = world.account.wallet
    world.tick(50_000)
    assert world.amount() == 0
    assert after_entry - world.account.wallet <= margin_held
    assert world.account.fills[-1].price > 50_000


def test_funding_is_paid_by_longs_once_per_boundary() -> None:
    world = World()
    world.order(BUY, "0.1")
    before = world.account.wallet
    world.tick(60_000)
    assert world.account.wallet == before
    world.tick(60_000, step_ms=8 * 3_600_000)
    assert world.account.wallet == before - Decimal("0.6")
    world.tick(60_000)
    assert world.account.wallet == before - Decimal("0.6")
    assert world.venue.witness.episodes[0].funding == Decimal("-0.6")
