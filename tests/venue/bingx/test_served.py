"""What is BingX's own, against the served exchange; what any adapter must do is in the cards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.orders import IncomeKind, MarginType, OrderState, OrderView, PositionMode, Snapshot
from jackline.core.outcomes import Acked, NotSent, Refusal, Refused, Unknown
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, CloseShape, ReadFills, ReadIncome, ReadOrder, ReadSnapshot
from jackline.core.values import Side, Symbol, WireMs, price
from jackline.venue.bingx.venue import BingxVenue
from jackline.venue.port import AccountFacts, FillPage, IncomePage, SymbolFacts
from tests.venue.benches import BINGX
from tests.venue.cards import SIZE, Table, entry, stop
from tests.venue.local import MINUTE, START_MS, Local, local_bingx
from tests.venue.makers import BTC_DASH, TRADE, send_close, send_stop, send_target

MODES = pytest.mark.parametrize("mode", PositionMode)
NETTING, HEDGE = PositionMode.NETTING, PositionMode.HEDGE


def table(local: Local[BingxVenue], mode: PositionMode = NETTING) -> Table:
    return Table(bench=BINGX, local=local, mode=mode)


async def page(venue: BingxVenue, after: int = 0) -> FillPage:
    found = await venue.read_fills(ReadFills(symbol=BTC_DASH, after_fill_id=after))
    assert isinstance(found, FillPage), found
    return found


@pytest.mark.owns("P1")
@MODES
@pytest.mark.parametrize("side", list(Side))
async def test_P1_a_whole_attached_trade_is_never_naked(mode: PositionMode, side: Side) -> None:
    """Entry with its leg, target, close; the leg goes with the position, the target by its id."""
    async with local_bingx(hedge=mode is HEDGE) as local:
        at = table(local, mode)
        await at.enter(Rung.ATTACHED, side=side)
        target = await at.acked(send_target(side, trigger="63000" if side is Side.LONG else "57000"))
        seen = await at.look()
        assert seen.position(BTC_DASH, side) is not None
        assert {order.key.client_id for order in seen.orders} == {""}
        assert target.key.venue_id in {order.key.venue_id for order in seen.orders}
        await at.acked(send_close(side))
        await at.acked(CancelOrder(trade_id=TRADE, key=target.key, why="flat"))
        flat = await at.look()
        assert (flat.positions, flat.orders) == ((), ())
        fills = await page(local.venue)
        assert sum(fill.quantity * (1 if fill.side == "BUY" else -1) for fill in fills.fills) == 0
        (episode,) = (await local.witness())["episodes"]
        assert (episode["naked_ms"], episode["lapses"]) == (0, [])


async def test_a_whole_position_stop_is_hedge_mode_only() -> None:
    async with local_bingx() as local:
        outcome = await table(local).send(send_stop())
        assert isinstance(outcome, Refused)
        assert (outcome.kind, outcome.code) == (Refusal.FLAG_REFUSED, 0)
    async with local_bingx(hedge=True) as local:
        at = table(local, HEDGE)
        await at.enter()
        await at.acked(send_stop())
        (resting,) = (await at.look()).orders
        assert resting.close_position
        assert resting.quantity == 0


@MODES
async def test_a_stop_needs_a_position_here(mode: PositionMode) -> None:
    async with local_bingx(hedge=mode is HEDGE) as local:
        assert await table(local, mode).refused(stop()) is Refusal.NEEDS_POSITION


@MODES
async def test_the_closing_ladder_reaches_the_position_on_each_rung(mode: PositionMode) -> None:
    async with local_bingx(hedge=mode is HEDGE) as local:
        at = table(local, mode)
        await at.enter()
        ioc = await at.acked(
            send_close(shape=CloseShape.IOC_1_PERCENT, limit="59400", size="0.004", attempt=11)
        )
        assert ioc.filled == Decimal("0.004")
        bare = await at.acked(send_close(shape=CloseShape.PLAIN_MARKET, size="0.006", attempt=12))
        assert bare.filled == Decimal("0.006")
        assert (await at.look()).positions == ()
        assert (
            await at.refused(send_close(shape=CloseShape.PLAIN_MARKET, attempt=13))
            is Refusal.NOTHING_TO_REDUCE
        )


@pytest.mark.owns("P4")
async def test_P4_a_stop_that_the_market_has_passed_says_so() -> None:
    async with local_bingx() as local:
        at = table(local)
        await at.enter()
        assert await at.refused(stop(trigger="60500")) is Refusal.STOP_REACHED
        assert await at.refused(send_target(trigger="59000")) is Refusal.STOP_REACHED


async def test_two_numbers_that_mean_two_things_are_told_apart_by_what_the_venue_shows() -> None:
    async with local_bingx() as local:
        at = table(local)
        small = await at.send(entry(Rung.ATTACHED, size="0.0001"))
        assert isinstance(small, Refused)
        assert (small.kind, small.code) == (Refusal.OTHER, 101400)
        await at.enter(Rung.ATTACHED, ordinal=2)
        again = await at.send(entry(Rung.ATTACHED, ordinal=2))
        assert isinstance(again, Refused)
        assert (again.kind, again.code) == (Refusal.DUPLICATE_ID, 101400)
        odd = await at.send(send_close(size="0.0105", attempt=9))
        assert isinstance(odd, Refused)
        assert odd.kind is Refusal.OTHER


@pytest.mark.owns("K2")
async def test_K2_an_entry_waits_for_no_turn_and_a_stop_finds_one() -> None:
    async with local_bingx() as local:
        at = table(local)
        await at.enter(Rung.ATTACHED)
        outcome = await local.venue.send(at.written(entry(Rung.ATTACHED, ordinal=2)))
        assert isinstance(outcome, NotSent)
        assert outcome.why.startswith("K2")
        await at.acked(send_close())
        assert len((await local.witness())["orders"]) == 2


@pytest.mark.owns("K2")
async def test_K2_the_permit_stops_entries_and_nothing_else() -> None:
    async with local_bingx(permit=lambda _: "kill level flatten") as local:
        outcome = await table(local).send(entry(Rung.ATTACHED))
        assert isinstance(outcome, NotSent)
        assert "kill level flatten" in outcome.why
        assert await table(local).refused(send_close()) is Refusal.NOTHING_TO_REDUCE
        assert (await local.witness())["orders"] == []


async def test_a_refusal_for_coming_too_often_is_overcome_by_what_protects() -> None:
    async with local_bingx() as local:
        at = table(local)
        await at.enter()
        rule = {"kind": "refuse", "code": -1003, "count": 1, "methods": ["POST"]}
        await local.control("faults", rule)
        await at.acked(stop())
        await local.control("faults", rule | {"code": -1021})
        await at.acked(send_close())


@MODES
async def test_account_symbol_and_instrument_are_read_back(mode: PositionMode) -> None:
    async with local_bingx(hedge=mode is HEDGE) as local:
        venue = local.venue
        account = await venue.read_account()
        assert isinstance(account, AccountFacts)
        assert account.mode is mode
        assert account.equity_quote == account.wallet_quote == Decimal(10_000)
        for leverage, margin in ((7, MarginType.CROSS), (3, MarginType.ISOLATED)):
            facts = SymbolFacts(symbol=BTC_DASH, leverage=leverage, margin_type=margin)
            assert await venue.prepare_symbol(BTC_DASH, leverage, margin) == facts
        assert isinstance(await venue.prepare_symbol(BTC_DASH, 1_000, MarginType.CROSS), Refused)
        found = await venue.read_instruments([BTC_DASH, Symbol("NO-SUCH")])
        assert isinstance(found, dict)
        assert set(found) == {BTC_DASH}
        tiers = found[BTC_DASH].tiers
        assert [tier.leverage_max for tier in tiers[:4]] == [125, 100, 76, 50]
        assert [tier.notional_floor for tier in tiers[:2]] == [0, 50_000]
        everything = await venue.read_instruments(None)
        assert isinstance(everything, dict)
        (strict,) = everything[BTC_DASH].tiers
        assert strict.notional_floor == 0
        assert strict.leverage_max == 125
        assert strict.maintenance_fraction >= tiers[0].maintenance_fraction, (
            "a start does not wait for tables"
        )
        assert replace(everything[BTC_DASH], tiers=tiers) == found[BTC_DASH]


@pytest.mark.owns("A1")
async def test_A1_fills_are_told_once_by_id_though_the_venue_lists_them_by_time() -> None:
    async with local_bingx(fill_parts=3) as local:
        at = table(local)
        await at.enter(Rung.ATTACHED)
        first = await page(local.venue)
        assert [fill.fill_id for fill in first.fills] == sorted({fill.fill_id for fill in first.fills})
        assert sum(fill.quantity for fill in first.fills) == SIZE
        last = first.fills[-1].fill_id
        assert await page(local.venue, last) == FillPage(fills=(), complete=True)
        await at.acked(send_close())
        later = await page(local.venue, last)
        assert {fill.side for fill in later.fills} == {"SELL"}
        # Asked again from the beginning, as after a lost answer, everything is told again.
        assert (await page(local.venue)).fills == first.fills + later.fills
        assert all(fill.fee_quote > 0 for fill in later.fills)
        assert {fill.market_ms for fill in later.fills} == {START_MS}


@pytest.mark.owns("A3")
async def test_A3_the_listing_explains_the_wallet() -> None:
    async with local_bingx() as local:
        at = table(local)
        before = (await at.look()).balance
        await at.enter(Rung.ATTACHED)
        await at.look()
        after = (await at.look()).balance
        rows = await local.venue.read_income(ReadIncome(after_ms=WireMs(0)))
        assert isinstance(rows, IncomePage)
        assert before is not None
        assert after is not None
        assert {row.kind for row in rows.rows} == {IncomeKind.TRADE}
        assert after.wallet_quote - before.wallet_quote == sum(row.amount_quote for row in rows.rows) < 0


@pytest.mark.owns("D1")
async def test_D1_history_ends_before_the_forming_bar() -> None:
    async with local_bingx() as local:
        before = await local.venue.read_bars(BTC_DASH, MINUTE, 300)
        assert isinstance(before, tuple)
        assert [bar.open_ms for bar in before] == [START_MS + minute * MINUTE for minute in range(-300, 0)]
        await local.run_to(7)
        later = await local.venue.read_bars(BTC_DASH, MINUTE, 5)
        assert isinstance(later, tuple)
        assert [bar.open_ms for bar in later] == [START_MS + minute * MINUTE for minute in range(2, 7)]


async def test_an_entry_whose_leg_the_venue_lost_is_shown_bare_by_the_listing() -> None:
    """The echo says that the leg was read; only the listing says that it rests."""
    async with local_bingx() as local:
        await local.control("switches", {"whims": {"open_algos_max": 0}})
        at = table(local)
        await at.enter(Rung.ATTACHED)
        seen = await at.look()
        assert (len(seen.positions), seen.orders) == (1, ())


async def test_P6_a_cancel_needs_the_venues_id_and_believes_only_that_order() -> None:
    async with local_bingx() as local:
        at = table(local)
        await at.enter()
        resting = await at.acked(stop())
        by_name = CancelOrder(trade_id=TRADE, key=replace(resting.key, venue_id=None), why="test")
        outcome = await at.send(by_name)
        assert isinstance(outcome, NotSent)
        assert outcome.why.startswith("P6")
        assert len((await at.look()).orders) == 1


async def test_a_stop_that_fired_is_filled_under_its_own_id() -> None:
    async with local_bingx(path={3: "58500"}) as local:
        at = table(local)
        await at.enter()
        resting = await at.acked(stop())
        await local.run_to(3)
        question = ReadOrder(
            symbol=BTC_DASH, client_id=stop().client_id, conditional=True, venue_id=resting.key.venue_id
        )
        fired = await local.venue.read_order(question)
        assert isinstance(fired, OrderView)
        assert (fired.state, fired.average_price) == (OrderState.FILLED, price(58_500))
        assert (await page(local.venue)).fills[-1].order_id == resting.key.venue_id


@pytest.mark.parametrize("path", ["/openApi/swap/v2/trade/openOrders", "/openApi/swap/v2/user/positions"])
async def test_half_a_snapshot_is_none(path: str) -> None:
    async with local_bingx() as local:
        await local.control("faults", {"kind": "answer", "form": "object", "executed": True, "paths": [path]})
        answer = await local.venue.read_snapshot(ReadSnapshot(asked=1, symbols=None))
        assert isinstance(answer, Unknown)
        assert not isinstance(answer, Snapshot)


async def test_acknowledgements_carry_our_names() -> None:
    async with local_bingx() as local:
        at = table(local)
        taken = await local.venue.send(at.written(entry(Rung.ATTACHED)))
        assert isinstance(taken, Acked)
        assert taken.order.key.client_id == entry(Rung.ATTACHED).client_id
        target = await at.acked(send_target())
        assert target.key.client_id == send_target().client_id
        assert target.key.venue_id is not None
