"""Class B: orders whose answer was misread, sent twice, sized wrongly, or refused by a rule nobody had read back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pytest

from jackline.core.ids import Role
from jackline.core.orders import Bar
from jackline.core.plan import Rung
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.exchange.values import PositionSide
from jackline.exchange.whims import ThinBook
from jackline.exchange.wire.faults import Answer, Refuse, Slow
from jackline.exchange.wire.forms import Form
from jackline.world.acts import Kind
from jackline.world.supervisor import ENGINE
from tests.cases.facts import SYMBOL
from tests.cases.play import Play, play

PLAIN, CONDITIONAL = "/fapi/v1/order", "/fapi/v1/algoOrder"
ENTRY_PATHS = {"paths": (PLAIN,), "methods": ("POST",), "count": 1}


@pytest.mark.owns("O1", "O3", "P1")
@pytest.mark.parametrize("form", [Form.TIMEOUT, Form.EMPTY, Form.HTML, Form.TRUNCATED, Form.OBJECT])
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
def test_O1_an_entry_that_executed_and_was_answered_nonsense_is_one_position(form: Form, rung: Rung) -> None:
    """A19, B1, B10, G41, G42: no price, no quantity, no answer. It is asked for, protected, and never sent again."""

    async def script(world: Play) -> None:
        await world.ready()
        world.means.post(Answer(form=form, executed=True, **ENTRY_PATHS))  # type: ignore[arg-type]
        await world.protected()
        await world.passes(8.0)

    world = play(script, rung=rung)
    assert len(world.asked(Role.ENTRY)) == 1
    assert world.bought_and_sold() == 1
    assert world.breaches == []


@pytest.mark.owns("O1", "O3", "P6")
@pytest.mark.parametrize("form", [Form.TIMEOUT, Form.EMPTY, Form.HTML])
def test_O3_an_entry_that_never_arrived_is_written_off_by_evidence(form: Form) -> None:
    """B10, G41: the same answer, and this time nothing happened; the stop in front of it goes, nothing is re-sent."""

    async def script(world: Play) -> None:
        await world.ready()
        world.means.post(Answer(form=form, executed=False, **ENTRY_PATHS))  # type: ignore[arg-type]
        await world.until(lambda: world.written("ended", "never_filled"), "written off", 40.0)
        assert not world.ours()

    world = play(script)
    assert len(world.asked(Role.ENTRY)) == 1
    assert world.fills() == []
    assert world.breaches == []


@pytest.mark.owns("O1", "A1")
def test_A1_an_acknowledged_entry_that_filled_nothing_is_no_position() -> None:
    """B1: acknowledged, expired, quantity 0, price 0. No position, no booking, no stop left."""

    async def script(world: Play) -> None:
        await world.ready()
        world.stage.venue.whims.thin_book = ThinBook.EXPIRE
        world.stage.venue.whims.market_depth[SYMBOL] = Decimal(0)
        await world.until(lambda: world.written("ended", "never_filled"), "ended without a fill", 20.0)
        assert not world.ours()
        assert not world.positions()

    world = play(script)
    assert len(world.asked(Role.ENTRY)) == 1
    assert [kind for (kind,) in world.ask("SELECT kind FROM ledger")] == ["opening"]
    assert world.breaches == []


@pytest.mark.owns("A1", "A2")
@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_A2_the_ledger_holds_every_fill_and_every_fee(side: Side) -> None:
    """B2, B9, C9, C26, C27: an exit in five fills, a spread of 0.2 %; price, fee and sign are the venue's."""

    async def script(world: Play) -> None:
        world.stage.venue.set_spread(SYMBOL, Decimal("0.002"))
        await world.protected()
        world.jump(-0.03 * side.sign)
        await world.until(lambda: world.written("ended", "stop"), "stopped out", 15.0)

    world = play(script, side=side, fill_parts=5)
    assert len(world.fills()) > 5
    told = {(fill.price, fill.realised) for fill in world.fills()}
    booked = world.ask("SELECT price, amount_quote FROM ledger WHERE kind = 'fill'")
    assert {(Decimal(price), Decimal(amount)) for price, amount in booked} == told
    fees = world.ask("SELECT amount_quote FROM ledger WHERE kind = 'fee'")
    assert sum(Decimal(amount) for (amount,) in fees) == -sum(fill.commission for fill in world.fills())
    assert world.breaches == []


@pytest.mark.owns("C4")
def test_C4_a_position_mode_changed_behind_our_back_opens_nothing() -> None:
    """B7: the account is hedged while flat; every order of ours is refused, and the next start says why."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.SETS_MODE, lasts_s=25.0)
        await world.passes(10.0)
        assert world.said(-4061) or not world.asked(Role.DISASTER, Role.ENTRY)
        world.stage.processes.kill(ENGINE, down_s=0.5)
        await world.passes(8.0)
        world.end_acts()
        await world.protected()

    world = play(script, cooldown_ms=0)
    assert any("position_mode" in one.text for one in world.stage.trace.last)
    assert world.breaches == []


@pytest.mark.owns("P1", "C4", "K3")
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_P1_a_position_opened_by_hand_in_a_changed_mode_is_guarded_and_nothing_else_opens(
    restarted: bool,
) -> None:
    """B7: the account is hedged while the engine runs, and a leg opened in it: protected, and closed by the switch."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.SETS_MODE, lasts_s=60.0)
        world.do(Kind.OPENS_BY_HAND, lasts_s=1.0)
        await world.until(world.ours, "protected", 3.0)
        await world.until(lambda: world.written("alert", "the account is in hedge mode"), "blocked", 3.0)
        asked = len(world.asked(Role.ENTRY))
        if restarted:
            world.stage.processes.kill(ENGINE, down_s=0.5)
        await world.passes(8.0)
        assert world.positions()
        assert len(world.asked(Role.ENTRY)) == asked

    world = play(script, cooldown_ms=0)
    assert world.breaches == []


@pytest.mark.owns("O1")
@pytest.mark.parametrize("hedge", [False, True], ids=["netting", "hedge"])
def test_O1_a_strategy_that_wants_both_sides_at_every_bar_gets_one_trade(hedge: bool) -> None:
    """B11, B13: one choke point; a second wish, on the same side or the other, is denied while a trade lives."""

    class Torn:
        """Long, short, long …"""

        name = "torn"
        warmup_bars = 1

        def signal(self, bars: Sequence[Bar]) -> Signal | None:
            """The other side of the bar before."""
            odd = bars[-1].open_ms // 60_000 % 2
            return Signal(side=Side.LONG if odd else Side.SHORT, reason="torn")

    async def script(world: Play) -> None:
        await world.protected()
        await world.passes(18.0)
        assert len(world.positions()) == 1

    world = play(script, hedge=hedge, strategy=Torn())
    assert world.bought_and_sold() == 1
    assert len([row for row in world.rows("denied") if "symbol_busy" in str(row)]) >= 3
    assert world.breaches == []


@pytest.mark.owns("C3")
def test_C3_the_second_engine_is_refused_and_a_close_is_sent_once() -> None:
    """B12, B19: two engines on one account. The second says who holds the lease and sends no order."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.SECOND_ENGINE)
        await world.until(lambda: world.stage.processes.refused_second, "a refusal", 8.0)
        world.operator.close_all()
        await world.until(lambda: not world.positions(), "closed", 5.0)

    world = play(script)
    assert len(world.asked(Role.CLOSE)) == 1
    senders = {one.process for one in world.sent if one.method == "POST" and "rder" in one.path}
    assert senders == {"engine-1"}
    assert world.breaches == []


@pytest.mark.owns("C4")
def test_C4_leverage_is_set_and_read_back_before_anything_enters() -> None:
    """B14, B15: the venue gives every symbol 20; no entry leaves before 4 was set and read back."""
    at_entry: list[int] = []

    async def script(world: Play) -> None:
        assert world.account.setting(SYMBOL).leverage == 20
        world.on_taking(Role.ENTRY, lambda: at_entry.append(world.account.setting(SYMBOL).leverage))
        await world.protected()

    world = play(script, leverage=4)
    assert at_entry == [4]
    asked = [one.path for one in world.sent if one.path in {"/fapi/v1/leverage", "/fapi/v1/symbolConfig"}]
    assert asked[asked.index("/fapi/v1/leverage") :][:2] == ["/fapi/v1/leverage", "/fapi/v1/symbolConfig"]
    assert world.breaches == []


@pytest.mark.owns("C4")
def test_C4_leverage_that_cannot_be_set_lets_nothing_enter() -> None:
    """B14: -4028 is "not valid", not "unchanged"; the symbol stays closed and the engine says so."""

    async def script(world: Play) -> None:
        world.means.post(Refuse(code=-4028, paths=("/fapi/v1/leverage",), methods=("POST",)))
        await world.passes(15.0)
        assert world.said(-4028)
        assert not world.asked(Role.ENTRY)

    world = play(script)
    assert world.fills() == []
    assert world.breaches == []


@pytest.mark.owns("P7")
def test_P7_leverage_changed_by_a_hand_lets_no_stop_lie_beyond_liquidation() -> None:
    """B14, G20: after the proof somebody sets 100 on an isolated symbol. The next entry must not be planned for 4."""

    async def script(world: Play) -> None:
        await world.ready()
        world.stage.venue.set_leverage(world.account, SYMBOL, 100)
        world.means.deliver()
        await world.passes(20.0)

    world = play(script, isolated=True, cooldown_ms=0)
    assert world.breaches == []


@pytest.mark.owns("P1", "P2")
def test_P1_a_revoked_key_leaves_the_stop_and_lets_nothing_enter() -> None:
    """B18: -2015 to everything for ten seconds, over an open position. The stop needs no key."""

    async def script(world: Play) -> None:
        await world.protected()
        stops = world.stops()
        world.do(Kind.KEY_REVOKED, lasts_s=10.0)
        await world.passes(9.0)
        assert world.said(-2015)
        assert world.stops() == stops
        await world.passes(3.0)
        assert world.alive()
        world.do(Kind.STOP_DROPPED)
        await world.until(world.stops, "it sees and acts again", 6.0)

    world = play(script)
    assert world.bought_and_sold() == 1
    assert world.breaches == []


@pytest.mark.owns("K2")
def test_K2_a_rate_limit_delays_and_does_not_blind() -> None:
    """B19, F5: half of all requests are answered 429; a stop that is lost is replaced, or the position closed."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.RATE_LIMITED, lasts_s=15.0, size=0.6)
        await world.passes(2.0)
        world.do(Kind.STOP_DROPPED)
        await world.until(lambda: world.stops() or not world.positions(), "a stop again, or flat", 10.0)

    world = play(script)
    assert any(one.status == 429 for one in world.arrived)
    assert world.breaches == []


def _more_than(world: Play, trades: int) -> bool:
    return world.bought_and_sold() > trades


@pytest.mark.owns("P6")
def test_P6_trade_after_trade_leaves_no_conditional_order_behind() -> None:
    """B20: what fills a venue's limit of conditional orders is what was left behind. Nothing is, after six trades."""
    most: list[int] = []

    async def script(world: Play) -> None:
        while (trades := world.bought_and_sold()) < 6:
            await world.until(partial(_more_than, world, trades), "the next trade")
            await world.until(lambda: world.placed(Role.TARGET), "its target")
            await world.passes(1.0)
            most.append(len(world.account.open_algos))
            world.jump(-0.03)
            await world.until(lambda: not world.ours(), "swept", 20.0)

    world = play(script, cooldown_ms=0, target="0.05")
    assert max(most) <= 3
    assert not world.account.open_algos
    assert world.breaches == []


@pytest.mark.owns("P8")
@pytest.mark.parametrize("leverage", [2, 20])
def test_P8_size_follows_the_loss_at_the_stop_and_not_the_leverage(leverage: int) -> None:
    """B22, C5, F26: equity is what the venue says, 3,870.55 here; what the stop would lose fits 0.75 % of it."""
    losses: list[Decimal] = []

    async def script(world: Play) -> None:
        await world.protected()
        (position,), (stop,) = world.positions(), world.stops()
        losses.append((position.entry_price - stop.trigger_price) * abs(position.amount))

    world = play(script, leverage=leverage, wallet="3870.55")
    ((opening,),) = world.ask("SELECT amount_quote FROM ledger WHERE kind = 'opening'")
    assert Decimal(opening) == Decimal("3870.55")
    assert 0 < losses[0] < Decimal("3870.55") * Decimal("0.0075")
    assert world.breaches == []


@pytest.mark.owns("O2")
@pytest.mark.parametrize("form", [Form.TIMEOUT, Form.EMPTY])
def test_O2_a_stop_whose_answer_was_lost_is_one_stop(form: Form) -> None:
    """G44, B10: sent again under the same id where it must be, and a duplicate is adopted."""

    async def script(world: Play) -> None:
        await world.ready()
        rule = Answer(form=form, executed=True, paths=(CONDITIONAL,), methods=("POST",), count=1)
        world.means.post(rule)
        await world.protected()
        assert len(world.stops()) == 1

    world = play(script)
    assert len({one.params["clientAlgoId"] for one in world.asked(Role.DISASTER)}) == 1
    assert len(world.placed(Role.DISASTER)) == 1
    assert world.breaches == []


@pytest.mark.owns("O1", "O3")
def test_O1_an_answer_that_comes_after_the_end_brings_nothing_back() -> None:
    """G43: the entry's answer is eight seconds late; by then the position was opened, protected and closed."""

    async def script(world: Play) -> None:
        await world.ready()
        world.means.post(Slow(delay_ms=8_000.0, **ENTRY_PATHS))  # type: ignore[arg-type]
        await world.protected()
        world.jump(-0.03)
        await world.until(lambda: world.written("ended", "stop"), "ended", 20.0)
        await world.passes(8.0)
        assert not world.positions()

    world = play(script)
    assert world.bought_and_sold() == 1
    assert len(world.rows("ended")) == 1
    assert world.breaches == []


@pytest.mark.owns("P3")
def test_P3_hedge_legs_are_closed_on_their_own_side() -> None:
    """B6, B7: hedge mode takes no reduce-only flag; position side and side say what a close may do."""

    async def script(world: Play) -> None:
        await world.protected()
        world.operator.close_all()
        await world.until(lambda: not world.positions(), "closed", 5.0)

    world = play(script, hedge=True, side=Side.SHORT)
    (close,) = world.asked(Role.CLOSE)
    assert (close.params["side"], close.params["positionSide"]) == ("BUY", PositionSide.SHORT.value)
    assert "reduceOnly" not in close.params
    assert world.breaches == []
