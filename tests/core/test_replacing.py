"""`core.replacing.replace` is the library's `replace`, only faster."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from jackline.core.money import UNKNOWN_MONEY
from jackline.core.replacing import replace
from jackline.core.state import MarketState
from jackline.core.values import Symbol, WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Positive:
    """One field, and a check of its own."""

    amount: int

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError(self.amount)


MARKET = MarketState(symbol=Symbol("BTCUSDT"), mutated=7)


def test_it_gives_what_the_library_gives() -> None:
    before = dataclasses.replace(MARKET)
    for changes in ({}, {"leftover_ms": WireMs(3)}, {"mutated": 8, "rung_detail": "not yet"}):
        changed = replace(MARKET, **changes)
        assert changed == dataclasses.replace(MARKET, **changes)
        assert changed is not MARKET
    assert before == MARKET


def test_what_a_class_checks_of_itself_is_checked() -> None:
    assert replace(Positive(amount=1), amount=2) == Positive(amount=2)
    with pytest.raises(ValueError, match="-1"):
        replace(Positive(amount=1), amount=-1)


def test_a_name_that_is_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match="Money has no field wallet"):
        replace(UNKNOWN_MONEY, wallet=1)  # type: ignore[call-arg] # the type checker says so too
