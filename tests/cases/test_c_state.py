"""Class C: a state of our own that drifted from the venue's, and books that were filled with guesses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.core.ids import Role
from jackline.core.plan import Rung
from jackline.core.values import Side
from jackline.world.acts import Kind
from jackline.world.supervisor import ENGINE
from tests.cases.facts import SYMBOL
from tests.cases.play import Play, play


@pytest.mark.owns("O3", "A1")
@pytest.mark.parametrize("how", [Kind.EVENTS_MISSING, Kind.SILENT_STREAMS, Kind.KEY_FORGOTTEN])
def test_O3_a_stop_out_that_no_stream_tells_of_is_noticed(how: Kind) -> None:
    """C1, C16, C24, G45, G46: the stop fires and no event comes. The trade ends, and the next one may begin."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(how, lasts_s=6.0)
        world.jump(-0.03)
        await world.until(lambda: world.written("ended", "stop"), "noticed", 12.0)
        await world.until(lambda: world.bought_and_sold() == 2, "the next trade", 40.0)

    world = play(script, cooldown_ms=0)
    assert world.breaches == []


@pytest.mark.owns("A1")
def test_A1_an_exit_during_an_outage_is_booked_at_its_own_price() -> None:
    """C4, C3, G31: stopped out at the start of an outage of 20 s in which the price comes all the way back."""

    async def script(world: Play) -> None:
        await world.protected()
        world.stage.processes.kill(ENGINE, down_s=20.0)
        world.jump(-0.03)
        await world.passes(2.0)
        assert not world.positions()
        world.jump(0.04)
        await world.until(lambda: world.written("ended", "stop"), "booked after the outage", 40.0)

    world = play(script)
    exit_fill = world.fills()[-1]
    assert abs(exit_fill.price - world.mark()) > 1_000
    booked = world.ask("SELECT price FROM ledger WHERE kind = 'fill' ORDER BY wire_ms, entry_id")
    assert Decimal(booked[-1][0]) == exit_fill.price
    assert world.breaches == []


@pytest.mark.owns("K5", "A3")
def test_K5_a_restart_moves_no_baseline() -> None:
    """C6, F14, G35: the day began with 10,000; a loss and three restarts later it still did."""

    async def script(world: Play) -> None:
        await world.protected()
        world.jump(-0.04)
        await world.until(lambda: world.written("ended", "stop"), "a loss", 15.0)
        for _ in range(3):
            world.stage.processes.kill(ENGINE, down_s=0.5)
            await world.passes(4.0)

    world = play(script)
    assert world.account.wallet < 9_990
    ((opening,),) = world.ask("SELECT amount_quote FROM ledger WHERE kind = 'opening'")
    assert Decimal(opening) == 10_000
    ((day,),) = world.ask("SELECT value FROM account WHERE key = 'day'")
    assert "10000" in day
    assert world.crashing.crashes == 3
    assert world.breaches == []


@pytest.mark.owns("K5")
def test_K5_a_cool_down_outlives_a_restart() -> None:
    """F14: stopped out, killed, restarted: the pause before the next trade on the symbol is not over."""

    async def script(world: Play) -> None:
        await world.protected()
        world.jump(-0.03)
        await world.until(lambda: world.written("ended", "stop"), "a loss", 15.0)
        world.stage.processes.kill(ENGINE, down_s=0.5)
        await world.passes(15.0)

    world = play(script)
    assert world.bought_and_sold() == 1
    assert world.breaches == []


@pytest.mark.owns("P1")
def test_P1_what_somebody_added_is_covered_and_closed_with_the_rest() -> None:
    """C8, G22: three times the size, by hand. The stop closes what is there, and not what we remember."""

    async def script(world: Play) -> None:
        before = abs((await world.protected()).amount)
        world.do(Kind.ADDS_BY_HAND, size=1.0)
        assert abs(world.positions()[0].amount) > before
        await world.passes(8.0)
        assert world.stops()
        world.jump(-0.03)
        await world.until(lambda: not world.positions(), "all of it closed", 3.0)

    world = play(script)
    assert world.breaches == []


@pytest.mark.owns("P3")
def test_P3_half_of_it_closed_by_hand_is_not_turned_round_by_its_stop() -> None:
    """C8, G22: the stop knew a quantity that is not there any more; it closes the rest and opens nothing."""

    async def script(world: Play) -> None:
        await world.protected()
        await world.until(lambda: world.stops(Role.WORKING), "a working stop")
        world.do(Kind.CLOSES_BY_HAND, size=0.1)
        assert world.positions()
        world.gap(-0.03)
        await world.until(lambda: not world.positions(), "closed", 3.0)
        await world.passes(3.0)
        assert not world.positions()

    world = play(script, trailing="0.01")
    assert world.breaches == []


@pytest.mark.owns("A1", "A3")
def test_A1_what_was_traded_before_the_ledger_began_is_not_ours() -> None:
    """C14: somebody bought and sold before the first start. The books begin with the wallet and nothing else."""

    async def script(world: Play) -> None:
        await world.ready()
        world.stage.processes.wanted.discard(ENGINE)
        world.stage.processes.kill(ENGINE, down_s=0.1)
        world.stage.disk.wipe()
        for _ in range(3):
            world.do(Kind.OPENS_BY_HAND, size=0.2)
            world.do(Kind.CLOSES_BY_HAND, size=1.0)
        begun = world.account.wallet
        world.stage.processes.want(ENGINE)
        await world.until(lambda: world.ask("SELECT 1 FROM ledger WHERE kind = 'opening'"), "new books", 10.0)
        ((opening,),) = world.ask("SELECT amount_quote FROM ledger WHERE kind = 'opening'")
        assert Decimal(opening) == begun != 10_000
        await world.protected()

    world = play(script)
    owners = world.ask("SELECT DISTINCT trade_id IS NULL FROM ledger WHERE kind = 'fill'")
    assert owners == [(0,)]
    assert len(world.fills()) == 6 + 2
    assert world.breaches == []


@pytest.mark.owns("K4", "K1")
@pytest.mark.parametrize("reset", [False, True])
def test_K4_what_the_operator_said_last_holds_after_a_restart(reset: bool) -> None:
    """C15, F14: no start-up reasons about the operator's word; it reads it."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.KILLS, lasts_s=10**6, pick=0.0)
        await world.until(lambda: world.written("kill", "no_new_risk"), "the switch is up")
        if reset:
            world.operator.reset()
            await world.until(lambda: len(world.rows("kill")) == 2, "and down again")
        world.stage.processes.kill(ENGINE, down_s=0.5)
        await world.passes(15.0)
        assert bool(world.fills()) is reset
        assert world.written("denied", "kill_level") is not reset

    world = play(script)
    assert world.breaches == []


@pytest.mark.owns("O4", "O1")
@pytest.mark.parametrize("seed", range(6))
def test_O4_a_power_cut_while_entering_forgets_nothing_that_was_sent(seed: int) -> None:
    """C22, G4: the power fails with the entry on the wire. What was not synced is gone; the intent was."""

    async def script(world: Play) -> None:
        await world.ready()
        world.on_sending(Role.ENTRY, lambda: world.do(Kind.POWER_CUT, lasts_s=1.0))
        await world.until(lambda: world.crashing.crashes, "a power cut")
        await world.passes(10.0)
        assert all(world.stops() for _ in world.positions())

    world = play(script, seed=seed, rung=Rung.AFTER_FILL if seed % 2 else Rung.STOP_FIRST)
    assert len(world.asked(Role.ENTRY)) == 1
    assert world.breaches == []


@pytest.mark.owns("P1", "O4")
@pytest.mark.parametrize("what", [Kind.PAGE_CORRUPTED, Kind.TAIL_CUT, Kind.LOST_DISK, Kind.OLD_BACKUP])
def test_P1_a_damaged_or_lost_store_leaves_the_position_covered(what: Kind) -> None:
    """C22: half a file, another file, yesterday's file, no file. The stop rests, and nothing is entered twice."""

    async def script(world: Play) -> None:
        await world.ready()
        world.crashing.take_backup()
        await world.protected()
        world.do(what, lasts_s=2.0, size=0.6, pick=0.1)
        await world.passes(12.0)
        assert world.positions()
        assert world.stops()

    world = play(script, watchdog=True)
    assert world.bought_and_sold() == 1
    assert world.breaches == []


@pytest.mark.owns("O4")
def test_O4_a_store_that_cannot_be_written_lets_nothing_enter() -> None:
    """C30: read-only from the first minute. No intent, no entry; once it can be written, trading begins."""

    async def script(world: Play) -> None:
        await world.ready()
        world.do(Kind.READ_ONLY, lasts_s=15.0)
        await world.passes(13.0)
        assert not world.asked(Role.ENTRY)
        world.end_acts()
        await world.protected()

    world = play(script, cooldown_ms=0)
    assert world.breaches == []


@pytest.mark.owns("P5", "O3")
@pytest.mark.parametrize("side", [Side.LONG, Side.SHORT])
def test_P5_reads_from_a_lagging_replica_uncover_nothing(side: Side) -> None:
    """C25: from the fill on all reads are 2 s old. No ghost is swept, no living stop is cancelled."""

    async def script(world: Play) -> None:
        await world.ready()
        world.on_taking(Role.ENTRY, lambda: world.do(Kind.READ_LAG, lasts_s=12.0, size=0.8, pick=0.9))
        await world.until(world.fills, "a fill")
        await world.passes(9.0)
        assert world.positions()
        assert world.stops()

    world = play(script, side=side)
    assert not [one for one in world.sent if one.path.endswith("allOpenOrders")]
    assert world.breaches == []


@pytest.mark.owns("A3")
def test_A3_money_that_moved_is_capital_and_neither_loss_nor_profit() -> None:
    """C12, C5: 3,000 come in over an open position. Equity is one figure, and the ledger explains all of it."""

    async def script(world: Play) -> None:
        await world.protected()
        world.do(Kind.DEPOSITS, size=0.58)
        await world.until(lambda: world.ask("SELECT 1 FROM ledger WHERE kind = 'transfer'"), "booked", 30.0)

    world = play(script)
    ((amount,),) = world.ask("SELECT amount_quote FROM ledger WHERE kind = 'transfer'")
    assert Decimal(amount) == 3_000
    total = sum(Decimal(row) for (row,) in world.ask("SELECT amount_quote FROM ledger"))
    assert total == world.account.wallet
    assert world.breaches == []


@pytest.mark.owns("A1")
def test_A1_a_fill_by_hand_is_booked_and_not_attributed_to_us() -> None:
    """C8, C27: every fill of a traded symbol is in the books, and only those of our orders are in our trades."""

    async def script(world: Play) -> None:
        await world.passes(4.0)
        world.do(Kind.OPENS_BY_HAND, size=0.1)
        await world.until(world.stops, "adopted", 8.0)
        world.do(Kind.CLOSES_BY_HAND, size=1.0)
        await world.passes(10.0)

    world = play(script, side=None)
    assert len(world.ask("SELECT 1 FROM ledger WHERE kind = 'fill'")) == len(world.fills()) == 2
    assert all(fill.symbol == SYMBOL for fill in world.fills())
    assert world.breaches == []
