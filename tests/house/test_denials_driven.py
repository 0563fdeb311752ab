"""Every reason of a denial is driven through a running engine against the local exchange, and this table says where.

`tests/core/test_gates.py` reaches the reasons through the function; that alone proves no way of a signal.
"""

import ast
from collections.abc import Mapping

from jackline.core.outcomes import Reason
from tests.house.source import Source, functions, parse, sources

ROOM = "tests/engine/"
PROCESS = "test_denials.py::test_a_running_engine_denies_and_journals_the_gate"
PLAN = "test_denials_of_the_plan.py::test_K2_the_next_trade_does_not_fit_and_the_open_one_keeps_its_stop"
MARKET, ACCOUNT, LIMITS = (
    "test_denials_of_the_market.py::test_",
    "test_denials_of_the_account.py::test_",
    "test_limits_that_trip.py::test_",
)
ADDITIONS = "test_additions.py::test_"
DRIVEN: Mapping[Reason, str] = {
    Reason.BAD_INPUT: f"{MARKET}K2_a_signal_whose_figures_cannot_be_is_bad_input",
    Reason.KILL_LEVEL: "test_denials.py::test_K1_a_limit_that_tripped_is_still_tripped_after_kill_9_and_a_close_works",
    Reason.FROZEN: f"{ACCOUNT}K2_while_a_position_does_not_close_entries_are_frozen_and_its_stop_stays",
    Reason.EQUITY_UNEXPLAINED: f"{ACCOUNT}A3_money_that_nothing_explains_opens_nothing",
    Reason.BLIND: f"{ACCOUNT}L2_without_the_private_stream_nothing_enters",
    Reason.COLD: f"{MARKET}A3_before_the_account_was_read_once_nothing_enters",
    Reason.STALE_MARK: f"{MARKET}K2_a_mark_that_is_old_opens_nothing",
    Reason.STALE_BAR: f"{MARKET}K2_a_bar_that_is_old_opens_nothing",
    Reason.EQUITY_TOO_SMALL: PLAN,
    Reason.DAILY_LOSS: f"{LIMITS}K5_a_reset_does_not_forgive_the_loss_of_the_day",
    Reason.LOSING_STREAK: f"{LIMITS}K5_a_streak_limit_that_was_lowered_while_no_engine_ran_holds_at_once",
    Reason.REGIME: PROCESS,
    Reason.OPPORTUNITY: PROCESS,
    Reason.SYMBOL_BUSY: f"{MARKET}K2_one_at_a_time_then_the_sweep_then_the_cool_down",
    Reason.SWEEP_PENDING: f"{MARKET}K2_one_at_a_time_then_the_sweep_then_the_cool_down",
    Reason.COOLDOWN: f"{MARKET}K2_one_at_a_time_then_the_sweep_then_the_cool_down",
    Reason.ORDERS_SCARCE: f"{ACCOUNT}K2_where_orders_are_few_a_close_comes_before_an_entry",
    Reason.CONFIDENCE: PLAN,
    Reason.HEAT_LOSS: PLAN,
    Reason.HEAT_NOTIONAL: PLAN,
    Reason.SLIPPAGE: PLAN,
    Reason.STOP_DISTANCE: PROCESS,
    Reason.STOP_SIDE: f"{MARKET}P2_a_price_step_that_rounds_the_stop_onto_the_entry_is_denied",
    Reason.STOP_REACHED: f"{MARKET}P2_a_stop_nearer_than_the_collar_is_reached_before_it_rests",
    Reason.STOP_OUTSIDE: f"{ADDITIONS}P4_a_further_entry_whose_stop_would_stand_outside_the_first_is_denied",
    Reason.LIQUIDATION: PROCESS,
    Reason.LEVERAGE: f"{MARKET}leverage_above_the_bracket_of_the_size_is_denied",
    Reason.MINIMUM_ORDER: PLAN,
    Reason.RUNG: PROCESS,
    Reason.JOURNAL: f"{ACCOUNT}O4_with_a_full_disk_nothing_enters_and_the_longest_hold_still_closes",
    Reason.STRATEGY: f"{ACCOUNT}K2_a_strategy_that_fails_is_denied_and_what_is_open_is_guarded_on",
    Reason.BOT: f"{ACCOUNT}K2_a_bot_opens_only_what_is_its_own",
    Reason.BOT_STOPPED: f"{ACCOUNT}K2_a_bot_that_is_stopped_opens_nothing_and_what_it_has_open_stays_guarded",
    Reason.BUDGET: PLAN,
    Reason.SYMBOL_OWNED: f"{ACCOUNT}P1_what_was_opened_by_hand_has_an_owner_already",
}

BEHIND_THE_SWITCH: Mapping[Reason, str] = {
    Reason.DRAWDOWN: f"{LIMITS}K5_a_drawdown_that_comes_with_midnight_opens_nothing",
}
"""The event that breaches them trips the switch, and a reset forgives them: no signal comes as far as their gate, which
is a second layer. Their test shows that the switch denies instead."""


def names(node: ast.AST, reason: Reason) -> bool:
    """The reason stands in there: as `Reason.X`, or as its word."""
    return any(
        (isinstance(one, ast.Attribute) and one.attr == reason.name and ast.unparse(one.value) == "Reason")
        or (isinstance(one, ast.Constant) and one.value == reason.value)
        for one in ast.walk(node)
    )


def untold(table: Mapping[Reason, str], files: Mapping[str, Source]) -> list[str]:
    """Reasons without a test, tests that do not exist, tests that do not name their reason: neither in themselves nor,
    where they are parametrised, in the cases of their file."""
    found = [f"{reason.value}: driven nowhere" for reason in Reason if reason not in table]
    for reason, test in table.items():
        file, _, called = test.partition("::")
        source = files.get(file)
        tests = [one for one in functions(source) if one.name == called] if source is not None else []
        if source is None or not tests:
            found.append(f"{reason.value}: there is no {test}")
            continue
        cases = [one for one in source.tree.body if isinstance(one, ast.Assign)]
        parametrised = any("parametrize" in ast.unparse(one) for one in tests[0].decorator_list)
        shown = Reason.KILL_LEVEL if reason in BEHIND_THE_SWITCH else reason
        if not any(names(one, shown) for one in [tests[0], *(cases if parametrised else [])]):
            found.append(f"{reason.value}: {test} does not name it")
    return found


def test_every_reason_of_a_denial_is_driven_end_to_end() -> None:
    files = {one.name.removeprefix(ROOM): one for one in sources(ROOM)}
    assert untold({**DRIVEN, **BEHIND_THE_SWITCH}, files) == []


def test_the_rule_sees_a_reason_without_a_test_and_a_test_without_its_reason() -> None:
    file = parse("def test_a():\n    'frozen'\n    Reason.BLIND\n", "a.py")
    lacking = dict.fromkeys((Reason.BLIND, Reason.COLD), "a.py::test_a") | {Reason.BOT: "a.py::test_b"}
    found = untold(lacking, {"a.py": file})
    assert "frozen: driven nowhere" in found
    assert found[-2:] == ["cold: a.py::test_a does not name it", "bot: there is no a.py::test_b"]
    assert not any(one.startswith("blind") for one in found)
