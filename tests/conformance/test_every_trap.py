"""Every trap of the findings (exchanges, 0) and every row of their matrix (1) that concerns a wire of ours: the test
that springs it and the test that shows our adapter beside it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tests.house.source import functions, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """Names of tests."""

    sprung: str
    ours: str


def both(name: str) -> Trap:
    """One test that springs it and has our adapter beside it."""
    return Trap(sprung=name, ours=name)


def bingx(sprung: str, ours: str) -> Trap:
    """Sprung on BingX's wire; ours stands in `tests/venue/bingx`."""
    return Trap(sprung=sprung, ours=ours)


NUMBERED = {
    1: both("test_P2_trap_1_an_attached_stop_that_the_venue_ignores"),
    2: both("test_P2_trap_2_a_stop_misspelled_is_an_order_at_the_market"),
    3: Trap(
        sprung="test_trap_3_one_listing_of_everything_holds_a_stop_back_for_two_seconds",
        ours="test_K2_trap_3_our_stop_waits_for_no_limiter",
    ),
    4: Trap(
        sprung="test_trap_4_a_listen_key_is_extended_once_and_its_end_is_not_heard",
        ours="test_trap_4_our_stream_hears_that_its_key_ended_and_opens_another",
    ),
    5: Trap(
        sprung="test_trap_5_a_half_open_socket_is_believed_for_three_times_its_keep_alive",
        ours="test_trap_5_our_stream_says_that_it_is_blind_and_when_to_look_again",
    ),
    6: both("test_P1_trap_6_a_stop_that_says_it_fires_is_not_filled"),
    7: both("test_O1_trap_7_an_answer_of_200_that_says_nothing"),
    8: both("test_P1_trap_8_another_address_takes_the_meaning_from_the_errors"),
    9: bingx(
        "test_trap_9_a_one_way_stop_outlives_its_position_and_opens_another", "test_no_field_may_be_missing"
    ),
    10: Trap(
        sprung="test_trap_10_one_row_an_order_and_it_changes_in_the_hand",
        ours="test_trap_10_our_stream_tells_every_fill_once",
    ),
    11: both("test_P3_trap_11_a_size_made_of_floats_is_one_step_short"),
    12: both("test_A1_trap_12_an_acknowledgement_without_its_price"),
    13: both("test_C4_trap_13_a_venue_that_takes_no_stop_while_flat"),
}
ROWS = {
    "binance: triggerPriceType leaks": both(
        "test_trap_2_the_unified_trigger_source_leaks_and_changes_nothing"
    ),
    "binance: stops over the socket API": both(
        "test_trap_2_over_the_socket_a_stop_leaves_with_a_float_and_with_a_stray_name"
    ),
    "binance: open orders without stops": both("test_P1_a_listing_that_leaves_the_stops_out"),
    "binance: a stop taken while flat is refused when it fires": both(
        "test_trap_13_a_stop_that_was_taken_while_flat_is_refused_when_it_fires"
    ),
    "bingx: triggerPriceType leaks": bingx(
        "test_the_unified_trigger_source_leaks_and_changes_nothing", "test_no_field_may_leak"
    ),
    "bingx: reduceOnly only where it is said": bingx(
        "test_a_one_way_stop_is_not_reduce_only_and_opens_a_reverse_position", "test_no_field_may_be_missing"
    ),
    "bingx: closePosition in hedge mode only": bingx(
        "test_close_position_is_refused_on_a_one_way_account", "test_a_whole_position_stop_is_hedge_mode_only"
    ),
    "bingx: client ids on plain orders only": bingx(
        "test_trap_9_a_stop_takes_no_name_so_it_cannot_be_sent_twice_as_one",
        "test_a_stops_acknowledgement_is_this_requests_own",
    ),
    "bingx: three orders a second": bingx(
        "test_trap_9_the_fourth_order_of_a_second_is_the_stop_that_is_refused",
        "test_K2_an_entry_waits_for_no_turn_and_a_stop_finds_one",
    ),
    "bingx: wrong names inside a leg": bingx(
        "test_a_wrong_name_inside_the_leg_leaves_the_entry_bare",
        "test_P2_an_attached_entry_carries_its_plans_leg_and_no_other",
    ),
    "bingx: editOrder cancels first": bingx(
        "test_a_move_that_fails_after_its_cancel_looks_like_success", "test_what_has_no_shape_does_not_leave"
    ),
    "bingx: closePosition of ccxt closes both sides": bingx(
        "test_closing_a_position_closes_both_sides",
        "test_the_closing_ladder_reaches_the_position_on_each_rung",
    ),
    "bingx: streams without triggered stops": bingx(
        "test_a_client_of_trades_never_hears_of_a_stop_that_is_untold",
        "test_the_account_event_is_the_authority_on_exposure",
    ),
}
TRAPS = {f"trap {number}": trap for number, trap in NUMBERED.items()} | ROWS


def test_none_of_the_thirteen_is_left_out() -> None:
    assert list(NUMBERED) == list(range(1, 14))


def test_the_tests_of_every_trap_exist() -> None:
    known = {
        function.name
        for source in sources("tests/conformance", "tests/exchange/bingx", "tests/venue/bingx")
        for function in functions(source)
        if any(isinstance(node, ast.Assert | ast.With) for node in ast.walk(function))
    }
    assert {name for trap in TRAPS.values() for name in (trap.sprung, trap.ours)} <= known
