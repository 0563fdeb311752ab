"""Client order ids: derived, stable, within every venue's alphabet; what does not re-derive is not ours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.errors import InvariantBroken
from jackline.core.ids import (
    ATTEMPTS_MAX,
    OrderName,
    Role,
    TradeId,
    account_tag,
    client_id,
    is_ours,
    mint_trade_id,
    parse_client_id,
)
from tests.core.making import TAG, TRADE

FENCES = st.integers(0, 36**6 - 1)
ORDINALS = st.integers(0, 36**4 - 1)
ATTEMPTS = st.integers(0, ATTEMPTS_MAX)
ROLES = st.sampled_from(list(Role))


@pytest.mark.owns("O2")
@given(account=st.text(max_size=20), fence=FENCES, ordinal=ORDINALS, role=ROLES, attempt=ATTEMPTS)
def test_O2_an_id_round_trips_within_32_lower_case_characters(
    account: str, fence: int, ordinal: int, role: Role, attempt: int
) -> None:
    tag = account_tag(account)
    trade_id = mint_trade_id(tag=tag, fence=fence, ordinal=ordinal)
    text = client_id(trade_id, role, attempt)
    assert re.fullmatch(r"[a-z0-9]{1,32}", text)
    assert parse_client_id(text) == OrderName(trade_id=trade_id, role=role, attempt=attempt)
    assert is_ours(text, tag)
    assert client_id(trade_id, role, attempt) == text


@given(one=st.tuples(FENCES, ORDINALS, ROLES, ATTEMPTS), other=st.tuples(FENCES, ORDINALS, ROLES, ATTEMPTS))
def test_different_intents_have_different_ids(
    one: tuple[int, int, Role, int], other: tuple[int, int, Role, int]
) -> None:
    ids = {
        client_id(mint_trade_id(tag=TAG, fence=fence, ordinal=ordinal), role, attempt)
        for fence, ordinal, role, attempt in (one, other)
    }
    assert len(ids) == len({one, other})


@pytest.mark.owns("P6")
@given(text=st.text(max_size=40))
def test_P6_a_strangers_id_is_not_ours(text: str) -> None:
    assert not is_ours(text, TAG)


@given(place=st.integers(0, 19), letter=st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz"))
def test_a_changed_character_is_noticed(place: int, letter: str) -> None:
    text = client_id(TRADE, Role.DISASTER, 3)
    changed = text[:place] + letter + text[place + 1 :]
    assert changed == text or parse_client_id(changed) != parse_client_id(text)
    assert not (changed != text and is_ours(changed, TAG) and place >= 18)


def test_another_accounts_id_is_well_formed_and_not_ours() -> None:
    theirs = client_id(mint_trade_id(tag="xyz", fence=1, ordinal=1), Role.DISASTER, 1)
    assert parse_client_id(theirs) is not None
    assert not is_ours(theirs, TAG)


def test_ids_are_stable() -> None:
    """Written down: an id that changes with a release orphans every order that rests."""
    assert client_id(mint_trade_id(tag="abc", fence=7, ordinal=1), Role.DISASTER, 1) == "jabc0000070001d001uw"
    assert account_tag("main") == "rdw"


def test_what_does_not_fit_is_a_programmer_error() -> None:
    for make in (
        lambda: mint_trade_id(tag="toolong", fence=1, ordinal=1),
        lambda: mint_trade_id(tag=TAG, fence=36**6, ordinal=1),
        lambda: mint_trade_id(tag=TAG, fence=1, ordinal=36**4),
        lambda: client_id(TRADE, Role.ENTRY, ATTEMPTS_MAX + 1),
        lambda: client_id(TradeId("short"), Role.ENTRY, 0),
    ):
        with pytest.raises(InvariantBroken):
            make()
