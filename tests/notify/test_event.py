"""What makes two events the same one again, and which are never silenced."""

from __future__ import annotations

import ast

import pytest

from jackline.core.codes import LOOK, PAGES
from jackline.core.effects import Level
from jackline.notify.advice import advice
from tests.house.source import calls, sources
from tests.notify.making import event


def test_ids_and_prices_differ_and_the_event_is_the_same() -> None:
    one = event("P1", "t3k9 BTCUSDT: stop t3k9d1 is gone")
    other = event("P1", "t4aa BTCUSDT: stop t4aad2 is gone")
    assert one.identity == other.identity
    assert one.symbol == "BTCUSDT"


@pytest.mark.parametrize(
    "other",
    [
        event("P1", "t4aa ETHUSDT: stop t4aad2 is gone"),
        event("P6", "t3k9 BTCUSDT: stop t3k9d1 is gone"),
        event("P1", "t3k9 BTCUSDT: stop t3k9d1 is gone", Level.CRITICAL),
        event("P1", "t3k9 BTCUSDT: stop t3k9d1 is back"),
        event("P1", "t3k9 BTCUSDT: stop t3k9d1 is gone", key="trade 7"),
    ],
    ids=["symbol", "code", "level", "words", "key"],
)
def test_another_symbol_code_level_or_sentence_is_another_event(other: object) -> None:
    assert event("P1", "t3k9 BTCUSDT: stop t3k9d1 is gone").identity != getattr(other, "identity", None)


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("1000PEPEUSDT long", "1000PEPEUSDT"),
        ("x BTC-USDT: y", "BTC-USDT"),
        ("entries frozen: journal", ""),
        ("moved by +5 quote in USDT", "USDT"),
    ],
)
def test_the_symbol_is_the_first_market_named(text: str, symbol: str) -> None:
    assert event(text=text).symbol == (symbol if symbol != "USDT" else "")


@pytest.mark.parametrize(
    ("code", "level", "loud"),
    [
        ("P1", Level.INFO, True),
        ("K2", Level.INFO, True),
        ("K4", Level.WARNING, True),
        ("O4", Level.CRITICAL, True),
        ("O4", Level.WARNING, False),
        ("P6", Level.WARNING, False),
        ("P10", Level.WARNING, False),
    ],
)
def test_P1_and_K_events_and_critical_ones_are_loud(code: str, level: Level, loud: bool) -> None:
    assert event(code, level=level).is_loud is loud


def raised() -> set[str]:
    """Every code that the core or an engine raises an alert with, where it is written as one."""
    found = set()
    for source in sources("src/jackline/core", "src/jackline/engine"):
        for call, name in calls(source):
            if name.endswith(".alert") or name == "Alert":
                given = [*call.args, *(word.value for word in call.keywords if word.arg == "code")]
                texts = [one.value for one in given if isinstance(one, ast.Constant)]
                found |= {text for text in texts if isinstance(text, str) and len(text) == 2}
    return found


def test_every_code_that_is_raised_has_its_advice() -> None:
    assert {"P1", "K3", "K5", "O4", "C4"} <= raised(), "this test would pass by seeing nothing"
    assert raised() - PAGES.keys() == set()
    assert advice("Z9") == f"see {LOOK}"
