"""Which socket carries which symbol, when symbols come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackline.core.values import Symbol
from jackline.engine.feeds import SHARE_MAX, in_shares, shared

NAMES = [Symbol(f"S{number:03}") for number in range(260)]
WANTED = st.lists(st.sampled_from(NAMES), unique=True)


@given(st.lists(WANTED, min_size=1, max_size=6))
def test_every_symbol_is_carried_once_on_no_more_sockets_than_they_need(rounds: list[list[Symbol]]) -> None:
    running: tuple[tuple[Symbol, ...], ...] = ()
    for wanted in rounds:
        before, running = running, shared(running, tuple(wanted))
        carried = [symbol for share in running for symbol in share]
        assert sorted(carried) == sorted(wanted)
        assert all(0 < len(share) <= SHARE_MAX for share in running)
        assert len(running) <= max(len(before), -(-len(wanted) // SHARE_MAX))
        torn = [share for share in before if share not in running]
        came = set(wanted).difference(symbol for share in before for symbol in share)
        lost = [share for share in before if not set(share) <= set(wanted)]
        assert len(torn) == len(lost) or came, (
            "a socket is torn down for those that go, or to carry who comes"
        )


def test_one_that_goes_and_one_that_comes_cost_one_socket() -> None:
    running = shared((), tuple(NAMES[:100]))
    after = shared(running, (*NAMES[1:100], NAMES[200]))
    assert after == ((*NAMES[1:50], NAMES[200]), running[1])


def test_what_is_carried_already_is_left_alone() -> None:
    running = shared((), tuple(NAMES[:120]))
    assert shared(running, tuple(reversed(NAMES[:120]))) == running


@given(WANTED, st.sets(st.sampled_from(NAMES), max_size=60))
def test_what_is_open_is_brought_up_first_and_waits_for_no_other(
    named: list[Symbol], held: set[Symbol]
) -> None:
    shares = in_shares(named, first=held)
    in_order = [symbol for share in shares for symbol in share]
    assert in_order == sorted(named, key=lambda symbol: (symbol not in held, named.index(symbol)))
    assert all(0 < len(share) <= SHARE_MAX for share in shares)
    assert all(len({symbol in held for symbol in share}) == 1 for share in shares)
