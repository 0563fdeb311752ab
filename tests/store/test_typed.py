"""Every event, effect and state comes back from its text as it was: drawn from the declarations, class by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.effects import Effect
from jackline.core.events import AccountedFor, Event, MarkMoved, ResetAsked, Ticked
from jackline.core.opportunity import Probabilities
from jackline.core.plan import ProtectedEntry
from jackline.core.state import State
from jackline.core.values import MarketMs, Price, Symbol
from jackline.store.errors import BodyUnreadable
from jackline.store.tape import EVENTS, ONE_EFFECT, STATES
from jackline.store.typed import Codec, codec, shape
from tests.core.making import cold_state, planned

MEMBERS = (*get_args(Event), *get_args(Effect))
WHOLE = st.integers(-(2**63), 2**63 - 1)
SHARES = st.decimals(min_value=0, max_value=1, places=4)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, places=None),
    int: WHOLE,
    bool: st.booleans(),
    str: st.text(max_size=6),
    NoneType: st.none(),
    ProtectedEntry: st.just(planned()),
    Probabilities: st.builds(Probabilities, long=SHARES, short=SHARES),
}


def drawn(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a declared type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in SIMPLE:
        return SIMPLE[kind]
    if isinstance(kind, NewType):
        return drawn(kind.__supertype__)
    if origin in {Union, UnionType}:
        return st.one_of([drawn(one) for one in arguments])
    if origin is tuple:
        return st.lists(drawn(arguments[0]), max_size=2).map(tuple)
    if origin is frozenset:
        return st.frozensets(drawn(arguments[0]), max_size=3)
    if origin is Mapping:
        return st.dictionaries(drawn(arguments[0]), drawn(arguments[1]), max_size=2)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        given_reason = {"reason": st.just("why")} if kind in {ResetAsked, AccountedFor} else {}
        parts = {field.name: drawn(hints[field.name]) for field in fields(kind)}
        return st.builds(kind, **(parts | given_reason))
    assert isinstance(kind, type), kind
    assert issubclass(kind, Enum), kind
    return st.sampled_from(kind)


@pytest.mark.owns("D4")
@pytest.mark.parametrize("kind", MEMBERS, ids=[kind.__name__ for kind in MEMBERS])
@given(data=st.data())
def test_D4_every_event_and_effect_comes_back_equal(kind: type, data: st.DataObject) -> None:
    form: Codec[Any] = EVENTS if kind in get_args(Event) else ONE_EFFECT
    value = data.draw(drawn(kind))
    text = form.write(value)
    back = form.read(text)
    assert back == value
    assert type(back) is kind
    assert form.write(back) == text, "digit by digit, and sets in one order"


def test_no_event_or_effect_holds_a_mapping_whose_order_could_decide() -> None:
    ordered = [kind.__name__ for kind in MEMBERS if "Mapping" in _every_hint(kind, set())]
    assert ordered == []


def _every_hint(kind: Any, seen: set[Any]) -> str:
    if kind in seen:
        return ""
    seen.add(kind)
    inner = get_type_hints(kind).values() if is_dataclass(kind) else get_args(kind)
    return f"{kind} " + " ".join(_every_hint(one, seen) for one in inner)


@pytest.mark.owns("D4")
def test_D4_a_state_keeps_the_order_of_its_mappings() -> None:
    state = cold_state()
    market = next(iter(state.markets.values()))
    markets = {Symbol(name): replace(market, symbol=Symbol(name)) for name in ("Z", "A", "M")}
    frozen = frozenset({"one", "two", "three"})
    held = replace(state, markets=markets, frozen=frozen, in_flight={"b": Symbol("Z"), "a": Symbol("A")})
    back = STATES.read(STATES.write(held))
    assert back == held
    assert list(back.markets) == ["Z", "A", "M"]
    assert list(back.in_flight) == ["b", "a"]


def test_decimals_keep_their_digits() -> None:
    mark = MarkMoved(symbol=Symbol("S"), mark=Price(Decimal("100.10")), market_ms=MarketMs(1))
    assert b'"100.10"' in EVENTS.write(mark)
    assert str(EVENTS.read(EVENTS.write(mark))) == str(mark)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b'{"Nothing":{}}', b'{"MarkMoved":{"symbol":"S"}}', b"7"]
)
def test_what_is_no_event_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        EVENTS.read(text)


def test_a_value_of_another_union_is_refused() -> None:
    effects: Codec[Any] = ONE_EFFECT
    with pytest.raises(TypeError, match="Ticked is none of"):
        effects.write(Ticked())


def test_a_type_without_a_form_is_refused_when_the_codec_is_made() -> None:
    with pytest.raises(TypeError, match="no form"):
        codec(Mapping[str, Event])


def test_the_shape_tells_types_apart() -> None:
    assert shape(Event) == shape(Event)
    assert len({shape(Event), shape(Effect), shape(State), shape(Event, Effect, State)}) == 4
