"""K1–K5, A1–A3, L1, and what should happen sometimes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.exchange.orders import Fill
from jackline.world.judges.accounting import EquityJudge, LedgerJudge
from jackline.world.judges.deadlines import EQUITY_SEEN_MS, FLATTEN_MS, LIMIT_IN_FLIGHT_MS, LIMIT_SEEN_MS
from jackline.world.judges.journal import LedgerRow
from jackline.world.judges.kill import KillJudge
from jackline.world.judges.limits import HeldBackJudge, LossLimitJudge
from jackline.world.judges.liveness import LivenessJudge
from jackline.world.judges.names import Role
from jackline.world.judges.scene import Scene
from jackline.world.judges.sometimes import Sometimes, SometimesCounter
from tests.exchange.worlds import BUY
from tests.world.judges.court import BTC, ENGINE, OTHER, TRADE, Court

# -- K1, K3, K4 ------------------------------------------------------------------------------------------------


def test_K3_an_entry_after_an_acknowledged_kill() -> None:
    court = Court(KillJudge)
    court.command("kill:no_new_risk", acknowledged=False)
    court.enter(fills=False)
    assert court.codes == []
    court.command("kill:no_new_risk")
    court.enter(OTHER, fills=False)
    assert court.codes == ["K3"]


def test_K1_an_entry_of_the_next_process() -> None:
    court = Court(KillJudge)
    court.command("kill:no_new_risk")
    court.end(ENGINE)
    court.passing(1_000)
    court.start("engine-2")
    court.enter(process="engine-2", fills=False)
    assert court.codes == ["K1"]


def test_K1_a_kill_is_bound_to_its_disk() -> None:
    court = Court(KillJudge)
    court.command("kill:no_new_risk")
    court.journal.epoch += 1
    court.enter(fills=False)
    assert court.codes == []


def test_K3_a_reset_lets_entries_go() -> None:
    court = Court(KillJudge)
    court.command("kill:locked")
    court.command("reset", acknowledged=False)
    court.enter(fills=False)
    assert court.codes == []


def test_K3_a_kill_given_before_the_reset_is_undone_by_it() -> None:
    court = Court(KillJudge)
    court.panel.on_command("kill:flatten", acknowledged=False, at_ms=court.now_ms)
    court.passing(100)
    court.command("reset", acknowledged=False)
    court.panel.on_command("kill:flatten", acknowledged=True, at_ms=court.now_ms)
    court.enter(fills=False)
    assert court.codes == []


def test_K3_flatten_closes_in_time() -> None:
    court = Court(KillJudge)
    court.enter()
    court.command("kill:flatten")
    court.passing(FLATTEN_MS)
    court.close()
    court.passing(FLATTEN_MS)
    assert court.codes == []


def test_K3_flatten_that_leaves_a_position() -> None:
    court = Court(KillJudge)
    court.enter()
    court.command("kill:flatten")
    court.passing(FLATTEN_MS + 500)
    assert court.codes == ["K3"]


def kill(court: Court, level: str, reason: str) -> None:
    court.journal.add("kill", {"before": "normal", "level": level, "actor": "me", "reason": reason}, None)


def test_K4_a_reset_with_its_reason() -> None:
    court = Court(KillJudge)
    kill(court, "flatten", "")
    court.command("reset")
    kill(court, "normal", "looked at it")
    court.finish()
    assert court.codes == []


def test_K4_a_level_that_falls_without_a_reason() -> None:
    court = Court(KillJudge)
    kill(court, "flatten", "")
    court.command("reset")
    kill(court, "normal", " ")
    court.finish()
    assert court.codes == ["K4"]


def test_K4_a_level_that_falls_by_itself() -> None:
    court = Court(KillJudge)
    kill(court, "flatten", "")
    kill(court, "no_new_risk", "midnight")
    court.finish()
    assert court.codes == ["K4"]


# -- K2, K5 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "outcome", "codes"),
    [
        ("SendStop", {"why": "K3: kill level is locked"}, ["K2"]),
        ("CancelOrder", {"why": "budget"}, ["K2"]),
        ("SendEntry", {"why": "K3: kill level is locked"}, []),
        ("SendClose", {"why": "the position could not be read first: timeout"}, []),
        ("SendStop", {"cause": "timeout"}, []),
        ("SendStop", {"kind": "other", "code": -1, "text": "no"}, []),
    ],
)
def test_K2_a_reduction_that_was_held_back(verb: str, outcome: object, codes: list[str]) -> None:
    court = Court(HeldBackJudge)
    court.journal.add("outcome", {"verb": verb, "client_id": "x", "outcome": outcome})
    court.finish()
    assert court.codes == codes


def limit_court() -> Court:
    def made(scene: Scene) -> LossLimitJudge:
        return LossLimitJudge(scene, loss_fraction=Decimal("0.05"))

    court = Court(made)
    court.enter(quantity="0.1")
    return court


def test_K5_an_entry_after_the_limit() -> None:
    court = limit_court()
    court.tick(54_000)  # 600 of 10,000
    court.passing(LIMIT_SEEN_MS + LIMIT_IN_FLIGHT_MS + 500)
    court.enter(OTHER, fills=False)
    assert court.codes == ["K5"]


def test_K5_an_entry_already_under_way() -> None:
    court = limit_court()
    court.tick(54_000)
    court.passing(LIMIT_SEEN_MS + LIMIT_IN_FLIGHT_MS - 500)
    court.enter(OTHER, fills=False)
    assert court.codes == []


@pytest.mark.parametrize("excuse", ["smaller", "reset", "withdrawal", "lost disk"])
def test_K5_what_is_no_breach(excuse: str) -> None:
    court = limit_court()
    court.tick(57_000 if excuse != "reset" else 54_000)
    if excuse == "withdrawal":
        court.world.venue.transfer(court.world.account, Decimal(-1_000))
    court.passing(LIMIT_SEEN_MS + LIMIT_IN_FLIGHT_MS + 500)
    if excuse == "reset":
        court.command("reset")
    if excuse == "lost disk":
        court.journal.epoch += 1
    court.passing(10_000)
    court.enter(OTHER, fills=False)
    assert court.codes == []


# -- A1, A2, A3 ------------------------------------------------------------------------------------------------


def row(
    entry_id: str, amount: object, quantity: Decimal | None = None, price: Decimal | None = None
) -> LedgerRow:
    return LedgerRow(
        entry_id=entry_id,
        kind=entry_id.partition(":")[0],
        symbol=BTC,
        quantity=quantity,
        price=price,
        amount_quote=Decimal(str(amount)),
        wire_ms=0,
    )


def rows_of(fill: Fill) -> list[LedgerRow]:
    return [
        row(f"fill:{BTC}:{fill.trade_id}", fill.realised, fill.quantity, fill.price),
        row(f"fee:{BTC}:{fill.trade_id}", -fill.commission),
    ]


def booked() -> tuple[Court, list[LedgerRow]]:
    """A deposit, a trade with funding, and the ledger that tells it right."""
    court = Court(LedgerJudge)
    court.world.venue.transfer(court.world.account, Decimal(500))
    court.enter()
    court.world.venue.fund(BTC, Decimal("0.0001"))
    court.tick(60_300)
    court.close()
    funding = next(one for one in court.world.account.incomes if one.kind == "FUNDING_FEE")
    ledger = [row("opening", 10_000), row("transfer:1", 500)]
    ledger.append(row(f"funding:{BTC}:{funding.income_id}", funding.amount))
    for fill in court.world.account.fills:
        ledger += rows_of(fill)
    return court, ledger


def test_A1_A2_A3_a_ledger_that_tells_what_happened() -> None:
    court, ledger = booked()
    court.finish(ledger=ledger)
    assert court.codes == []


def test_A1_a_later_opening_balance_needs_no_older_rows() -> None:
    court, ledger = booked()
    opened = court.world.account.wallet
    court.enter(OTHER)
    late = [row("opening", opened), *rows_of(court.world.account.fills[-1])]
    court.finish(ledger=late)
    assert court.codes == []
    assert len(ledger) == 7


def test_A1_a_missing_fill() -> None:
    court, ledger = booked()
    court.finish(ledger=ledger[:-1])
    assert court.codes == ["A1", "A2"]


def test_A1_an_invented_price() -> None:
    court, ledger = booked()
    ledger[-2] = replace(ledger[-2], price=Decimal(60_301))
    court.finish(ledger=ledger)
    assert court.codes == ["A1"]


def test_A1_an_invented_fill() -> None:
    court, ledger = booked()
    court.finish(ledger=[*ledger, row(f"fill:{BTC}:999", 0)])
    assert court.codes == ["A1"]


def test_A1_an_opening_balance_that_never_was() -> None:
    court, ledger = booked()
    court.finish(ledger=[row("opening", 9_999), *ledger[1:]])
    assert court.codes == ["A1"]


def test_A2_a_result_that_is_not_the_venues() -> None:
    court, ledger = booked()
    court.finish(ledger=[*ledger, row("other:1", 3)])
    assert court.codes == ["A1", "A2"]


def test_A3_a_deposit_nobody_booked() -> None:
    court, ledger = booked()
    court.finish(ledger=[one for one in ledger if one.kind != "transfer"])
    assert court.codes == ["A3"]


def test_A3_no_entry_on_equity_nobody_accounted_for() -> None:
    court = Court(EquityJudge)
    court.world.venue.transfer(court.world.account, Decimal(500))
    court.look()
    court.passing(EQUITY_SEEN_MS + 500)
    court.enter(fills=False)
    assert court.codes == ["A3"]


@pytest.mark.parametrize("how", ["booked", "adjusted", "traded"])
def test_A3_equity_that_is_explained(how: str) -> None:
    court = Court(EquityJudge)
    if how == "traded":
        court.enter()
        court.close()
    else:
        court.world.venue.transfer(court.world.account, Decimal(500))
    court.look()
    court.passing(EQUITY_SEEN_MS + 500)
    if how == "booked":
        court.journal.add("income", [{"kind": "transfer"}], None)
    elif how == "adjusted":
        court.journal.add("capital", {"amount_quote": "500"}, None)
    court.enter(OTHER, fills=False)
    assert court.codes == []


# -- L1 --------------------------------------------------------------------------------------------------------


def test_L1_everything_settled() -> None:
    court = Court(LivenessJudge)
    court.stop()
    court.enter()
    court.finish(trades={TRADE: "protected", OTHER: "done"}, inboxes={ENGINE: 0})
    assert court.codes == []


@pytest.mark.parametrize("what", ["naked", "doubtful", "inbox"])
def test_L1_something_is_left(what: str) -> None:
    court = Court(LivenessJudge)
    if what == "naked":
        court.enter()
    phase = "doubtful" if what == "doubtful" else "done"
    court.finish(trades={TRADE: phase}, inboxes={ENGINE: int(what == "inbox")})
    assert court.codes == ["L1"]


def test_L1_a_world_that_stays_broken_is_not_asked() -> None:
    court = Court(LivenessJudge)
    court.enter()
    court.finish(healed=False)
    assert court.codes == []


# -- sometimes -------------------------------------------------------------------------------------------------


def counted(court: Court) -> set[Sometimes]:
    counter = court.judges[0]
    if not isinstance(counter, SometimesCounter):
        raise TypeError(counter)
    return {what for what, times in counter.counts.items() if times}


def test_nothing_unusual_is_counted_in_an_ordinary_trade() -> None:
    court = Court(SometimesCounter)
    court.stop()
    departure = court.enter()
    court.journal.add(
        "outcome",
        {"verb": "SendEntry", "client_id": departure.params["newClientOrderId"], "outcome": {"order": {}}},
    )
    court.command("kill:flatten")
    court.close()
    court.finish(trades={TRADE: "done"})
    assert counted(court) == set()


def test_unknown_entries_are_counted_by_how_they_ended() -> None:
    court = Court(SometimesCounter)
    court.enter()
    court.enter(OTHER, fills=False)
    court.finish(trades={TRADE: "protected", OTHER: "done"})
    assert counted(court) == {Sometimes.UNKNOWN_ENTRY_FILLED, Sometimes.UNKNOWN_ENTRY_DEAD}


def test_a_stop_replaced_after_a_drop_and_a_second_one_refused() -> None:
    court = Court(SometimesCounter)
    algo = court.stop()
    court.enter()
    court.drop(algo)
    court.stop(attempt=2)
    departure = court.leaves("POST", "algoOrder", {"clientAlgoId": "x", "symbol": BTC, "side": "SELL"})
    assert court.arrives(departure, lambda: court.world.stop(algo.side, 59_000)) == -4130
    assert counted(court) == {Sometimes.STOP_REPLACED_AFTER_DROP, Sometimes.ONE_STOP_PER_DIRECTION}


def test_a_kill_in_flight_a_full_disk_and_the_third_rung() -> None:
    court = Court(SometimesCounter)
    departure = court.enter(fills=False)
    court.command("kill:flatten")
    court.arrives(departure, lambda: court.world.order(BUY, "0.01"))
    court.panel.on_act("disk_full", "", court.now_ms)
    court.close(type="LIMIT", timeInForce="IOC", price="59000", executes=False)
    assert counted(court) == {
        Sometimes.KILL_WHILE_ENTRY_IN_FLIGHT,
        Sometimes.DISK_FULL_WHILE_EXPOSED,
        Sometimes.CLOSING_RUNG_3,
    }


def test_what_only_the_world_knows_is_told() -> None:
    counter = SometimesCounter(Court().scene)
    counter.note(Sometimes.SECOND_INSTANCE_REFUSED)
    assert counter.counts[Sometimes.SECOND_INSTANCE_REFUSED] == 1
    assert Role.ENTRY.value == "e"
