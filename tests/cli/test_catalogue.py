"""The catalogue of keys: complete, with a unit for every number and a meaning for every key."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.cli.all_sections import SECTIONS
from jackline.cli.bot_section import BotSection
from jackline.cli.catalogue import ANY_BOT, PARAMETERS, UNITS, Entry, entries
from jackline.strategies.building import declared
from jackline.strategies.registry import DECLARED

ENTRIES = {entry.key: entry for entry in entries()}
every_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.key)


def test_it_has_every_key_of_the_sections_and_of_the_strategies() -> None:
    keys = {f"{section}.{name}" for section, kind in SECTIONS.items() for name in kind.model_fields}
    taken = {f"{PARAMETERS}.{one.name}" for kind in DECLARED.values() for one in declared(kind)}
    bots = {f"{ANY_BOT}.{name}" for name in BotSection.model_fields} - {f"{ANY_BOT}.parameters"}
    assert set(ENTRIES) == keys - {PARAMETERS} | taken | bots


@every_entry
def test_every_key_has_a_meaning_on_one_line_and_says_what_it_may_be(entry: Entry) -> None:
    assert entry.meaning
    assert "\n" not in entry.comment
    assert entry.allowed not in {"", "a text in quotes"}, "say it with `Allowed`"


@every_entry
def test_C1_every_number_has_a_unit(entry: Entry) -> None:
    """A name that ends in no known unit is the 0.5 that one reads as half and another as half a per cent."""
    a_number = "…" in entry.allowed and "names" not in entry.allowed and "chmod" not in entry.allowed
    if isinstance(entry.default, int | float | Decimal) or a_number:
        assert entry.unit, f"give {entry.key} a name that ends with its unit, or add a row to UNITS"


def test_no_unit_is_left_over() -> None:
    assert {ending for ending in UNITS if not any(key.endswith(ending) for key in ENTRIES)} == set()


def test_by_hand() -> None:
    assert ENTRIES["risk.trailing_fraction"] == Entry(
        key="risk.trailing_fraction",
        unit="share of one, so 0.01 is one per cent",
        allowed="0.001 … 0.20",
        required=False,
        default=None,
        meaning="the stop's distance behind the best price; unset, it does not trail",
    )
    assert ENTRIES["risk.stop_value_fraction"].allowed == "above 0 … 1"
    assert ENTRIES["risk.hold_max_ms"].allowed == "60_000 … 2_592_000_000 (30 days)"
    assert ENTRIES["venue.margin_type"].allowed == '"isolated", "cross"'
    assert ENTRIES["venue.key_file"].allowed == 'a file, e.g. "key.toml"'
    assert (ENTRIES["account.name"].required, ENTRIES["account.name"].default) == (True, None)
    assert ENTRIES["strategy.parameters.rsi_period"].unit == "bars"
    assert ENTRIES["risk.leverage"].variable == "JACKLINE__RISK__LEVERAGE"
