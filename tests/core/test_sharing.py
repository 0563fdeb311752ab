"""Accounts are spread evenly, within capacities, and everybody who reckons comes to the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackline.core.sharing import Load, wanted

LOADS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.builds(Load, held=st.integers(0, 50), capacity=st.integers(0, 50)),
    min_size=1,
    max_size=6,
)


@given(loads=LOADS, accounts=st.integers(0, 200))
def test_every_account_has_one_place_and_no_worker_more_than_it_can(
    loads: dict[str, Load], accounts: int
) -> None:
    shares = {name: wanted(name, loads, accounts) for name in loads}
    room = sum(load.capacity for load in loads.values())
    assert sum(shares.values()) == min(accounts, room)
    assert all(shares[name] <= load.capacity for name, load in loads.items())
    # Whoever has room holds at most one less than the fullest.
    fullest = max(shares.values())
    assert all(shares[name] >= fullest - 1 for name, load in loads.items() if shares[name] < load.capacity)


@given(loads=LOADS)
def test_what_is_spread_evenly_already_stays_where_it_is(loads: dict[str, Load]) -> None:
    accounts = sum(load.capacity for load in loads.values()) // 2
    settled = {
        name: Load(held=wanted(name, loads, accounts), capacity=load.capacity) for name, load in loads.items()
    }
    assert {name: wanted(name, settled, accounts) for name in settled} == {
        name: load.held for name, load in settled.items()
    }


def test_a_newcomer_gets_its_half() -> None:
    loads = {"a": Load(held=5, capacity=10), "b": Load(held=0, capacity=10)}
    assert (wanted("a", loads, 5), wanted("b", loads, 5)) == (3, 2)
    assert wanted("nobody", loads, 5) == 0
