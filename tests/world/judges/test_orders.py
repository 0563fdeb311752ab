"""P2, P3, O1–O4, C3: what may leave, how often, and what explains it."""

from __future__ import annotations

import pytest

from jackline.exchange.values import OrderType
from jackline.world.judges.entries import EntryJudge
from jackline.world.judges.identity import ContentJudge, ExplainedJudge, OwnerJudge
from jackline.world.judges.names import Role, parse, spell
from jackline.world.judges.reducing import ReducingJudge
from tests.exchange.worlds import BUY, LONG, SELL, World
from tests.world.judges.court import BTC, ENGINE, OTHER, TRADE, Court


def test_a_whole_trade_passes_every_judge_of_orders() -> None:
    court = Court(EntryJudge, ReducingJudge, ContentJudge, ExplainedJudge, OwnerJudge)
    court.journal.intend()
    court.stop()
    court.enter()
    court.stop(61_000, role=Role.TARGET, attempt=2, quantity="0.01", kind=OrderType.TAKE_PROFIT_MARKET)
    court.close()
    court.journal.add("ended", {"reason": "operator"})
    court.finish(trades={TRADE: "done"})
    assert court.codes == []


# -- P2 ------------------------------------------------------------------------------------------------------


def test_P2_an_intent_without_a_stop() -> None:
    court = Court(EntryJudge)
    court.journal.intend(stop=None)
    court.enter()
    assert court.codes == ["P2"]


def test_P2_an_order_that_is_no_entry_and_could_open() -> None:
    court = Court(EntryJudge)
    court.leaves(
        "POST", "order", {"symbol": BTC, "side": "BUY", "quantity": "1", "newClientOrderId": "hello"}
    )
    assert court.codes == ["P2"]


def test_P2_a_canary_that_grows_a_position() -> None:
    court = Court(EntryJudge)
    court.world.order(BUY, "0.01", client_id=spell(TRADE, Role.CANARY, 1))
    court.look()
    assert court.codes == ["P2"]


# -- P3 ------------------------------------------------------------------------------------------------------


def test_P3_a_conditional_order_without_its_flag() -> None:
    court = Court(ReducingJudge)
    court.enter()
    court.stop(quantity="0.01", reduce_only=False)
    assert court.codes == ["P3"]


def test_P3_the_closing_side_of_a_hedge_needs_no_flag() -> None:
    court = Court(ReducingJudge, world=World(hedge=True))
    court.world.order(BUY, "0.01", position_side=LONG)
    court.world.stop(
        SELL, 59_000, quantity="0.01", position_side=LONG, client_id=spell(TRADE, Role.WORKING, 1)
    )
    court.look()
    assert court.codes == []


def test_P3_a_close_without_its_flag_only_after_one_was_refused() -> None:
    court = Court(ReducingJudge)
    court.enter()
    court.close(reduce_only=False)
    assert court.codes == ["P3"]


def test_P3_a_close_without_its_flag_after_a_refusal() -> None:
    court = Court(ReducingJudge)
    court.enter()
    refused = court.close(attempt=5, side=BUY)  # the venue says -2022
    assert refused.params["side"] == "BUY"
    court.close(attempt=6, reduce_only=False)
    assert court.codes == []


def test_P3_a_close_that_flips_the_position() -> None:
    court = Court(ReducingJudge)
    court.enter()
    court.close(attempt=5, side=BUY)
    court.close("0.02", attempt=6, reduce_only=False)
    assert court.codes == ["P3"]


# -- O1, O3 ----------------------------------------------------------------------------------------------------


def test_O1_an_entry_that_leaves_twice() -> None:
    court = Court(EntryJudge)
    court.journal.intend()
    court.enter(fills=False)
    court.enter()
    assert court.codes == ["O1"]


def test_O1_more_fills_than_planned() -> None:
    court = Court(EntryJudge)
    court.journal.intend()
    departure = court.enter()
    court.arrives(departure, lambda: court.world.order(BUY, "0.01", client_id=spell(TRADE, Role.ENTRY, 0)))
    assert court.codes == ["O1"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ended", {"reason": "never_filled"}),
        ("trade", {"phase": "sweeping", "exit_reason": "never_filled"}),
        ("trade", {"phase": "done"}),
    ],
)
def test_O3_a_fill_after_the_trade_was_written_off(kind: str, body: object) -> None:
    court = Court(EntryJudge)
    court.journal.intend()
    departure = court.enter(fills=False)
    court.journal.add(kind, body)
    court.arrives(departure, lambda: court.world.order(BUY, "0.01", client_id=spell(TRADE, Role.ENTRY, 0)))
    assert court.codes == ["O3"]


# -- O2, O4 ----------------------------------------------------------------------------------------------------


def test_O2_a_stop_that_leaves_again_unchanged() -> None:
    court = Court(ContentJudge)
    for stamp in ("1", "2"):
        court.leaves("POST", "algoOrder", {"clientAlgoId": "x", "triggerPrice": "1", "timestamp": stamp})
    assert court.codes == []


def test_O2_a_stop_that_leaves_again_at_another_price() -> None:
    court = Court(ContentJudge)
    for price in ("1", "2"):
        court.leaves("POST", "algoOrder", {"clientAlgoId": "x", "triggerPrice": price, "timestamp": price})
    assert [breach.detail for breach in court.panel.breaches] == ["x leaves again with other triggerPrice"]


def test_O4_an_entry_before_its_intent_is_durable() -> None:
    court = Court(EntryJudge)
    court.enter(fills=False)
    court.journal.intend()
    assert court.codes == ["O4"]


def test_O4_a_stop_that_nothing_explains() -> None:
    court = Court(ExplainedJudge)
    court.stop()
    court.finish()
    assert court.codes == ["O4"]


@pytest.mark.parametrize("where", ["derived", "named", "watchdog"])
def test_O4_a_stop_that_is_explained(where: str) -> None:
    court = Court(ExplainedJudge)
    algo = court.stop()
    if where == "derived":
        court.journal.intend()
    else:
        journal, kind = (
            (court.journal, "request") if where == "named" else (court.watch_journal, "watch_action")
        )
        journal.add(kind, {"client_id": algo.client_id, "verb": "SendStop"}, None)
    court.finish()
    assert court.codes == []


def test_O4_a_disk_that_was_lost_explains_nothing() -> None:
    court = Court(ExplainedJudge)
    court.stop()
    court.journal.epoch += 1
    court.finish()
    assert court.codes == []


@pytest.mark.parametrize(("act", "codes"), [("lost_disk", []), ("jump", ["O4"])])
def test_O4_who_outlives_its_disk_writes_to_nothing(act: str, codes: list[str]) -> None:
    """A process that has sent nothing yet when its disk is lost."""
    court = Court(ExplainedJudge)
    court.start(ENGINE)
    court.panel.on_act(act, "", court.now_ms)
    court.passing(100)
    court.stop()
    court.finish()
    assert court.codes == codes


# -- C3 --------------------------------------------------------------------------------------------------------


def test_C3_an_older_engine_that_enters_after_a_newer_one_took_over() -> None:
    court = Court(OwnerJudge)
    court.start("engine-2")
    court.enter(process="engine-2", fills=False)
    court.enter(OTHER, process=ENGINE, fills=False)
    assert court.codes == ["C3"]


def test_C3_a_second_engine_that_only_protects_takes_nothing_over() -> None:
    court = Court(OwnerJudge)
    court.start("engine-2")
    court.stop(role=Role.WATCHDOG_STOP, process="engine-2")
    court.enter(process=ENGINE, fills=False)
    assert court.codes == []


def test_ids_are_parsed_as_they_are_derived() -> None:
    from jackline.core import ids

    trade_id = ids.mint_trade_id(tag="abc", fence=1_760_000_000, ordinal=77)
    for role in ids.Role:
        name = parse(ids.client_id(trade_id, role, 1_234))
        assert name is not None
        assert (name.trade_id, name.role.value, name.attempt) == (trade_id, role.value, 1_234)
        assert spell(trade_id, name.role, 1_234) == ids.client_id(trade_id, role, 1_234)
    assert parse("web_abcdefghijklmnop") is None
    assert parse(ids.client_id(trade_id, ids.Role.ENTRY, 1)[:-1] + "_") is None
